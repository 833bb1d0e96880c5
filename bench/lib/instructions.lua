-- instructions: the operations whose instructions are counted, for the table of bench.run and for
-- the baseline.

local callgrind = require "bench.lib.callgrind"
local clients = require "bench.lib.clients"

local instructions = {}

local function group_of(work, server, in_flight)
  return {
    id = "instructions/" .. work, work = work, server = server, transport = server,
    in_flight = in_flight, exact = true,
  }
end

local function decode_group(file)
  return { id = "instructions/decode", work = "decode", file = file }
end

---What the baseline holds. `few` and `many` are the operations of the two runs.
---@param setup bench.Setup
---@return { name: string, group: bench.Group, client: string, few: integer, many: integer }[]
function instructions.operations(setup)
  local folder = setup.server.directory
  return {
    { name = "GET", group = group_of("get", "plain"), client = "ours", few = 100, many = 600 },
    { name = "POST", group = group_of("plain_post", "plain"), client = "ours", few = 100,
      many = 600 },
    { name = "token create", group = group_of("post", "plain"), client = "ours", few = 100,
      many = 600 },
    { name = "create, 100 at a time", group = group_of("create", "slow_plain", 100),
      client = "ours", few = 200, many = 1200 },
    { name = "page of tickets", group = group_of("page", "plain"), client = "ours", few = 10,
      many = 60 },
    { name = "list walk, a record", group = group_of("stream", "plain"), client = "ours",
      few = 1000, many = 9000 },
    { name = "decode tickets", group = decode_group(folder .. "/tickets-http/1.json"),
      client = "decode_ours", few = 20, many = 120 },
    { name = "decode tokens", group = decode_group(folder .. "/tokens-http/1.json"),
      client = "decode_ours", few = 100, many = 900 },
  }
end

---@param setup bench.Setup
---@param operation table one of instructions.operations
---@return table<string, number> each
function instructions.count(setup, operation)
  local each, problem = callgrind.each(setup, operation.group, clients.by_name[operation.client],
    operation.few, operation.many)
  if not each then error(operation.name .. ": " .. problem, 0) end
  return each
end

---The floor and the module beside it: what a request takes over each transport.
---@param setup bench.Setup
---@param results bench.Results
function instructions.compare(setup, results)
  for _, work in ipairs { "get", "post" } do
    for _, transport in ipairs { "plain", "tls", "h2" } do
      for _, name in ipairs { "floor", "ours" } do
        local each = instructions.count(setup, {
          name = work, group = group_of(work, transport), client = name, few = 100, many = 400,
        })
        results:add(("instructions/%s/%s"):format(work, transport), name, each)
      end
    end
  end
end

---Whether cost grows straight: what a record takes early and late in a long list, and a request of
---one instance and of one among many.
---@param setup bench.Setup
---@param results bench.Results
---@param size bench.Size
function instructions.growth(setup, results, size)
  local steps = { size.records // 100, size.records // 10, size.records }
  for index, name in ipairs { "few", "many" } do
    results:add("growth/records", name, instructions.count(setup, {
      name = "records", group = group_of("stream", "plain"), client = "ours",
      few = steps[index], many = steps[index + 1],
    }))
  end
  for name, instances in pairs { few = 1, many = size.instances } do
    results:add("growth/instances", name, instructions.count(setup, {
      name = "instances", group = group_of("bare_turns", "plain", instances), client = "ours",
      few = 1000, many = 2000,
    }))
  end
end

return instructions
