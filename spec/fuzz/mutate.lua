-- mutate: texts near to a given one, by chance. The generator is given, so that a seed repeats a
-- run.

local mutate = {}

-- What parsers stumble over: ends of ranges, delimiters, escapes, broken UTF-8.
local WORDS = {
  "", "0", "-1", "1e400", "-0", "0x10", "9223372036854775807", "9223372036854775808",
  "-9223372036854775809", "1.5", "NaN", "Infinity", "null", "true", "[]", "{}", '""', "\0",
  "\r\n", "\n\n", "\t", " ", "%", "%00", "%ff", "%zz", "+", "&", "=", "?", "#", "..", "/", "\\",
  '\\"', "\\u0000", "\\ud800", "\xff", "\xc0\x80", "\xe2\x82", "\xef\xbb\xbf", "é", "…", "//",
  "://", "@", ":", ";", ",", "GMT", "T00:00:00Z", "-00:00", "24:00:60", "error", "code", "state",
  "access_token", "refresh_token", "expires_in", "scope", "title", "message", "description",
}

local function piece(random, text)
  local from = random(1, #text + 1)
  return from, random(from, math.max(from, math.min(#text, from + 16)))
end

local CHANGES = {
  function(random, text) -- one byte
    local place = random(1, #text + 1)
    return text:sub(1, place - 1) .. string.char(random(0, 255)) .. text:sub(place + 1)
  end,
  function(random, text) -- a word in between
    local place = random(1, #text + 1)
    return text:sub(1, place - 1) .. WORDS[random(#WORDS)] .. text:sub(place)
  end,
  function(random, text) -- a piece less
    local from, to = piece(random, text)
    return text:sub(1, from - 1) .. text:sub(to + 1)
  end,
  function(random, text) -- a word in the place of a piece
    local from, to = piece(random, text)
    return text:sub(1, from - 1) .. WORDS[random(#WORDS)] .. text:sub(to + 1)
  end,
  function(random, text) -- a piece twice, or often
    local from, to = piece(random, text)
    local times = random(20) == 1 and 1000 or 1
    return text:sub(1, to) .. text:sub(from, to):rep(times) .. text:sub(to + 1)
  end,
  function(random, text, other) -- the beginning of one, the end of another
    return text:sub(1, random(0, #text)) .. other:sub(random(1, #other + 1))
  end,
  function(random, text) -- a digit becomes another one
    return (text:gsub("%d", function(digit)
      return random(3) == 1 and tostring(random(0, 9)) or digit
    end))
  end,
}

-- Longer texts are slower, and find nothing that shorter ones do not.
local LONGEST = 8192

--- A changed text.
---@param random fun(low: integer, high: integer?): integer as math.random
---@param text string
---@param other string a second text, to take from
---@return string
function mutate.text(random, text, other)
  for _ = 1, random(1, 4) do
    text = CHANGES[random(#CHANGES)](random, text, other):sub(1, LONGEST)
  end
  return text
end

return mutate
