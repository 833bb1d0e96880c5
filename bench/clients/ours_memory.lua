-- ours_memory: what instances hold: memory and descriptors. ours_memory.lua WORK BASE_URL COUNT
--   idle       COUNT instances that have sent nothing
--   connected  COUNT instances that were at work at the same time: as many connections
--   dropped    COUNT instances that were used and then forgotten, one after the other

local core = require "zendesk.core"
local measure = require "bench.clients.measure"
local zendesk = require "zendesk"

local job = measure.arguments()

-- A thousand handshakes at once take longer than any of them may by default.
local function open(number)
  return assert(zendesk.new {
    base_url = job.base_url, access_token = ("test-token-%d"):format(number), connect_timeout = 60,
  })
end

local function descriptors()
  local file = assert(io.open "/proc/self/stat")
  local pid = file:read "n"
  file:close()
  local pipe = assert(io.popen(("ls /proc/%d/fd | wc -l"):format(pid)))
  local count = pipe:read "n"
  pipe:close()
  return count - 1 -- the pipe's own
end

local function settle()
  collectgarbage()
  collectgarbage()
  return measure.resident_kb()
end

-- Side by side on a server that takes its time: none can have another one's connection. With fewer
-- connections the figures would mean something else, so that is looked at; a few of a thousand may
-- be between two attempts to connect.
local NEARLY_ALL = 0.95
local most_descriptors

local function connect(instances)
  local ended = 0
  assert(zendesk.map(instances, function(zd)
    local id = assert(zd.token:create { client_id = 223443, scopes = { "tickets:read" } }).id
    ended = ended + 1
    if ended == 1 then most_descriptors = descriptors() end
    return id
  end, { concurrency = #instances }))
  assert(most_descriptors >= NEARLY_ALL * #instances,
    ("only %d were at work at the same time"):format(most_descriptors))
end

local works = {}

function works.idle(count)
  local kept = {}
  for index = 1, count do kept[index] = open(index) end
  return kept
end

function works.connected(count)
  local kept = works.idle(count)
  connect(kept)
  return kept
end

function works.dropped(count)
  for index = 1, count do assert(open(index):get(measure.GET)) end
  return {}
end

-- Everything has been done once before, so that what is loaded and shared is there already.
works[job.work](2)
local before, start = settle(), measure.now(core.monotonic)
local kept = works[job.work](job.count)
local growth = settle() - before
measure.report(job, core.monotonic, start, {
  growth_kb = growth, kb_each = growth / job.count, descriptors = descriptors(),
  most_descriptors = most_descriptors,
})
for _, zd in ipairs(kept) do zd:close() end
