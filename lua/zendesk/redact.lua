-- redact: texts from outside made fit for a message.

local redact = {}

-- One line on a terminal, and enough of it.
local LONGEST_MESSAGE = 400

local REDACTED = "[redacted]"

-- Words of a server that look like a credential: a scheme with its parameter, a labelled value, a
-- long opaque word. A false hit costs a little clarity, a miss costs an account.
local function hide(text)
  text = text:gsub("([Bb]earer%s+)[%w%-%._~%+/=]+", "%1" .. REDACTED)
  text = text:gsub("([Bb]asic%s+)[%w%+/=_%-]+", "%1" .. REDACTED)
  text = text:gsub("([%w_]*[Tt]oken[\"']?%s*[=:]%s*[\"']?)[^%s\"'&,;]+", "%1" .. REDACTED)
  text = text:gsub("([%w_]*[Ss]ecret[\"']?%s*[=:]%s*[\"']?)[^%s\"'&,;]+", "%1" .. REDACTED)
  text = text:gsub("([Pp]assword[\"']?%s*[=:]%s*[\"']?)[^%s\"'&,;]+", "%1" .. REDACTED)
  text = text:gsub("[%w%-_%+=]+", function(word)
    local is_opaque = #word >= 40 and word:find "%d" and word:find "%a"
    return is_opaque and REDACTED or nil
  end)
  return text
end

local function one_line(text)
  text = text:gsub("[%c%s]+", " "):gsub("^ ", ""):gsub(" $", "")
  if #text <= LONGEST_MESSAGE then return text end
  local cut = text:sub(1, LONGEST_MESSAGE)
  -- Not in the middle of a UTF-8 sequence: a terminal would show a broken character.
  return cut:gsub("[\xC2-\xF4][\x80-\xBF]*$", "") .. "…"
end

---A text from outside made fit for a message: one line, of bounded length, without what looks like
---a credential.
---@param text string
---@return string
function redact.clean(text)
  -- Bounded before the patterns run: an error page can be a megabyte.
  return one_line(hide(text:sub(1, 4 * LONGEST_MESSAGE)))
end

-- Segments that let anybody in, whatever their length: of an attachment, and of an upload.
local PASSES = { "(/attachments/token/)[^/]+", "(/uploads/)[^/]+" }

---A path fit for a message: without its query, passes and other long opaque segments left out.
---@param path string
---@return string
function redact.path(path)
  local bare = path:match "^[^?#]*"
  for _, pass in ipairs(PASSES) do bare = bare:gsub(pass, "%1" .. REDACTED) end
  return one_line((bare:gsub("[^/]+", function(segment)
    return #segment >= 40 and REDACTED or nil
  end)))
end

---Where a redirect pointed: without user information, query and fragment, which can hold tokens.
---@param location string|nil
---@return string|nil
function redact.location(location)
  if not location then return nil end
  local bare = location:match("^[^?#]*"):gsub("^(%a[%w+.-]*://)[^/]*@", "%1")
  return redact.path(bare)
end

return redact
