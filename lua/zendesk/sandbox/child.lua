-- The main program of the server process: reads its configuration from standard input, reports its
-- port, serves until standard input ends.

local socket = require "socket"
local json = require "zendesk.sandbox.json"
local service = require "zendesk.sandbox.service"

local STDIN = { getfd = function() return 0 end }

local function report(port, facts)
  local call = assert(socket.connect("127.0.0.1", port))
  call:send(json.encode(facts) .. "\n")
  call:close()
end

local settings = json.decode(io.read "l" or "")
if not settings then os.exit(1) end
local options = settings.options
options.watch = STDIN

local running, message, misuse = service.new(options)
if not running then
  report(settings.home, { key = options.key, error = message, misuse = misuse })
  os.exit(1)
end
report(settings.home, { key = options.key, port = running.port })
service.run(running)
os.exit(0)
