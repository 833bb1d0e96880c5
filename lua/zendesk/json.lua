-- json: JSON text as the library itself reads and writes it, for scripts that keep records in
-- files. Integers are exact over 64 bits, arrays stay arrays, and the locale plays no part.

local core = require "zendesk.core"
local errors = require "zendesk.errors"

---@class zendesk.json
local json = {
  ---JSON null; the same value as zendesk.null and cjson.null.
  null = core.null,
}

---The JSON text of a value. The keys of an object come in byte order.
---@param value any
---@return string|nil text
---@return zendesk.Error|nil err kind "encode"; the message names the path to the culprit
function json.encode(value)
  local text, problem = core.encode(value)
  if text then return text end
  return nil, errors.new("encode", problem)
end

---The value of a JSON text (RFC 8259, strictly). Arrays are marked as such: an empty one is written
---as `[]` again.
---@param text string
---@return any value zendesk.null for null; nil on failure
---@return zendesk.Error|nil err kind "decode"; the message names the byte
function json.decode(text)
  if type(text) ~= "string" then
    errors.raise(2, "text: string expected, got %s", type(text))
  end
  local value, problem = core.decode(text)
  if problem == nil then return value end
  return nil, errors.new("decode", problem)
end

return json
