--- Where an instance's credential comes from: providers for `zendesk.new{ auth = … }`.
--
--     zendesk.auth.client_credentials{ client_id=, client_secret=, … }   programs
--     zendesk.auth.authorization_code{ client_id=, store=, … }           people's logins
--     zendesk.auth.access_token(token)                                   a token as it is
--     zendesk.auth.api_token{ email=, api_token= }                       until 2027-04-30
--     function(reason) return token, expires_at end                      one's own
--
-- A provider of one's own is a table with `kind` and three functions:
--   get(self, context)          → { token=, expires_at=, generation= } | nil, err
--       before every call; must be cheap while the token is good
--   renew(self, context, used)  → the same; after a 401, with what was refused
--   describe(self)              → a table without secrets
-- and, where it has something to save before the process ends, flush(self) → true | nil, err.

---@class zendesk.auth
local auth = {}

--- Tokens of a confidential client, by the client credentials grant.
---@param options zendesk.auth.client_credentials_options
---@return zendesk.auth.oauth_provider
function auth.client_credentials(options)
  return require "zendesk.auth.client_credentials".new(options)
end

--- Tokens of a person's login, refreshed and kept in a store.
---@param options zendesk.auth.authorization_code_options
---@return zendesk.auth.oauth_provider
function auth.authorization_code(options)
  return require "zendesk.auth.authorization_code".new(options)
end

--- One access token that somebody else looks after.
---@param options string|{ access_token: string, expires_at: number? }
---@return zendesk.auth.access_token_provider
function auth.access_token(options)
  return require "zendesk.auth.access_token".new(options)
end

--- An API token; Zendesk ends them all on 2027-04-30.
---@param options { email: string, api_token: string }
---@return zendesk.auth.api_token_provider
function auth.api_token(options)
  return require "zendesk.auth.api_token".new(options)
end

--- Tokens that a function gives; `zendesk.new{ auth = f }` does this by itself.
---@param f zendesk.auth.token_function
---@return zendesk.auth.function_provider
function auth.from_function(f)
  return require "zendesk.auth.from_function".new(f)
end

return auth
