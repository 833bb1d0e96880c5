-- account: a sandbox with an instance of its admin, for specs over the wire. `account.use()` in a
-- describe block starts them before its tests, empties them before each, and ends them.

-- The words of specs are given to spec files alone; other files ask for them.
local assert = require "luassert"
local busted = require "busted"
local sandbox = require "zendesk.sandbox"
local zendesk = require "zendesk"

local account = {}
account.__index = account

---Another instance for the same account; nothing is repeated, so that each refusal is seen.
function account:connect(options)
  local given = { base_url = self.box.base_url, retry = false }
  if not (options and (options.access_token or options.auth)) then
    given.email, given.api_token = self.box.email, self.box.api_token
  end
  for name, value in pairs(options or {}) do given[name] = value end
  return assert(zendesk.new(given))
end

---The last request that the sandbox has seen.
function account:last_request()
  local requests = self.box:requests()
  return requests[#requests]
end

---All of them: "GET /api/v2/oauth/clients", one a line.
function account:trace()
  local lines = {}
  for place, request in ipairs(self.box:requests()) do
    lines[place] = request.method .. " " .. request.path
  end
  return table.concat(lines, "\n")
end

local REFUSALS = {
  [403] = "forbidden", [404] = "not_found", [409] = "conflict", [422] = "invalid",
  [429] = "rate_limit",
}

---A test: an operation gives refusals of its requests back as they are.
---@param name string
---@param path string Lua pattern of the requests to refuse
---@param call fun(made: table): any, any
function account:refuses(name, path, call)
  busted.it(name .. " returns a refusal of each kind", function()
    local made = self.box:seed {
      clients = { { identifier = "refused", name = "Refused", kind = "confidential" } },
      tokens = { { scopes = { "tickets:read" } } }, api_tokens = 1, global_clients = 1,
    }
    for status, kind in pairs(REFUSALS) do
      self.box:clear_faults()
      self.box:fail {
        path = path, times = math.huge, status = status, headers = { ["Retry-After"] = "1" },
      }
      local result, err = call(made)
      assert.is_nil(result)
      assert.equal(kind, err.kind)
      assert.equal(status, err.status)
      assert.is_string(err.request_id)
    end
  end)
end

function account.use()
  local self = setmetatable({ box = nil, zd = nil }, account)
  busted.setup(function()
    self.box = assert(sandbox.start())
    self.zd = self:connect()
  end)
  busted.teardown(function()
    self.zd:close()
    self.box:stop()
  end)
  busted.before_each(function()
    self.box:reset()
    self.box:clear_requests()
  end)
  return self
end

return account
