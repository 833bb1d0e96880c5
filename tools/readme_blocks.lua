-- Finds the fenced code blocks of a Markdown file, so that the tests can run what the pages show.
--
--   ```lua               run as it is
--   ```sh no-run: why    shown only; the reason is mandatory
--
-- Lines of a Lua block that end in `--> text` promise that exactly these texts, in this order, are
-- what the block prints.
--
-- As a module: blocks.read(path) → list of { path, line, language, reason, text, promised }.
-- As a script: lua5.4 tools/readme_blocks.lua FILE… lists the blocks.

local blocks = {}

local function promised_lines(text)
  local lines
  for line in text:gmatch "[^\n]+" do
    local promise = line:match "%-%-> (.*)$"
    if promise then
      lines = lines or {}
      lines[#lines + 1] = promise
    end
  end
  return lines
end

--- The blocks of one file, in order.
function blocks.read(path)
  local found, open, number = {}, nil, 0
  for line in io.lines(path) do
    number = number + 1
    local info = line:match "^%s*```(.*)$"
    if info and not open then
      local language, rest = info:match "^(%S*)%s*(.*)$"
      local reason = rest:match "^no%-run: (.+)$"
      assert(rest == "" or reason, ("%s:%d: cannot read %q"):format(path, number, info))
      open = { path = path, line = number, language = language, reason = reason, lines = {} }
    elseif info then
      open.text = table.concat(open.lines, "\n") .. "\n"
      open.promised = promised_lines(open.text)
      open.lines = nil
      found[#found + 1] = open
      open = nil
    elseif open then
      open.lines[#open.lines + 1] = line
    end
  end
  assert(not open, path .. ": a code block has no end")
  return found
end

if arg and arg[0] and arg[0]:find "readme_blocks%.lua$" then
  for _, path in ipairs(arg) do
    for _, block in ipairs(blocks.read(path)) do
      print(("%s:%d: %s%s"):format(path, block.line, block.language,
        block.reason and " (not run: " .. block.reason .. ")" or ""))
    end
  end
end

return blocks
