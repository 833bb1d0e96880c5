-- stats: medians and what lies around them. Pure functions.

local stats = {}

---The value below which `share` of the values lie, between two of them where need be.
---@param sorted number[]
---@param share number 0 … 1
---@return number
function stats.quantile(sorted, share)
  local place = 1 + (#sorted - 1) * share
  local below = math.floor(place)
  local above = math.min(below + 1, #sorted)
  return sorted[below] + (sorted[above] - sorted[below]) * (place - below)
end

---@class bench.Summary
---@field median number
---@field low number a quarter of the values lies below
---@field high number a quarter lies above
---@field count integer

---@param values number[]
---@return bench.Summary|nil summary nil for no values
function stats.summary(values)
  if #values == 0 then return nil end
  local sorted = table.move(values, 1, #values, 1, {})
  table.sort(sorted)
  return {
    median = stats.quantile(sorted, 0.5), low = stats.quantile(sorted, 0.25),
    high = stats.quantile(sorted, 0.75), count = #sorted,
  }
end

---Round by round, one value over the other: what disturbs a round disturbs both.
---@param values number[]
---@param others number[]
---@return number[]
function stats.ratios(values, others)
  local list = {}
  for index = 1, math.min(#values, #others) do
    if others[index] > 0 then list[#list + 1] = values[index] / others[index] end
  end
  return list
end

return stats
