-- rounds: runs a group's clients in alternating order, round by round, and keeps what they say.

local clients = require "bench.lib.clients"
local launch = require "bench.lib.launch"

local rounds = {}

-- Those of a group that can take part.
local function taking_part(group, results)
  local list = {}
  for _, name in ipairs(group.clients) do
    local client = clients.by_name[name]
    local able = group.transport ~= "h2" or client.http2
    if able and not results.reasons[name] then list[#list + 1] = client end
  end
  return list
end

-- A peer that fails is absent from then on, with what it said; the module and the floor have to
-- work.
local function fail(client, group, results, problem)
  local needed = client.name:find "^ours" or client.name == "floor" or client.name == "decode_ours"
  local words = ("%s at %s: %s"):format(client.name, group.id, problem)
  if needed then error(words, 0) end
  results.reasons[client.name] = ("failed at %s: %s"):format(group.id, problem)
  io.stderr:write(words, "\n")
end

---@param setup bench.Setup
---@param group bench.Group
---@param results bench.Results
function rounds.run(setup, group, results)
  if group.default_trust and not setup.trust then return end
  local list = taking_part(group, results)
  for round = 1, group.rounds do
    for index = 1, #list do
      local client = list[(index + round - 2) % #list + 1]
      if not results.reasons[client.name] then
        local sample, problem = launch.run(setup, group, client)
        if sample then results:add(group.id, client.name, sample)
        else fail(client, group, results, problem) end
      end
    end
  end
end

return rounds
