-- /api/v2/uploads and /api/v2/attachments, and the host of files. As at Zendesk, the content of an
-- attachment lies elsewhere: its address on the account sends on to another origin, with a pass in
-- the address. That origin is the sandbox by its other name, localhost or 127.0.0.1, and like most
-- hosts of files it refuses whoever brings a credential.

local fields = require "zendesk.sandbox.fields"
local form = require "zendesk.sandbox.form"
local json = require "zendesk.sandbox.json"
local random = require "zendesk.sandbox.random"
local reply = require "zendesk.sandbox.reply"

local SHAPE = json.shape {
  "url", "id", "file_name", "content_url", "mapped_content_url", "content_type", "size", "width",
  "height", "inline", "deleted", "malware_access_override", "malware_scan_result", "thumbnails",
}
local PATH = "/api/v2/attachments/"
local CONTENT, FILES = "/attachments/token/", "/files/"
local PASS_LIFE, UPLOAD_LIFE = 300, 3 * 86400 -- seconds

local attachments = {}

local function named(attachment, extra)
  local parameters = { { "name", attachment.file_name }, extra }
  return form.write(parameters)
end

---@param context zendesk.sandbox.Context
---@param attachment table
---@return table
function attachments.present(context, attachment)
  local address = context.origin .. CONTENT .. attachment.key .. "/?" .. named(attachment)
  return setmetatable({
    url = context.origin .. PATH .. attachment.id .. ".json", id = attachment.id,
    file_name = attachment.file_name, content_url = address, mapped_content_url = address,
    content_type = attachment.content_type, size = #attachment.content, width = json.null,
    height = json.null, inline = false, deleted = false, malware_access_override = false,
    malware_scan_result = "malware_not_found", thumbnails = json.array(),
  }, SHAPE)
end

---@param context zendesk.sandbox.Context
---@param list table[]
---@return table[]
function attachments.present_all(context, list)
  local shown = json.array()
  for place, attachment in ipairs(list) do
    shown[place] = attachments.present(context, attachment)
  end
  return shown
end

local function add(context, name)
  local state, request = context.state, context.request
  local attachment = {
    id = state:next_id(), key = random.hex(24), file_name = name, content = request.body,
    content_type = request.headers["content-type"] or "application/octet-stream", passes = {},
  }
  state.attachments[attachment.id], state.attachment_keys[attachment.key] = attachment, attachment
  return attachment
end

local function upload(context)
  local name, token = context.query.filename, context.query.token
  if fields.is_blank(name) then
    return reply.record_invalid { filename = fields.problem("Filename: cannot be blank",
      "BlankValue") }
  end
  local state = context.state
  if token and not state.uploads[token] then return reply.record_not_found() end
  token = token or random.hex(24)
  local list = state.uploads[token] or {}
  state.uploads[token] = list
  list[#list + 1] = add(context, name)
  local shown = attachments.present_all(context, list)
  return reply.json(201, { upload = {
    token = token, expires_at = state.clock:iso(state.clock:now() + UPLOAD_LIFE),
    attachment = shown[#shown], attachments = shown,
  } })
end

local function forget(context)
  local state, token = context.state, context.params.token
  for _, attachment in ipairs(state.uploads[token] or {}) do
    state.attachments[attachment.id], state.attachment_keys[attachment.key] = nil, nil
  end
  if not state.uploads[token] then return reply.record_not_found() end
  state.uploads[token] = nil
  return reply.no_content()
end

---The attachments of a comment, whose uploads are used up by it.
---@param state zendesk.sandbox.State
---@param given any `uploads` of a comment: a token or a list of them
---@return table[]|nil attachments
---@return table|nil refusal
function attachments.take(state, given)
  local tokens, taken = fields.plain(given) or {}, {}
  if type(tokens) == "string" then tokens = { tokens } end
  if type(tokens) ~= "table" then return nil, reply.invalid_attribute("uploads", "an array") end
  for _, token in ipairs(tokens) do
    local list = state.uploads[token]
    if not list then
      return nil, reply.record_invalid { base = fields.problem("Uploads: is invalid",
        "InvalidValue") }
    end
    table.move(list, 1, #list, #taken + 1, taken)
  end
  for _, token in ipairs(tokens) do state.uploads[token] = nil end
  return taken
end

local function show(context)
  local id = fields.id(context.params.id)
  local attachment = id and context.state.attachments[id]
  if not attachment then return reply.record_not_found() end
  return reply.json(200, { attachment = attachments.present(context, attachment) })
end

local function other_origin(origin)
  local swapped, count = origin:gsub("//127%.0%.0%.1", "//localhost")
  return count > 0 and swapped or (origin:gsub("//[^:/]+", "//127.0.0.1"))
end

local function redirect(context)
  local state, key = context.state, context.params.key
  local attachment = state.attachment_keys[key]
  if not attachment then return reply.record_not_found() end
  local pass = random.hex(32)
  attachment.passes[pass] = state.clock:now() + PASS_LIFE
  return reply.redirect(other_origin(context.origin) .. FILES .. key .. "?"
    .. named(attachment, { "pass", pass }))
end

local function content(context)
  if context.request.headers.authorization then
    return reply.text(400, "Only one way to authenticate is allowed: the pass or a header")
  end
  local state = context.state
  local attachment = state.attachment_keys[context.params.key]
  local ends = attachment and attachment.passes[context.query.pass or ""]
  if not ends or ends <= state.clock:now() then return reply.text(403, "Access denied") end
  return {
    status = 200, body = attachment.content,
    headers = { "Content-Type: " .. attachment.content_type },
  }
end

local RESOURCE = "ticket_attachments"

attachments[1] = {
  "POST", "/api/v2/uploads", handler = upload, raw_body = true, access = "write",
  resource = RESOURCE,
}
attachments[2] = {
  "DELETE", "/api/v2/uploads/{token}", handler = forget, role = "agent", access = "write",
  resource = RESOURCE,
}
attachments[3] = {
  "GET", PATH .. "{id}", handler = show, role = "agent", access = "read", resource = RESOURCE,
}
attachments[4] = {
  "GET", CONTENT .. "{key}", handler = redirect, access = "read", resource = RESOURCE,
}
attachments[5] = { "GET", FILES .. "{key}", handler = content, public = true }

return attachments
