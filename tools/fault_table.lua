-- Makes docs/faults.md of the specs that provoke faults: each test that passes reports what it
-- promised and what it observed (spec/support/faults.lua).
--
--   lua5.4 tools/fault_table.lua --write      runs them and writes the table
--   lua5.4 tools/fault_table.lua --check      runs them; exits 1 when the table is not up to date

local SPECS = { "spec/wire/faults", "spec/unit/hostile_spec.lua" }
local TABLE = "docs/faults.md"
local FEWEST = 120

local HEAD = [[
# Faults

What goes wrong, what the library promises then, and what was observed when it was provoked. Made
by `make faults` from the specs themselves: a row is a test, and one whose two outcomes differ is a
failed test.

An outcome on the wire is the error's `kind` and status; whether the request may have reached the
server (`err.sent`); and what may be done: *repeatable* (`err.retryable`), *ambiguous*
(`err.ambiguous`: look first, `err.remedy` says so), or *final*. A success is its status and the
type of its body.
]]

local function run_specs(rows_path)
  local files = table.concat(SPECS, " ")
  local command = ("ZENDESK_FAULT_ROWS='%s' %s spec/support/busted.lua --ignore-lua %s"):format(
    rows_path, arg[-1] or "lua5.4", files)
  return os.execute(command)
end

local function read_rows(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return assert(load("return {" .. text .. "}", "=rows", "t", {}))()
end

local function cell(text)
  text = text:gsub("[%c\128-\255]", "?"):gsub("|", "\\|"):gsub("%*", "\\*"):gsub("<", "&lt;")
  return #text > 160 and text:sub(1, 157) .. "…" or text
end

-- Parts in alphabetical order and their rows, too: tests over `pairs` run in any order.
local function render(rows)
  table.sort(rows, function(a, b)
    for column = 1, 3 do
      if a[column] ~= b[column] then return a[column] < b[column] end
    end
    return a[4] < b[4]
  end)
  local lines, part = { HEAD, ("\n%d faults.\n"):format(#rows) }, nil
  for _, row in ipairs(rows) do
    if row[1] ~= part then
      part = row[1]
      lines[#lines + 1] = ("\n## %s\n\n| fault | promised | observed |\n"):format(part)
      lines[#lines + 1] = "|---|---|---|\n"
    end
    lines[#lines + 1] = ("| %s | %s | %s |\n"):format(cell(row[2]), cell(row[3]), cell(row[4]))
  end
  return table.concat(lines, "")
end

local function read_table()
  local file = io.open(TABLE, "rb")
  if not file then return "" end
  local text = file:read "a"
  file:close()
  return text
end

local function main(mode)
  local rows_path = os.tmpname()
  local passed = run_specs(rows_path)
  local rows = read_rows(rows_path)
  os.remove(rows_path)
  if not passed then return "a spec has failed: the table stays as it is" end
  if #rows < FEWEST then return ("only %d faults were provoked"):format(#rows) end
  local text = render(rows)
  if mode == "--write" then
    local file = assert(io.open(TABLE, "wb"))
    assert(file:write(text))
    assert(file:close())
  elseif text ~= read_table() then
    return TABLE .. " is not up to date: run `make faults`"
  end
  print(("%s: %d faults"):format(TABLE, #rows))
  return nil
end

local problem = main(arg[1] or "--check")
if problem then
  io.stderr:write("fault_table: ", problem, "\n")
  os.exit(1)
end
