-- A host that is not ours: lighttpd's mod_magnet, which Debian builds with Lua 5.4.

local http = require "socket.http"
local latency_server = require "spec.support.latency_server"
local paths = require "spec.support.paths"
local process = require "spec.support.process"
local socket = require "socket"

local SCRIPT = [[
package.path, package.cpath = %q, %q
local zendesk = require "zendesk"
local zd <close> = assert(zendesk.new { base_url = %q, access_token = "test-access-token" })
local body, err = zd:get "/api/v2/any"
lighty.r.resp_body:set(_VERSION .. " " .. tostring(body and body.ok or err))
return 200
]]

local CONFIGURATION = [[
server.document-root = "%s"
server.bind = "127.0.0.1"
server.port = %d
server.modules = ("mod_magnet")
magnet.attract-raw-url-to = ("%s/script.lua")
]]

-- lighttpd does not tell which port it got: take one that is free now.
local function free_port()
  local listener = assert(socket.bind("127.0.0.1", 0))
  local _, port = listener:getsockname()
  listener:close()
  return math.tointeger(port)
end

describe("lighttpd #slow", function()
  it("runs scripts that make calls, and keeps their connection", function()
    local server <close> = latency_server.start { delay = 0.01 }
    local directory, remove = process.temporary_directory()
    local port = free_port()
    process.write_file(directory .. "/script.lua",
      SCRIPT:format(paths.lua_path, paths.lua_cpath, server.base_url))
    process.write_file(directory .. "/host.conf",
      CONFIGURATION:format(directory, port, directory))
    local host <close> = process.start {
      "lighttpd", "-D", "-f", directory .. "/host.conf",
    }
    for _ = 1, 500 do
      local probe = socket.connect("127.0.0.1", port)
      if probe then probe:close() break end
      socket.sleep(0.02)
    end
    for _ = 1, 3 do
      local reply = http.request("http://127.0.0.1:" .. port .. "/")
      assert.equal("Lua 5.4 true", reply, host:errors())
    end
    assert.same({ open = 1, served = 3 }, server:count())
    remove()
  end)
end)
