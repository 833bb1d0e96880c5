-- results: what was measured: samples by group ("get/plain"), client ("ours") and round. A pure
-- table with questions to ask.

local stats = require "bench.lib.stats"

local results = {}

---@class bench.Results
---@field groups table<string, table<string, table[]>>
---@field reasons table<string, string> why a client is absent
local Results = {}
Results.__index = Results

---@return bench.Results
function results.new()
  return setmetatable({ groups = {}, reasons = {} }, Results)
end

---@param group string
---@param client string
---@param sample table<string, number>
function Results:add(group, client, sample)
  local clients = self.groups[group] or {}
  self.groups[group] = clients
  clients[client] = clients[client] or {}
  table.insert(clients[client], sample)
end

---@param group string
---@param client string
---@param field string
---@return number[] values in the order of the rounds
function Results:values(group, client, field)
  local list = {}
  for _, sample in ipairs((self.groups[group] or {})[client] or {}) do
    list[#list + 1] = sample[field]
  end
  return list
end

---@param group string
---@param client string
---@param field string
---@return bench.Summary|nil
function Results:summary(group, client, field)
  return stats.summary(self:values(group, client, field))
end

---@param group string
---@param client string
---@param field string
---@return number|nil
function Results:median(group, client, field)
  local summary = self:summary(group, client, field)
  return summary and summary.median
end

---@param group string
---@param client string
---@param other string
---@param field string
---@return bench.Summary|nil
function Results:ratio(group, client, other, field)
  return stats.summary(stats.ratios(self:values(group, client, field),
    self:values(group, other, field)))
end

return results
