-- The small parts of a reference page: types as links, tables of fields, first sentences. For
-- tools/docgen.lua. `places` says of a type on which page and under which heading it is described.

local types = require "tools.annotation_types"

local words = {}

---A text made fit for a cell of a table.
---@param text string
---@return string
function words.escape(text)
  return (text:gsub("|", "\\|"))
end

local escape = words.escape

local function link_of(name, page, places)
  local place = places[name]
  if not place then return nil end
  local anchor = place.anchor and "#" .. place.anchor
  if place.page == page and anchor then return anchor end
  return place.page .. ".md" .. (anchor or "")
end

---A type in words: its alternatives, those that are described somewhere with a link.
---@param text string
---@param page string the page that it stands on
---@param places table
---@return string
function words.type(text, page, places)
  local parts = {}
  for _, alternative in ipairs((types.alternatives(text))) do
    local name = alternative:match "^(zendesk[%w_%.]*)[%[%]]*$"
    local link = name and link_of(name, page, places)
    local code = "`" .. alternative .. "`"
    parts[#parts + 1] = link and ("[%s](%s)"):format(code, link) or code
  end
  return #parts > 0 and table.concat(parts, " or ") or "`nil`"
end

---The first sentence of a text, for a table of contents.
---@param text string
---@return string
function words.first_sentence(text)
  local flat = text:gsub("\n", " ")
  return flat:match "^(.-)[%.;:]%s" or flat:match "^(.-)[%.;:]?$"
end

---Whether a parameter, field or result may be nil.
---@param value table
---@return boolean
function words.is_optional(value)
  local _, optional = types.alternatives(value.type)
  return value.optional or optional
end

---A table of parameters or fields.
---@param values table[]
---@param page string
---@param places table
---@param head string of its first column
---@return string
function words.table(values, page, places, head)
  local lines = { ("| %s | type | meaning |\n|---|---|---|\n"):format(head) }
  for _, value in ipairs(values) do
    local text = escape(value.text)
    if words.is_optional(value) then text = text == "" and "optional" or "optional; " .. text end
    lines[#lines + 1] = ("| `%s` | %s | %s |\n"):format(value.name,
      escape(words.type(value.type, page, places)), text)
  end
  return table.concat(lines)
end

return words
