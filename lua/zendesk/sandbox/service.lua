-- Puts the parts together: an account, the application that answers for it, the server in front.

local app = require "zendesk.sandbox.app"
local seed = require "zendesk.sandbox.seed"
local server = require "zendesk.sandbox.server"
local state = require "zendesk.sandbox.state"

local service = {}

local function prepare(options)
  local account = state.new(options)
  local _, message = seed.apply(account, options.seed or {})
  if message then error(message, 0) end
  return account
end

---@param options table options of `sandbox.start`, with the control `key`
---@return table|nil server, string? message, boolean? misuse the settings are what is wrong
function service.new(options)
  local ok, account = pcall(prepare, options)
  if not ok then return nil, tostring(account), true end
  local running, application
  running = server.new {
    port = options.port,
    handle = function(request) return application:handle(request) end,
    watch = options.watch,
    -- The parent sends signs of life while it waits for the start; the end means that it is gone.
    on_watch = function()
      if not io.read(1) then running:stop() end
    end,
  }
  if not running then
    return nil, ("cannot listen on 127.0.0.1:%d"):format(options.port or 0)
  end
  application = app.new(account, {
    key = options.key,
    stop = function() running:stop() end,
    connections = function() return running.accepted end,
  })
  return running
end

---Serves until stopped or interrupted.
function service.run(running)
  local ok, message = pcall(running.run, running)
  running:close()
  -- Ctrl-C reaches the whole terminal; the standalone interpreter turns it into this error.
  if not ok and not tostring(message):find("interrupted!", 1, true) then error(message, 0) end
end

return service
