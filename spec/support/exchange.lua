-- Drives zendesk.core without the Lua layers above it: one account, one engine, one call at a time.
--
--   local exchange = require "spec.support.exchange"
--   local wire <close> = exchange.open { base_url = server.base_url, access_token = "test-token" }
--   local transfer = wire:call { method = "GET", path = "/api/v2/users/me" }

local core = require "zendesk.core"

local exchange = {}
local wire = {}
wire.__index = wire

local patience = 30 -- seconds; a transfer that takes longer is a failed test

--- Steps `engine` until `transfer` is done.
function exchange.finish(engine, transfer)
  local give_up = core.monotonic() + patience
  while not transfer:done() do
    assert(core.monotonic() < give_up, "the transfer does not end")
    engine:step(1)
  end
  return transfer
end

---@param options table of core.account, and `engine`: the options of core.engine
function exchange.open(options)
  local account_options = {}
  for name, value in pairs(options) do account_options[name] = value end
  account_options.engine = nil
  return setmetatable({
    account = assert(core.account(account_options)),
    engine = core.engine(options.engine),
  }, wire)
end

--- Submits without waiting.
function wire:submit(request)
  request.method = request.method or "GET"
  request.path = request.path or "/"
  local transfer, kind, message = self.engine:submit(self.account, request)
  assert(transfer, ("%s: %s"):format(kind, message))
  return transfer
end

--- Submits and waits; the transfer that it returns is done.
function wire:call(request)
  return exchange.finish(self.engine, self:submit(request))
end

--- What `call` ends with, as one table.
function wire:outcome(request)
  local transfer = self:call(request)
  local status, second, message, sent, code = transfer:outcome()
  if status then return { status = status, transfer = transfer } end
  return { kind = second, message = message, sent = sent, code = code, transfer = transfer }
end

function wire:close()
  self.engine:close()
  self.account:close()
end

wire.__close = wire.close

return exchange
