-- terminal: what is different for a person: colours, questions, and words that must not be seen.
-- Lua knows no terminals; the shell's `test` and `stty` do, and inherit our files.

local terminal = {}

local known = {}

---Whether a file descriptor is a terminal.
---@param descriptor integer 0, 1 or 2
---@return boolean
function terminal.is(descriptor)
  if known[descriptor] == nil then
    known[descriptor] = os.execute("test -t " .. descriptor) == true
  end
  return known[descriptor]
end

local FILES = { [0] = io.stdin, io.stdout, io.stderr }

local EBADF = 9 -- of every Unix

local held = {}

---Takes the descriptors that were closed when the program began. What is opened next would have
---them, and a socket there would swallow the output. What takes their place is open the wrong way
---round, so that reading and writing fail as before.
function terminal.hold_closed()
  for descriptor = 0, 2 do
    local _, _, code = FILES[descriptor]:seek "cur"
    if code == EBADF then
      held[descriptor] = io.open("/dev/null", descriptor == 0 and "w" or "r") or true
    end
  end
end

---Whether a file descriptor was closed when the program began.
---@param descriptor integer 0, 1 or 2
---@return boolean
function terminal.was_closed(descriptor) return held[descriptor] ~= nil end

local CODES = { bold = 1, red = 31, green = 32, yellow = 33 }

local function has_colours(descriptor)
  if (os.getenv "NO_COLOR" or "") ~= "" or os.getenv "TERM" == "dumb" then return false end
  return terminal.is(descriptor)
end

---A text in a colour, where there are colours.
---@param descriptor integer where it is going to be written
---@param colour string|nil "bold", "red", "green", "yellow"
---@param text string
---@return string
function terminal.paint(descriptor, colour, text)
  if not colour or not has_colours(descriptor) then return text end
  return ("\27[%dm%s\27[0m"):format(CODES[colour], text)
end

---A text from outside, made fit for a terminal: names of records must not move the cursor.
---@param text string
---@return string
function terminal.clean(text)
  return (text:gsub("\xC2[\x80-\x9F]", "?"):gsub("[%c]", function(character)
    return character ~= "\n" and "?" or nil
  end))
end

---A value made fit for JSON: in its texts U+FFFD takes the place of each byte that is not UTF-8.
---@generic Value
---@param value Value
---@return Value
function terminal.valid(value)
  if type(value) == "table" then
    local copy = setmetatable({}, getmetatable(value))
    for name, each in pairs(value) do copy[terminal.valid(name)] = terminal.valid(each) end
    return copy
  elseif type(value) ~= "string" then
    return value
  end
  local parts, from = {}, 1
  while true do
    local length, bad = utf8.len(value, from)
    if length then return table.concat(parts) .. value:sub(from) end
    parts[#parts + 1] = value:sub(from, bad - 1) .. "\u{FFFD}"
    from = bad + 1
  end
end

local drawn = false

---Standard error for the line of progress: whatever is written next takes that line away first, as
---a walk that ends early leaves it there.
terminal.progress = {}

function terminal.progress.write(_, erase, text)
  drawn = text ~= nil
  return io.stderr:write(erase, text or "")
end

function terminal.progress.flush() return io.stderr:flush() end

---Takes the line of progress away.
function terminal.clear_progress()
  if drawn then io.stderr:write "\r\27[K" end
  drawn = false
end

---Quotes a word for the shell.
---@param word string
---@return string
function terminal.quote(word)
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

---Asks for a line that everybody may see.
---@param prompt string
---@return string|nil line nil at the end of the input
function terminal.ask(prompt)
  terminal.clear_progress()
  io.stderr:write(prompt)
  io.stderr:flush()
  return io.read "l"
end

-- Ctrl-C while Lua reads a line is seen after the line only, so the waiting is done by a shell: it
-- puts the terminal back however it ends, and Lua sees the end of its output. The word passes
-- through builtins, hence through no command line.
local READ_HIDDEN = [[
exec 3<>/dev/tty || exit 1
saved=$(stty -g <&3) || exit 1
trap 'stty "$saved" <&3; echo >&3' EXIT
trap 'exit 130' INT HUP TERM
stty -echo <&3
printf %%s %s >&3
IFS= read -r word <&3
printf %%s "$word"
]]

---Asks for a word without showing it.
---@param prompt string
---@return string|nil word nil where there is no terminal
function terminal.ask_hidden(prompt)
  local script = READ_HIDDEN:format(terminal.quote(prompt))
  local pipe = assert(io.popen("exec 2>/dev/null\n" .. script))
  local word = pipe:read "a"
  local ok, _, status = pipe:close()
  if status == 130 then error("interrupted!", 0) end
  return ok and word or nil
end

return terminal
