-- files: private files. A shell makes them, empty, as Lua's own library cannot; what they hold goes
-- through no shell and no command line.

local failure = require "zendesk.cli.failure"
local terminal = require "zendesk.cli.terminal"

local files = {}

local quote = terminal.quote

---The whole of a file.
---@param path string "-" is standard input
---@return string|nil content
---@return string|nil message
function files.read(path)
  local file, message = io.stdin, nil
  if path ~= "-" then file, message = io.open(path, "rb") end
  if not file then return nil, message end
  local content
  content, message = file:read "a"
  if path ~= "-" then file:close() end
  if content then return content end
  return nil, ("%s: %s"):format(path == "-" and "standard input" or path, message)
end

---Whether nobody but the owner can read an ordinary file; pipes are as private as they can be.
---@param path string
---@return boolean
function files.is_private(path)
  local pipe = assert(io.popen("LC_ALL=C ls -ldL -- " .. quote(path) .. " 2>/dev/null"))
  local mode = pipe:read "a"
  pipe:close()
  return mode:sub(1, 1) ~= "-" or mode:sub(5, 10) == "------"
end

-- The reason at the end of what the system or a program says.
local function reason_of(message)
  return (message or ""):match "([^:%s][^:\n]*)\n*$" or "no reason was given"
end

local function shell(script)
  local pipe = assert(io.popen("exec 2>&1; umask 077; " .. script))
  local said = pipe:read "a"
  if pipe:close() then return true end
  return nil, reason_of(said)
end

---Makes an empty private file, so that there is a place for a secret before there is a secret.
---@param path string must not exist
function files.reserve(path)
  local ok, reason = shell("set -C; : >" .. quote(path))
  if ok then return end
  failure.raise("failed", ("cannot make the file %s: %s"):format(path, reason),
    "give the name of a file that does not exist yet, in a folder that does")
end

---Fills a file that was reserved.
---@param path string
---@param text string
---@return boolean|nil
---@return string|nil reason
function files.fill(path, text)
  local file <close>, message = io.open(path, "r+b")
  if not file then return nil, reason_of(message) end
  local ok
  ok, message = file:write(text)
  if ok then ok, message = file:close() end
  if ok then return true end
  return nil, reason_of(message)
end

---Takes a file away that was reserved; what was there before, a pipe or a terminal, stays.
---@param path string
function files.give_up(path)
  if shell("test -f " .. quote(path)) then os.remove(path) end
end

---Makes a private folder, and those above it, where there is none.
---@param path string
function files.make_folder(path)
  local ok, reason = shell("mkdir -p -- " .. quote(path))
  if ok then return end
  failure.raise("failed", ("cannot make the folder %s: %s"):format(path, reason))
end

---Writes a private file as a whole or not at all.
---@param path string its folder must exist
---@param text string
function files.replace(path, text)
  local new = path .. ".new"
  local ok, reason = shell(("rm -f -- %s && set -C && : >%s"):format(quote(new), quote(new)))
  if ok then ok, reason = files.fill(new, text) end
  if ok then shell("sync -- " .. quote(new)) end -- not every system has it
  if ok then ok, reason = os.rename(new, path) end
  if not ok then
    failure.raise("failed", ("cannot write %s: %s"):format(path, reason_of(reason)))
  end
end

return files
