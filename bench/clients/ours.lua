-- ours: the module at work, as a script would use it: ours.lua WORK BASE_URL COUNT [IN_FLIGHT].

local core = require "zendesk.core"
local measure = require "bench.clients.measure"
local zendesk = require "zendesk"

local clock = core.monotonic
local job = measure.arguments()

local function open()
  return assert(zendesk.new {
    base_url = job.base_url, access_token = "test-token", ca_file = job.ca_file,
  })
end

local works = {}

function works.get()
  local zd = open()
  measure.repeated(job, clock, function() assert(zd:get(measure.GET)) end)
end

local function create(zd)
  return assert(zd.token:create { client_id = 223443, scopes = { "tickets:read" } }).id
end

function works.post()
  local zd = open()
  measure.repeated(job, clock, function() create(zd) end)
end

-- The same request without what resources add.
function works.plain_post()
  local zd = open()
  local options = { json = { token = { client_id = 223443, scopes = { "tickets:read" } } } }
  measure.repeated(job, clock, function() assert(zd:post(measure.TOKENS, options)) end)
end

function works.page()
  local zd = open()
  local options = { query = { page = { size = 100 } } }
  measure.repeated(job, clock, function() assert(zd:get(measure.TICKETS, options)) end)
end

-- Counts what a loop sees, so that a walk that ends early is noticed.
local function walk(zd, path, count)
  local seen, last = 0, nil
  for record in zd:each(path, { limit = count }) do seen, last = seen + 1, record.id end
  assert(seen == count and math.type(last) == "integer", "the walk is not whole")
end

function works.walk()
  local start = measure.now(clock)
  walk(open(), measure.TICKETS, job.count * 100)
  measure.report(job, clock, start)
end

-- COUNT tokens of a list, each let go when the next one comes; IN_FLIGHT times over.
function works.stream()
  local zd = open()
  assert(zd:get(measure.GET))
  local start = measure.now(clock)
  for _ = 1, job.in_flight do walk(zd, measure.TOKENS, job.count) end
  job.count = job.count * job.in_flight
  measure.report(job, clock, start)
end

-- The same, all of them kept.
function works.keep()
  local zd = open()
  collectgarbage()
  local before, start = collectgarbage "count", measure.now(clock)
  local list = {}
  for token in zd:each(measure.TOKENS, { limit = job.count }) do list[#list + 1] = token end
  collectgarbage()
  local bytes = (collectgarbage "count" - before) * 1024 / #list
  measure.report(job, clock, start, { bytes_each = bytes })
end

function works.create()
  local start = measure.now(clock)
  local zd, list = open(), {}
  for index = 1, job.count do list[index] = index end
  assert(zendesk.map(list, function() return create(zd) end, { concurrency = job.in_flight }))
  measure.report(job, clock, start)
end

-- Every kind of end that a request can have, one after the other, on one connection.
function works.mixed()
  local zd = open()
  local start = measure.now(clock)
  for index = 1, job.count do
    local turn = index % 4
    if turn == 0 then create(zd)
    elseif turn == 1 then assert(zd:get(measure.GET))
    elseif turn == 2 then assert(not zd:get "/api/v2/nothing/here")
    else assert(not pcall(function() assert(zd:get "/api/v2/nothing/here") end)) end
  end
  measure.report(job, clock, start)
end

-- IN_FLIGHT instances take turns, each on its own connection.
function works.turns()
  local instances = {}
  for index = 1, job.in_flight do
    instances[index] = open()
    assert(instances[index]:get(measure.GET))
  end
  local start = measure.now(clock)
  for index = 1, job.count do
    assert(instances[(index - 1) % #instances + 1]:get(measure.GET))
  end
  measure.report(job, clock, start)
end

-- Without the collector, whose work depends on what else is alive: what the calls alone take.
function works.bare_turns()
  collectgarbage "stop"
  works.turns()
end

works[job.work]()
