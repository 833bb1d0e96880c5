-- beside: a transport with another credential or none, beside that of an instance: on the same
-- network, with the same driver and the same limits of time. Whoever makes one closes it.

local arguments = require "zendesk.arguments"
local core = require "zendesk.core"
local request = require "zendesk.request"

local beside = {}

---@param home zendesk.Transport
---@param fields { origin: string, access_token: string?, emit: function?, numbers: table? }
---@return zendesk.Transport|nil
---@return string|nil problem
function beside.new(home, fields)
  local account_fields = arguments.raw_copy(home._account_options)
  account_fields.base_url, account_fields.access_token = fields.origin, fields.access_token
  local account, problem = core.account(account_fields)
  if not account then return nil, problem end
  return request.new {
    account = account, driver = home.driver, account_options = home._account_options,
    emit = fields.emit, numbers = fields.numbers,
    options = {
      timeout = home._timeout, connect_timeout = home._connect_timeout,
      deadline = home._deadline, max_body = home._max_body, retry = home.retry,
    },
  }
end

return beside
