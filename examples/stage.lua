-- What examples/quickstart.lua is played on: asks before anything is written to a real account,
-- prints records with their secrets masked, cleans up at the end.

local account = require "examples.account"

local stage = {}
local steps = 0

-- Fields that hold a credential. A masked one shows that it is there, and nothing to guess from.
local SECRETS = { secret = true, token = true, full_token = true, refresh_token = true }

--- The heading of a step.
function stage.step(title)
  steps = steps + 1
  print(("\n%d. %s"):format(steps, title))
end

--- An indented line.
function stage.say(format, ...)
  print("   " .. format:format(...))
end

local function shown(name, value)
  if SECRETS[name] and type(value) == "string" then
    return ("%s… (%d characters)"):format(value:sub(1, 4), #value)
  elseif type(value) == "table" then
    return table.concat(value, " ")
  end
  return tostring(value)
end

--- Prints some fields of a record on one line.
function stage.show(record, fields)
  local parts = {}
  for _, name in ipairs(fields) do
    parts[#parts + 1] = name .. " " .. shown(name, record[name])
  end
  stage.say("%s", table.concat(parts, "   "))
end

--- An identifier that no earlier run has taken.
function stage.unique(name)
  return ("%s_%x"):format(name, os.time())
end

--- A value for `local x <close>`: does the work as the last step, also after an error.
function stage.at_end(title, work)
  return setmetatable({}, { __close = function()
    stage.step(title)
    work()
    stage.say "Done."
  end })
end

local function has_terminal()
  return (os.execute "test -t 0")
end

-- A person says yes on the terminal; a script sets ZENDESK_DEMO_YES=1.
local function confirmed()
  if os.getenv "ZENDESK_DEMO_YES" == "1" then return true end
  if not has_terminal() then
    print "Nothing was written. Set ZENDESK_DEMO_YES=1 to let it run without a terminal."
    return false
  end
  io.write "Go on? [y/N] "
  io.flush()
  return (io.read "l" or ""):lower():find "^y" ~= nil
end

local function ask_first(zd)
  print(("This runs against %s, as your environment says."):format(zd:origin()))
  print "It makes an OAuth client and a token there, and removes both at the end."
  if not confirmed() then os.exit(1, true) end
end

--- The account that the environment names, after a yes; else a fresh sandbox.
function stage.open()
  local zd, box = account.open {
    seed = { tickets = { { subject = "My printer is on fire" }, { subject = "Where is it?" } } },
  }
  if box then
    print(("This runs in a sandbox, a Zendesk of its own at %s."):format(box.base_url))
    print "Set ZENDESK_SUBDOMAIN and a credential to run it against your account."
  else
    ask_first(zd)
  end
  return zd
end

return stage
