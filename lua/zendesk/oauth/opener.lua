--- Shows an address in the person's browser.
--
-- The address goes through a shell, so it is let through only when it consists
-- of the characters of a URL that mean nothing inside single quotes. $BROWSER, a
-- command of the person's own, goes before what the machine has.

local opener = {}

-- In the order of preference: macOS has open, WSL has wslview, desktops have xdg-open.
local PROGRAMS = { "xdg-open", "wslview", "open", "x-www-browser", "gio open" }

--- Whether a URL may be put between single quotes of a shell.
---@param url string
---@return boolean
function opener.is_safe(url)
  return url:match "^https?://[%w%-._~:/?%[%]@!$&()*+,;=%%]+$" ~= nil
end

--- The command that shows a URL with a program, in the background and silent.
---@param program string
---@param url string
---@return string? command nil when the URL must not go through a shell
function opener.command(program, url)
  if not opener.is_safe(url) then return nil end
  return ("%s '%s' >/dev/null 2>&1 </dev/null &"):format(program, url)
end

--- Opens a URL with the first program that the machine has.
---@param url string
---@param execute? fun(command: string): boolean? `os.execute`, or a stand-in
---@param getenv? fun(name: string): string? `os.getenv`, or a stand-in
---@return boolean opened false when there is no such program, or no shell
function opener.open(url, execute, getenv)
  execute, getenv = execute or os.execute, getenv or os.getenv
  if not opener.is_safe(url) then return false end
  local browser = getenv "BROWSER"
  if browser and browser ~= "" then return execute(opener.command(browser, url)) == true end
  for _, program in ipairs(PROGRAMS) do
    local name = program:match "^%S+"
    if execute(("command -v %s >/dev/null 2>&1"):format(name)) then
      return execute(opener.command(program, url)) == true
    end
  end
  return false
end

return opener
