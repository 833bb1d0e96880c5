-- A long run in one process: GETs and POSTs against spec/soak/server.c, which fails one in a
-- hundred. In the end every outcome agrees with what the server has counted, no POST was carried
-- out twice, memory is where it was after the first tenth, and the descriptors are those of the
-- connections that libcurl may keep.
--
--   lua spec/soak/million.lua SERVER REQUESTS           (make soak REQUESTS=1000000)
--
-- A third goes one after the other, a third 32 at a time, both sent once; a third 32 at a time with
-- the repetitions that an instance makes by itself.

local process = require "spec.support.process"
local socket = require "socket"
local zendesk = require "zendesk"

local SERVER, REQUESTS = arg[1], math.tointeger(tonumber(arg[2]))

local BLOCKS = 30
local IN_FLIGHT = 32

-- What may be more at the end than before the first call: IDLE_CONNECTIONS in csrc/core/engine.c,
-- also such as the server has closed since, and what the engine polls with. How many of them happen
-- to be there is not the same in two runs.
local MORE_DESCRIPTORS = 100 + 8

-- What may be more at the end than after the first tenth: what the allocators keep.
local MORE_LUA = 128 * 1024
local MORE_RESIDENT = 4 * 1024 * 1024

local function new_tally()
  return { calls = 0, attempts = 0, fine = 0, ambiguous = 0, kinds = {} }
end

-- What came back: tallies[group][method]
local tallies = {
  plain = { GET = new_tally(), POST = new_tally() },
  ["repeat"] = { GET = new_tally(), POST = new_tally() },
}

local function take(tally, number, value, second)
  tally.calls = tally.calls + 1
  if value ~= nil then
    assert(value.n == number, "the reply of another request")
    tally.fine = tally.fine + 1
  else
    assert(zendesk.is_error(second), "neither a value nor an error")
    tally.kinds[second.kind] = (tally.kinds[second.kind] or 0) + 1
    if second.ambiguous then tally.ambiguous = tally.ambiguous + 1 end
  end
  tally.attempts = tally.attempts + (second.attempts or 1)
end

local function call(zd, group, number)
  if number % 2 == 0 then
    take(tallies[group].GET, number, zd:get(("/%s/%d"):format(group, number)))
  else
    take(tallies[group].POST, number, zd:post("/" .. group, { json = { n = number } }))
  end
  return true
end

local function side_by_side(zd, group, first, last)
  local numbers = {}
  for number = first, last do numbers[#numbers + 1] = number end
  assert(zendesk.map(numbers, function(number) return call(zd, group, number) end, {
    concurrency = IN_FLIGHT,
  }))
end

local function descriptors()
  local count, pipe = 0, assert(io.popen "ls /proc/$PPID/fd")
  for _ in pipe:lines() do count = count + 1 end
  pipe:close()
  return count
end

local function measure()
  for _ = 1, 3 do collectgarbage() end
  local file <close> = assert(io.open "/proc/self/statm")
  local _, pages = file:read("n", "n")
  return {
    descriptors = descriptors(), lua = math.floor(collectgarbage "count" * 1024),
    resident = math.tointeger(pages) * 4096,
  }
end

-- ---------------------------------------------------------------------------------------------
-- Accounts

local findings = 0
local function expect(what, found, wanted)
  if found == wanted then return end
  findings = findings + 1
  print(("NOT SO: %s: %s, not %s"):format(what, found, wanted))
end

local function at_most(what, found, most)
  if found <= most then return end
  findings = findings + 1
  print(("NOT SO: %s: %d, more than %d"):format(what, found, most))
end

local function total(counts)
  local sum = 0
  for _, count in pairs(counts) do sum = sum + count end
  return sum
end

-- A reply is what it is, for both sides.
local function compare_replies(what, tally, counts)
  expect(what .. ", fine", tally.fine, counts.fine)
  expect(what .. ", garbage", tally.kinds.decode or 0, counts.garbage)
  expect(what .. ", all", tally.fine + total(tally.kinds), tally.calls)
end

-- Sent once, so that each refusal is seen. libcurl sends a GET again by itself where a kept
-- connection ends before the first byte of the reply: then the server has seen more than was asked.
local function compare_plain(method, tally, counts)
  local what = "plain " .. method
  compare_replies(what, tally, counts)
  expect(what .. ", 429", tally.kinds.rate_limit or 0, counts.limited)
  expect(what .. ", 503", tally.kinds.server or 0, counts.unavailable)
  local by_libcurl = total(counts) - tally.calls
  if method == "POST" then expect("POSTs that libcurl has repeated", by_libcurl, 0) end
  expect(what .. ", broken off", (tally.kinds.transport or 0) + by_libcurl,
    counts.reset_before + counts.reset_after + counts.truncated)
end

local function compare_repeated(method, tally, counts)
  local what = "repeated " .. method
  compare_replies(what, tally, counts)
  if method == "GET" then return end
  expect(what .. ", requests", tally.attempts, total(counts))
  expect(what .. ", in doubt", tally.kinds.transport or 0,
    counts.reset_before + counts.reset_after + counts.truncated)
end

local function compare(counts)
  for method, tally in pairs(tallies.plain) do
    compare_plain(method, tally, counts.plain[method])
  end
  for method, tally in pairs(tallies["repeat"]) do
    compare_repeated(method, tally, counts["repeat"][method])
  end
  local carried_out = 0
  for _, group in pairs { counts.plain.POST, counts["repeat"].POST } do
    carried_out = carried_out + group.fine + group.reset_after + group.truncated + group.garbage
  end
  expect("POSTs carried out", counts.carried_out, carried_out)
  expect("POSTs carried out twice", counts.twice, 0)
end

-- ---------------------------------------------------------------------------------------------
-- The run

local function run(base_url)
  local function connect(retry)
    return assert(zendesk.new {
      base_url = base_url, access_token = "test-access-token", retry = retry, deadline = 600,
    })
  end
  local plain <close> = connect(false)
  local repeating <close> = connect { attempts = 4, base = 0.01, cap = 0.1 }
  local ways = {
    function(first, last)
      for number = first, last do call(plain, "plain", number) end
    end,
    function(first, last) side_by_side(plain, "plain", first, last) end,
    function(first, last) side_by_side(repeating, "repeat", first, last) end,
  }
  local size, early = REQUESTS // BLOCKS, nil
  for block = 0, BLOCKS - 1 do
    local last = block == BLOCKS - 1 and REQUESTS - 1 or (block + 1) * size - 1
    ways[block % #ways + 1](block * size, last)
    if block + 1 == BLOCKS // 10 then early = measure() end
  end
  return early, measure(), assert(plain:get "/counts")
end

local function report(seconds, early, late, counts)
  local seen = 0
  for _, group in pairs { counts.plain, counts["repeat"] } do
    seen = seen + total(group.GET) + total(group.POST)
  end
  print(("%d calls in %.0f s: %d requests, %d POSTs carried out, %d of them twice"):format(REQUESTS,
    seconds, seen, counts.carried_out, counts.twice))
  for _, group in ipairs { "plain", "repeat" } do
    for _, method in ipairs { "GET", "POST" } do
      local tally, parts = tallies[group][method], {}
      for kind, count in pairs(tally.kinds) do parts[#parts + 1] = ("%d %s"):format(count, kind) end
      table.sort(parts)
      print(("  %-6s %-4s %d fine, %s; %d in doubt"):format(group, method, tally.fine,
        table.concat(parts, ", "), tally.ambiguous))
    end
  end
  for _, name in ipairs { "lua", "resident" } do
    print(("  %-11s %d after a tenth, %d at the end"):format(name, early[name], late[name]))
  end
end

local server <close> = process.start({ SERVER }, { timeout = 24 * 3600 })
local before = descriptors()
local began = socket.gettime()
local early, late, counts = run("http://127.0.0.1:" .. server:wait_for "port (%d+)\n")
report(socket.gettime() - began, early, late, counts)
compare(counts)
print(("  descriptors %d before the first call, %d at the end"):format(before, late.descriptors))
at_most("descriptors", late.descriptors, before + MORE_DESCRIPTORS)
at_most("bytes of Lua's", late.lua, early.lua + MORE_LUA)
at_most("bytes of the process", late.resident, early.resident + MORE_RESIDENT)
if findings > 0 then os.exit(1, true) end
print "Every outcome is accounted for."
