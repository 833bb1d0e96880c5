-- /api/v2/oauth/global_clients: the clients of others that people of this account have authorised.

local fields = require "zendesk.sandbox.fields"
local json = require "zendesk.sandbox.json"
local paging = require "zendesk.sandbox.paging"
local reply = require "zendesk.sandbox.reply"

local SHAPE = json.shape {
  "id", "identifier", "name", "kind", "company", "description", "logo_url",
}
local PATH = "/api/v2/oauth/global_clients"

local global_clients = {}

local function present(client)
  local shown = {
    id = client.id, identifier = client.identifier, name = client.name, kind = client.kind,
    company = fields.nullable(client.company), description = fields.nullable(client.description),
    logo_url = json.null,
  }
  for name, value in pairs(client.extra or {}) do shown[name] = value end
  return setmetatable(shown, SHAPE)
end

local function index(context)
  return paging.reply(context, {
    key = "global_clients", records = context.state.global_clients, present = present,
  })
end

local function show(context)
  local id = fields.id(context.params.id)
  local client = id and context.state.global_clients:get(id)
  if not client then return reply.record_not_found() end
  return reply.json(200, { global_client = present(client) })
end

local function summary_of(state, client, with_expired)
  local count, last = 0, nil
  for token in state.tokens:walk() do
    if token.global and token.client_id == client.id
      and (with_expired or not state:is_expired(token)) then
      count = count + 1
      if token.used_at and (not last or token.used_at > last) then last = token.used_at end
    end
  end
  return {
    id = client.id, tokens_count = count,
    last_used_at = last and state.clock:iso(last) or json.null,
  }
end

local function token_summary(context)
  local state, query = context.state, context.query
  local wanted = query.global_client_id and fields.id(query.global_client_id)
  local list = json.array()
  for client in state.global_clients:walk() do
    if not wanted or client.id == wanted then
      list[#list + 1] = summary_of(state, client, query.include_expired == "true")
    end
  end
  return reply.json(200, { global_clients = list })
end

global_clients[1] = {
  "GET", PATH, handler = index, role = "admin", access = "read", parameters = paging.parameters(),
}
global_clients[2] = { "GET", PATH .. "/{id}", handler = show, role = "admin", access = "read" }
global_clients[3] = {
  "GET", PATH .. "/token_summary", handler = token_summary, role = "admin", access = "read",
  parameters = fields.set { "global_client_id", "include_expired" },
}

return global_clients
