-- /oauth/authorizations/new: asks a person for consent and sends the browser back with a code, or
-- with an error. While the client and its redirect URI are not known to belong together, nobody is
-- sent anywhere.

local form = require "zendesk.sandbox.form"
local grants = require "zendesk.sandbox.oauth.grants"
local page = require "zendesk.sandbox.oauth.page"
local random = require "zendesk.sandbox.random"
local reply = require "zendesk.sandbox.reply"

local CODE_LIFETIME = 120
local CONSENT_LIFETIME = 3600
local CODE_LENGTH = 64

local function html(status, body)
  local answer = reply.html(status, body)
  table.insert(answer.headers, "Cache-Control: no-store")
  return answer
end

local function refuse(text, status)
  return html(status or 400, page.refusal(text))
end

-- Back to the client, with parameters in a fixed order.
local function send_back(wish, parameters)
  if wish.state then parameters[#parameters + 1] = { "state", wish.state } end
  local separator = wish.redirect_uri:find("?", 1, true) and "&" or "?"
  return reply.redirect(wish.redirect_uri .. separator .. form.write(parameters))
end

local function send_error(wish, code, description)
  return send_back(wish, { { "error", code }, { "error_description", description } })
end

local function redirect_uri(client, wanted)
  if not wanted then return #client.redirect_uri == 1 and client.redirect_uri[1] or nil end
  for _, uri in ipairs(client.redirect_uri) do
    -- To the letter: nothing says that the port of a loopback address may differ.
    if uri == wanted then return uri end
  end
  return nil
end

-- What is wrong with a request whose client and redirect URI are right.
local function defect(client, query)
  if query.response_type == nil then return "invalid_request", "'response_type' required." end
  if query.response_type ~= "code" then
    return "unsupported_response_type", "The response type is not supported."
  end
  local challenge, method = query.code_challenge, query.code_challenge_method
  if not challenge then
    if client.kind == "public" then
      return "invalid_request", "Public clients must use PKCE: 'code_challenge' required."
    end
  elseif method ~= "S256" or not challenge:find "^[%w_-]+$" or #challenge ~= 43 then
    return "invalid_request", "Only the code challenge method S256 is supported."
  end
  return nil
end

local function issue_code(state, wish)
  local code = random.hex(CODE_LENGTH)
  state.codes[code] = {
    client_id = wish.client_id, user_id = wish.user_id, scopes = wish.scopes,
    redirect_uri = wish.redirect_uri, challenge = wish.challenge,
    expires_at = state.clock:now() + CODE_LIFETIME,
  }
  state.stats.codes_issued = state.stats.codes_issued + 1
  return code
end

local function decide(state, wish, allowed)
  if not allowed then
    return send_error(wish, "access_denied",
      "The end-user or authorization server denied the request.")
  end
  return send_back(wish, { { "code", issue_code(state, wish) } })
end

local function ask(state, client, user, wish)
  local csrf = random.hex(32)
  wish.expires_at = state.clock:now() + CONSENT_LIFETIME
  state.consents[csrf] = wish
  return html(200, page.consent(client, user, wish.scopes, csrf))
end

local function new(context)
  local state, query = context.state, context.query
  local client = query.client_id and state.clients_by_identifier[query.client_id]
  if not client then return refuse "No such client" end
  local target = redirect_uri(client, query.redirect_uri)
  if not target then return refuse "The redirect URI does not match the registered ones" end
  local wish = { redirect_uri = target, state = query.state, client_id = client.id,
    challenge = query.code_challenge }
  local code, description = defect(client, query)
  if code then return send_error(wish, code, description) end
  wish.scopes = grants.scopes(client, query.scope)
  if not wish.scopes then
    return send_error(wish, "invalid_scope", "The requested scope is invalid.")
  end
  local user = state:user_by_email(state.switches.signed_in)
  if not user then return refuse("Nobody is signed in", 403) end
  wish.user_id = user.id
  local consent = state.switches.consent
  if consent == "ask" then return ask(state, client, user, wish) end
  return decide(state, wish, consent == "allow")
end

local function create(context)
  local state = context.state
  local given = form.parse(context.request.body)
  local wish = state.consents[given.authenticity_token]
  if not wish or wish.expires_at <= state.clock:now() then
    return refuse("This page has expired; start again from the application", 403)
  end
  state.consents[given.authenticity_token] = nil
  return decide(state, wish, given.decision == "allow")
end

return {
  { "GET", "/oauth/authorizations/new", handler = new, public = true, raw_body = true },
  { "POST", "/oauth/authorizations", handler = create, public = true, raw_body = true },
}
