-- luasocket: LuaSocket's and LuaSec's own HTTP functions with lua-cjson, as their manuals show
-- them: one connection for each request. luasocket.lua WORK BASE_URL COUNT.

local cjson = require "cjson"
local ltn12 = require "ltn12"
local measure = require "bench.clients.measure"
local socket = require "socket"

local job = measure.arguments()
local secure = job.base_url:find "^https:" ~= nil
local request = secure and require "ssl.https".request or require "socket.http".request

local TOKEN = { token = { client_id = 223443, scopes = { "tickets:read" } } }

local function call(method, url, value)
  local body = value and cjson.encode(value)
  local parts = {}
  local fields = {
    method = method, url = url, sink = ltn12.sink.table(parts),
    source = body and ltn12.source.string(body),
    headers = {
      authorization = "Bearer test-token", accept = "application/json",
      ["content-type"] = body and "application/json", ["content-length"] = body and #body,
    },
  }
  if secure then
    fields.verify, fields.protocol = "peer", "any"
    fields.cafile = job.ca_file
    fields.capath = not job.ca_file and "/etc/ssl/certs" or nil
  end
  local ok, status = request(fields)
  assert(ok and status // 100 == 2, status)
  return cjson.decode(table.concat(parts))
end

local works = {}

function works.get() call("GET", job.base_url .. measure.GET) end
function works.post() call("POST", job.base_url .. measure.TOKENS, TOKEN) end
function works.page() call("GET", job.base_url .. measure.TICKETS) end

if job.work == "walk" then
  local start, seen = measure.now(socket.gettime), 0
  local address = job.base_url .. measure.TICKETS
  for _ = 1, job.count do
    local page = call("GET", address)
    for _ in ipairs(page.tickets) do seen = seen + 1 end
    address = page.links.next
  end
  assert(seen == job.count * 100)
  measure.report(job, socket.gettime, start)
elseif job.work == "cold" then
  works.get()
  print "done"
else
  measure.repeated(job, socket.gettime, works[job.work])
end
