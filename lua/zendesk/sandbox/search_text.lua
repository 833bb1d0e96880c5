-- Text as Zendesk's search reads it: words without the punctuation between them, upper and lower
-- case alike. A word of a query finds the word itself and, where it may, longer words that begin
-- with it; never the middle or the end of one. Stemming ("cats" finds "cat") is left to Zendesk.

local fields = require "zendesk.sandbox.fields"

local search_text = {}

---@param text string
---@return string[]
function search_text.words(text)
  local list = {}
  for word in text:lower():gmatch "[%w_\128-\255]+" do list[#list + 1] = word end
  return list
end

local function stands_at(words, phrase, at, open)
  for place, wanted in ipairs(phrase) do
    local word = words[at + place - 1]
    local whole = word == wanted
    local begun = open and place == #phrase and word and word:sub(1, #wanted) == wanted
    if not whole and not begun then return false end
  end
  return true
end

---Are the words of a phrase in a text, one behind the other?
---@param text any
---@param phrase string[]
---@param open boolean may the last word be the beginning of a longer one?
---@return boolean
function search_text.has(text, phrase, open)
  if type(text) ~= "string" then return false end
  local words = search_text.words(text)
  for at = 1, #words - #phrase + 1 do
    if stands_at(words, phrase, at, open) then return true end
  end
  return false
end

---What a record holds under a name; nil for null.
---@param record table a ticket or a user
---@param name string
---@return any
function search_text.value(record, name)
  if record.values then return fields.plain(record.values[name]) end
  local value = record[name]
  if value == nil then value = (record.extra or {})[name] end
  return fields.plain(value)
end

---The description of a ticket and the comments on it.
---@param ticket table
---@return string[]
function search_text.comments(ticket)
  local texts = { search_text.value(ticket, "description") }
  for _, audit in ipairs(ticket.audits or {}) do
    for _, event in ipairs(audit.events) do
      if event.type == "Comment" then texts[#texts + 1] = event.body end
    end
  end
  return texts
end

local USER = { "name", "email", "alias", "phone", "notes", "details", "external_id" }

-- What a word without a property is looked for in.
local function texts_of(record)
  local texts = {}
  if record.values then
    texts = search_text.comments(record)
    texts[#texts + 1] = search_text.value(record, "subject")
  else
    for _, name in ipairs(USER) do texts[#texts + 1] = search_text.value(record, name) end
  end
  local tags = search_text.value(record, "tags")
  if type(tags) == "table" then table.move(tags, 1, #tags, #texts + 1, texts) end
  return texts
end

---Is a phrase anywhere in a record? A ticket is found by its id, too.
---@param record table
---@param phrase string[]
---@param open boolean
---@return boolean
function search_text.is_in(record, phrase, open)
  if record.values and #phrase == 1 and phrase[1] == ("%d"):format(record.id) then return true end
  for _, text in ipairs(texts_of(record)) do
    if search_text.has(text, phrase, open) then return true end
  end
  return false
end

return search_text
