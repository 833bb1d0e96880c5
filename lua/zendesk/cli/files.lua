-- files: private files, as far as Lua's own library cannot make them. What is written goes through
-- a pipe into a shell, never through a command line.

local failure = require "zendesk.cli.failure"
local terminal = require "zendesk.cli.terminal"

local files = {}

local quote = terminal.quote

---The whole of a file.
---@param path string "-" is standard input
---@return string|nil content
---@return string|nil message
function files.read(path)
  if path == "-" then return io.read "a" end
  local file <close>, message = io.open(path, "rb")
  if not file then return nil, message end
  return file:read "a"
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

local function shell_write(script, text)
  local pipe = assert(io.popen(script, "w"))
  local written = pipe:write(text)
  return pipe:close() and written ~= nil
end

---Makes an empty private file, so that there is a place for a secret before there is a secret.
---@param path string must not exist
function files.reserve(path)
  if shell_write(("umask 077; set -C; : 2>/dev/null >%s"):format(quote(path)), "") then return end
  failure.raise("failed", ("cannot make the file %s"):format(path),
    "give the name of a file that does not exist yet, in a folder that does")
end

---Fills a file that was reserved.
---@param path string
---@param text string
---@return boolean
function files.fill(path, text)
  return shell_write("cat >" .. quote(path), text)
end

---Makes a private folder, and those above it, where there is none.
---@param path string
function files.make_folder(path)
  if os.execute("umask 077; mkdir -p -- " .. quote(path)) then return end
  failure.raise("failed", "cannot make the folder " .. path)
end

---Writes a private file as a whole or not at all.
---@param path string its folder must exist
---@param text string
function files.replace(path, text)
  local new = quote(path .. ".new")
  local script = ("umask 077; rm -f -- %s; cat >%s && mv -f -- %s %s"):format(new, new, new,
    quote(path))
  if not shell_write(script, text) then failure.raise("failed", "cannot write " .. path) end
end

return files
