-- response_text: what the body of a successful reply is, where that is not plain. Most replies are
-- JSON objects and never come here: transfer:take() decodes them.

local errors = require "zendesk.errors"

local response_text = {}

-- A page of HTML is what the edge in front of Zendesk answers with, under any status.
local function is_html(content_type, text)
  if content_type:find("html", 1, true) then return true end
  local head = text:sub(1, 64):lower():match "^%s*(.*)"
  return head:sub(1, 5) == "<html" or head:sub(1, 9) == "<!doctype"
end

-- Types under which Zendesk has sent JSON (uploads: text/plain), or that say nothing.
local function may_be_json(content_type)
  return content_type == "" or content_type:find("json", 1, true) ~= nil
    or content_type:find("text/plain", 1, true) ~= nil
    or content_type:find("octet-stream", 1, true) ~= nil
end

-- How JSON of Zendesk begins, for where none is promised; a text begins with `[draft]`, `{{name}}`.
local function looks_like_json(text)
  return text:find '^%s*{%s*["}]' ~= nil or text:find '^%s*%[%s*{' ~= nil
end

-- Decides between a text, a bare JSON value, and a reply that is not what it claims to be.
local function read_other(transfer, value, problem, expects_json)
  local content_type = require "zendesk.ascii".lower(transfer:header "content-type" or "")
  local is_json = content_type:find("json", 1, true) ~= nil
  if value ~= nil and is_json then return value end
  local text = transfer:body()
  if not text:find "%S" then return true end
  if value == nil and (is_json or (looks_like_json(text) and may_be_json(content_type))) then
    -- The text is not quoted: it may be the half of a reply that holds a new secret.
    return nil, "the reply is no well-formed JSON: " .. tostring(problem)
  end
  if expects_json and is_html(content_type, text) then
    local words = require "zendesk.error_body".parse(nil, text).message or ""
    return nil, "the reply is a web page instead of JSON: " .. errors.clean(words):sub(1, 120)
  end
  return text
end

---Decodes the body of a reply by what it holds and not by its content type, which Zendesk does not
---keep to: an object or array is decoded whatever it claims to be; a bare number or string only
---where the type says JSON. What only begins like objects is a broken reply, and no string.
---@param transfer zendesk.core.Transfer
---@param expects_json boolean a page of HTML is an error then
---@return any value true where the reply has no body; a string where it is not JSON; nil on failure
---@return string|nil problem
function response_text.decode(transfer, expects_json)
  local value, problem = transfer:json()
  if type(value) == "table" then return value end
  if transfer:size() == 0 then return true end
  return read_other(transfer, value, problem, expects_json)
end

return response_text
