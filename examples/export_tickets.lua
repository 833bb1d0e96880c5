-- Exports every ticket to a file of JSON lines. Stopped at any moment, it goes on where it was when
-- it is run again; run later, it adds what has changed since.
--   lua examples/export_tickets.lua tickets.jsonl

local account = require "examples.account"
local json = require "zendesk.json"
local progress = require "zendesk.progress"

local zd <close> = account.open { seed = { tickets = 350 }, on_event = progress.line() }
local path = arg[1] or os.tmpname()
local note = path .. ".checkpoint"

-- Where the last run was in the list, and how much of the file is sure to be whole.
local from, size = nil, 0
local last <close> = io.open(note)
if last then from, size = last:read("l", "n") end

local out <close> = assert(io.open(path, from and "r+" or "w"))
out:seek("set", size)
local tickets = zd:each("/api/v2/incremental/tickets/cursor", {
  query = { start_time = 0 }, from = from,
})

local function save() -- the note is renamed into place, so that it is never half written
  assert(out:flush())
  local file = assert(io.open(note .. ".new", "w"))
  assert(file:write(tickets:checkpoint(), "\n", out:seek()))
  assert(file:close())
  assert(os.rename(note .. ".new", note))
end

local count = 0
for ticket in tickets do
  assert(out:write(assert(json.encode(ticket)), "\n"))
  count = count + 1
  if count % 100 == 0 then save() end
end
save()
print(("%d tickets written to %s"):format(count, path))
