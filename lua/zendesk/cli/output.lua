-- output: results for whoever reads them: tables and words on a terminal, JSON in a pipe, and
-- whichever of the two was asked for.

local failure = require "zendesk.cli.failure"
local terminal = require "zendesk.cli.terminal"
local zendesk = require "zendesk"

---@class zendesk.cli.Output
---@field is_json boolean
---@field quiet boolean
local Output = {}
Output.__index = Output

local output = {}

local function write(text)
  if terminal.is(1) then terminal.clear_progress() end
  local ok, message = io.stdout:write(text)
  if not ok then failure.output(message) end
end

-- Objects in the order of their names, two spaces a level.
local function pretty(value, indent)
  if type(value) ~= "table" then return assert(zendesk.json.encode(value)) end
  local inner, parts = indent .. "  ", {}
  local is_array = zendesk.json.is_array(value)
  if is_array then
    for place, element in ipairs(value) do parts[place] = inner .. pretty(element, inner) end
  else
    local names = {}
    for name in pairs(value) do names[#names + 1] = tostring(name) end
    table.sort(names)
    for place, name in ipairs(names) do
      parts[place] = ("%s%s: %s"):format(inner, zendesk.json.encode(name),
        pretty(value[name], inner))
    end
  end
  local open, close = is_array and "[" or "{", is_array and "]" or "}"
  if #parts == 0 then return open .. close end
  return open .. "\n" .. table.concat(parts, ",\n") .. "\n" .. indent .. close
end

---A value as JSON on standard output.
---@param value any
function Output:json(value)
  write(pretty(terminal.valid(value), "") .. "\n")
end

---One value on one line, for the records of a stream.
---@param value any
function Output:json_line(value)
  write(assert(zendesk.json.encode(value)) .. "\n")
end

---A text as it is.
---@param text string
function Output:raw(text)
  write(text)
end

---A line for a person.
---@param format string
---@param ... any
function Output:say(format, ...)
  write(terminal.clean(format:format(...)) .. "\n")
end

---A line on standard error that does not belong to the result.
---@param format string
---@param ... any
function Output:note(format, ...)
  if self.quiet then return end
  terminal.clear_progress()
  io.stderr:write(terminal.clean(format:format(...)), "\n")
end

local function cell_of(value)
  if value == nil or value == zendesk.null or value == "" then return "-" end
  if type(value) == "table" then
    local words = {}
    for place, word in ipairs(value) do words[place] = tostring(word) end
    return #words > 0 and table.concat(words, " ") or "-"
  end
  return (terminal.clean(tostring(value)):gsub("\n", " "))
end

local function width_of(text) return utf8.len(text) or #text end

local function pad(text, width) return text .. (" "):rep(width - width_of(text)) end

local function rows_of(records, columns)
  local rows, widths = { columns }, {}
  for place, name in ipairs(columns) do widths[place] = #name end
  for number, record in ipairs(records) do
    local row = {}
    for place, name in ipairs(columns) do
      row[place] = cell_of(record[name])
      widths[place] = math.max(widths[place], width_of(row[place]))
    end
    rows[number + 1] = row
  end
  return rows, widths
end

---Records: a table with some of their fields, or all of each as JSON.
---@param records table[]
---@param columns string[]
function Output:list(records, columns)
  if self.is_json then return self:json(zendesk.json.array(records)) end
  local rows, widths = rows_of(records, columns)
  for number, row in ipairs(rows) do
    local cells = {}
    for place, cell in ipairs(row) do cells[place] = pad(cell, widths[place]) end
    local line = table.concat(cells, "  "):gsub(" +$", "")
    write(terminal.paint(1, number == 1 and "bold" or nil, line) .. "\n")
  end
end

---One record: a line for each of some fields that it has, or all of it as JSON.
---@param record table
---@param fields string[]
function Output:record(record, fields)
  if self.is_json then return self:json(record) end
  local width = 0
  for _, name in ipairs(fields) do width = math.max(width, #name) end
  for _, name in ipairs(fields) do
    local cell = cell_of(record[name])
    if cell ~= "-" then
      write(terminal.paint(1, "bold", pad(name, width)) .. "  " .. cell .. "\n")
    end
  end
end

---What was done, or would be: a sentence for a person, a table for a program.
---@param facts table
---@param format string
---@param ... any
function Output:done(facts, format, ...)
  if self.is_json then return self:json(facts) end
  self:say(format, ...)
end

---@param given table the parsed command line
---@return zendesk.cli.Output
function output.new(given)
  local is_json = given.output == "json" or given.output == "auto" and not terminal.is(1)
  return setmetatable({ is_json = is_json, quiet = given.quiet or false }, Output)
end

return output
