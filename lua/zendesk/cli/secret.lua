-- secret: the ways of a secret into the program and out of it. In: typed without echo, or from a
-- private file, never from an argument, which every user of the machine can see. Out: on a
-- terminal, into a new private file, or, where it was asked for, into a pipe.

local failure = require "zendesk.cli.failure"
local files = require "zendesk.cli.files"
local terminal = require "zendesk.cli.terminal"

local secret = {}

---A secret from a file, without the end of its line.
---@param path string "-" is standard input
---@return string
function secret.from_file(path)
  local text, message = files.read(path)
  if not text then failure.raise("usage", ("cannot read the secret: %s"):format(message)) end
  if path ~= "-" and not files.is_private(path) then
    failure.raise("usage", ("others can read the file %s"):format(path),
      ("chmod 600 %s, and make a new secret if somebody has"):format(terminal.quote(path)))
  end
  text = text:match "^%s*(.-)%s*$"
  if text == "" then failure.raise("usage", ("the file %s holds no secret"):format(path)) end
  return text
end

---A secret from the file that is named, else from the terminal.
---@param path string|nil
---@param prompt string
---@return string
function secret.read(path, prompt)
  if path then return secret.from_file(path) end
  local word = terminal.ask_hidden(prompt)
  if word and word ~= "" then return word end
  return failure.raise("usage", word and "no secret was typed"
    or "there is no terminal to type the secret on", "--secret-file takes it from a file")
end

---Ends the command where a secret that is shown once has no place to go.
---@param given { out: string|nil, show_secret: boolean|nil }
function secret.check_place(given)
  if given.out then return end
  if terminal.was_closed(1) then
    failure.raise("usage", "the secret is shown once, and the output is closed",
      "--out FILE keeps it in a private file")
  elseif not given.show_secret and not terminal.is(1) then
    failure.raise("usage", "the secret is shown once, and the output is no terminal",
      "--out FILE keeps it in a private file, --show-secret prints it")
  end
end

-- A masked secret ends in dots.
local function is_whole(word)
  return type(word) == "string" and word ~= "" and not word:find "%.%.%.$" and not word:find "…$"
    and not word:find "^%*+$"
end

---The place of a secret that is shown once.
---@class zendesk.cli.SecretPlace
local Place = {}
Place.__index = Place

---Takes the secret out of a record and puts it where it was asked for; without --out it stays.
---@param record table
---@param field string
---@param remedy string what to do where it cannot be written
function Place:take(record, field, remedy)
  local path, word = self.path, record[field]
  if not path then return end
  if not is_whole(word) then
    failure.raise("failed", ("the reply does not show the secret in full: %s was not written")
      :format(path), remedy)
  end
  self.path = nil -- from here on the file may hold it
  local ok, reason = files.fill(path, word .. "\n")
  if not ok then
    self.path = path
    failure.raise("failed", ("the secret could not be written to %s: %s"):format(path, reason),
      remedy)
  end
  record[field], record.secret_file = nil, path
end

-- Where there was no secret after all, there is no file.
function Place:__close()
  if self.path then files.give_up(self.path) end
end

---Makes the place of a secret, before it is asked for. To be kept in a variable that is closed.
---@param given { out: string|nil }
---@return zendesk.cli.SecretPlace
function secret.place(given)
  if given.out then files.reserve(given.out) end
  return setmetatable({ path = given.out }, Place)
end

return secret
