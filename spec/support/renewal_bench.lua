-- What the specs of renewing providers have in common: a token server without sockets, a store that
-- can be made to fail, a driver with made-up time, and the events.

local fake_store = require "spec.support.fake_store"
local token_server = require "spec.support.token_server"

local bench = {}
bench.__index = bench

bench.KEY = "https://acme.zendesk.com|my_client||default"

-- fields: those of token_server.new. With a fresh login in the store.
function bench.new(fields)
  local server = token_server.new(fields):install()
  return setmetatable({
    server = server, driver = server.driver, events = {},
    store = fake_store.new { [bench.KEY] = server:login() },
    auth = require "zendesk.auth",
  }, bench)
end

function bench:context(fields)
  local context = {
    driver = self.driver, base_url = "https://acme.zendesk.com",
    emit = function(event) self.events[#self.events + 1] = event end,
  }
  for name, value in pairs(fields or {}) do context[name] = value end
  return context
end

function bench:provider(fields)
  local options = { client_id = "my_client", store = self.store }
  for name, value in pairs(fields or {}) do options[name] = value end
  return self.auth.authorization_code(options)
end

function bench:events_of(kind, code)
  local found = {}
  for _, event in ipairs(self.events) do
    if event.type == kind and (not code or event.code == code) then found[#found + 1] = event end
  end
  return found
end

-- Lets `many` calls happen at once; their credentials or errors.
function bench:at_once(many, call)
  local calls = {}
  for index = 1, many do calls[index] = function() return call(index) end end
  return self.driver:all(calls)
end

-- A fault of the server that happens once.
function bench.once(how)
  return function() return how end
end

return bench
