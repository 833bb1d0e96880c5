-- luacurl: Lua-cURL with lua-cjson, one easy handle for all requests:
-- luacurl.lua WORK BASE_URL COUNT.

local cjson = require "cjson"
local curl = require "cURL"
local measure = require "bench.clients.measure"

local job = measure.arguments()
local parts = {}
local easy = curl.easy {
  writefunction = function(part) parts[#parts + 1] = part end,
  httpheader = {
    "Authorization: Bearer test-token", "Accept: application/json",
    "Content-Type: application/json",
  },
}
if job.ca_file then easy:setopt_cainfo(job.ca_file) end

local clock = require "socket".gettime

local function call(url, value)
  parts = {}
  easy:setopt_url(url)
  if value then
    easy:setopt { post = true, postfields = cjson.encode(value) }
  end
  easy:perform()
  assert(easy:getinfo_response_code() // 100 == 2)
  return cjson.decode(table.concat(parts))
end

local works = {}

function works.get() call(job.base_url .. measure.GET) end
function works.page() call(job.base_url .. measure.TICKETS) end

function works.post()
  call(job.base_url .. measure.TOKENS,
    { token = { client_id = 223443, scopes = { "tickets:read" } } })
end

if job.work == "walk" then
  local start, address = measure.now(clock), job.base_url .. measure.TICKETS
  for _ = 1, job.count do
    local page = call(address)
    assert(#page.tickets == 100)
    address = page.links.next
  end
  measure.report(job, clock, start)
elseif job.work == "cold" then
  works.get()
  print "done"
else
  measure.repeated(job, clock, works[job.work])
end
