-- Which account the examples work on: the one that the environment names (ZENDESK_SUBDOMAIN and a
-- credential), else a sandbox that is made for the run and filled with what the example needs.

local zendesk = require "zendesk"

local account = {}

local function is_set(variable)
  return (os.getenv(variable) or "") ~= ""
end

---@param options { seed: table?, on_event: function? } seed: what a sandbox is filled with
---@return zendesk.Instance zd
---@return zendesk.sandbox.Box|nil box nil for a real account
function account.open(options)
  if is_set "ZENDESK_SUBDOMAIN" or is_set "ZENDESK_BASE_URL" then
    return assert(zendesk.from_env { on_event = options.on_event })
  end
  account.box = assert(zendesk.sandbox.start { seed = options.seed }) -- ends with the process
  return assert(zendesk.new {
    base_url = account.box.base_url, email = account.box.email,
    api_token = account.box.api_token, on_event = options.on_event,
  }), account.box
end

return account
