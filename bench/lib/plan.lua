-- plan: what is measured, how often and with whom. Data; counts are for the fastest clients.

local plan = {}

---@class bench.Group
---@field id string "get/plain"
---@field work string what the client is told to do
---@field server string|nil which of the servers; none for decoding
---@field transport "plain"|"tls"|"h2"|nil
---@field count integer
---@field in_flight integer|nil
---@field rounds integer
---@field clients string[]
---@field exact boolean|nil every client does `count`
---@field default_trust boolean|nil
---@field file string|nil

---@class bench.Size
---@field rounds integer of what a bar depends on
---@field few integer rounds of the rest
---@field scale number of the counts
---@field pages integer of the walk
---@field records integer of the long lists
---@field instances integer

---@type table<"full"|"quick", bench.Size>
plan.SIZES = {
  full = { rounds = 11, few = 3, scale = 1, pages = 1000, records = 100000, instances = 1000 },
  quick = { rounds = 1, few = 1, scale = 0.05, pages = 20, records = 2000, instances = 100 },
}

local TRANSPORTS = { "plain", "tls", "h2" }
local ALL = {
  "floor", "ours", "luacurl", "luasocket", "undici", "node_zendesk", "requests", "curl",
}
local PAGE = {
  "floor", "ours", "c_cjson", "luacurl", "luasocket", "undici", "node_zendesk", "requests", "curl",
}
local WALK = { "floor", "ours", "c_cjson", "node_zendesk" }
local CREATE = { "floor", "ours", "undici", "node_zendesk" }

plan.IN_FLIGHT = { 1, 8, 32, 100 }
plan.CREATIONS = 2000
plan.RECORDS = { 100, 1000, 10000, 100000 }
plan.INSTANCES = { 1, 10, 100, 1000 }

local function calls(groups, size)
  local function count(full) return math.ceil(full * size.scale) end
  for _, transport in ipairs(TRANSPORTS) do
    for _, work in ipairs { "get", "post" } do
      groups[#groups + 1] = {
        id = work .. "/" .. transport, work = work, server = transport, transport = transport,
        count = count(1600), rounds = size.rounds, clients = ALL,
      }
    end
    groups[#groups + 1] = {
      id = "page/" .. transport, work = "page", server = transport, transport = transport,
      count = count(200), rounds = size.rounds, clients = PAGE,
    }
  end
end

-- Those that follow pages by hand are given a tenth: the time of a page is what is compared.
local function walks(groups, size)
  for _, transport in ipairs { "plain", "tls" } do
    groups[#groups + 1] = {
      id = "walk/" .. transport, work = "walk", server = transport, transport = transport,
      count = size.pages, exact = true, rounds = size.rounds, clients = WALK,
    }
    groups[#groups + 1] = {
      id = "short_walk/" .. transport, work = "walk", server = transport, transport = transport,
      count = size.pages // 10, exact = true, rounds = size.few,
      clients = { "ours", "luacurl", "luasocket", "undici", "requests" },
    }
  end
end

-- Every level but the highest takes a part of the creations; what counts is the time of each.
local function creations(groups, size)
  for _, transport in ipairs(TRANSPORTS) do
    for _, in_flight in ipairs(plan.IN_FLIGHT) do
      local most = in_flight == 100
      groups[#groups + 1] = {
        id = ("create%d/%s"):format(in_flight, transport), work = "create",
        server = "slow_" .. transport, transport = transport, in_flight = in_flight,
        count = math.ceil(in_flight * (most and 20 or 10) * (size.scale < 1 and 0.2 or 1)),
        exact = true,
        rounds = most and size.rounds or size.few, clients = CREATE,
      }
    end
  end
end

local function starts(groups, size)
  for _, transport in ipairs { "plain", "tls" } do
    groups[#groups + 1] = {
      id = "cold/" .. transport, work = "cold", server = transport, transport = transport,
      count = size.rounds > 1 and 3 or 1, exact = true, rounds = size.rounds,
      default_trust = transport == "tls", clients = ALL,
    }
  end
  for _, server in ipairs { "fresh", "resumed" } do
    groups[#groups + 1] = {
      id = "connect/" .. server, work = "get", server = server, transport = "tls",
      count = math.ceil(200 * size.scale), exact = true, rounds = size.rounds,
      default_trust = true, clients = { "ours" },
    }
  end
end

local function memory(groups, size)
  local many = size.instances
  local held = { idle = many, connected = math.min(many, 100), crowd = many, dropped = many }
  local servers = { connected = "held", crowd = many > 100 and "crowded" or "held" }
  for name, count in pairs(held) do
    groups[#groups + 1] = {
      id = "memory/" .. name, work = servers[name] and "connected" or name, transport = "tls",
      server = servers[name] or "tls", count = count, exact = true,
      rounds = name == "crowd" and 1 or size.few, -- its descriptors do not vary
      default_trust = true, clients = { "ours_memory" },
    }
  end
  for _, work in ipairs { "stream", "keep" } do
    groups[#groups + 1] = {
      id = "tokens/" .. work, work = work, server = "plain", transport = "plain",
      count = size.records, exact = true, rounds = size.few, clients = { "ours" },
    }
  end
  groups[#groups + 1] = {
    id = "mixed/plain", work = "mixed", server = "plain", transport = "plain", count = 1000,
    exact = true, rounds = 1, clients = { "ours" },
  }
end

-- The same number of records and of requests in all of them.
local function growth(groups, size)
  for _, records in ipairs(plan.RECORDS) do
    if records <= size.records then
      groups[#groups + 1] = {
        id = "records/" .. records, work = "stream", server = "plain", transport = "plain",
        count = records, in_flight = math.max(1, size.records // 5 // records), exact = true,
        rounds = size.few, clients = { "ours" },
      }
    end
  end
  for _, instances in ipairs(plan.INSTANCES) do
    if instances <= size.instances then
      groups[#groups + 1] = {
        id = "instances/" .. instances, work = "turns", server = "plain", transport = "plain",
        count = math.ceil(5000 * size.scale), in_flight = instances, exact = true,
        rounds = size.few, clients = { "ours" },
      }
    end
  end
end

local function decoding(groups, size, files)
  for _, name in ipairs { "page", "tokens" } do
    groups[#groups + 1] = {
      id = "decode/" .. name, work = "decode", file = files[name],
      count = math.ceil((name == "page" and 300 or 3000) * size.scale), exact = true,
      rounds = size.rounds, clients = { "decode_ours", "decode_cjson", "decode_v8" },
    }
  end
end

---@param size bench.Size
---@param files { page: string, tokens: string } documents for decoding alone
---@return bench.Group[]
function plan.groups(size, files)
  local groups = {}
  decoding(groups, size, files)
  calls(groups, size)
  walks(groups, size)
  creations(groups, size)
  starts(groups, size)
  memory(groups, size)
  growth(groups, size)
  return groups
end

return plan
