-- baseline: instruction counts that were written down on purpose, and what has become of them. The
-- file is a list of lines "name: value"; counts belong to the versions they were taken with.

local baseline = {}

baseline.TOLERANCE = 0.03

-- What changes the counts of our own code.
baseline.KEYS = { "compiler", "lua", "processor" }

---@class bench.Baseline
---@field versions table<string, string>
---@field counts table<string, integer>

---@param text string
---@return bench.Baseline
function baseline.read(text)
  local self = { versions = {}, counts = {} }
  for line in text:gmatch "[^\n]+" do
    local name, value = line:match "^([^#:]+): (.+)$"
    local count = value and math.tointeger(tonumber(value))
    if count then self.counts[name] = count
    elseif name then self.versions[name] = value end
  end
  return self
end

---@param versions table<string, string>
---@param counts { name: string, count: number }[] in the order of the file
---@return string
function baseline.write(versions, counts)
  local lines = {
    "# Instructions of one operation in the module and in the Lua VM (callgrind).",
    "# Renewed on purpose only: make bench-instructions RENEW=1",
  }
  for _, key in ipairs(baseline.KEYS) do
    lines[#lines + 1] = ("%s: %s"):format(key, versions[key])
  end
  for _, each in ipairs(counts) do
    lines[#lines + 1] = ("%s: %d"):format(each.name, math.floor(each.count + 0.5))
  end
  return table.concat(lines, "\n") .. "\n"
end

---The first version that is not the baseline's: counts of another compiler say nothing.
---@param self bench.Baseline
---@param versions table<string, string>
---@return string|nil difference
function baseline.difference(self, versions)
  for _, key in ipairs(baseline.KEYS) do
    if self.versions[key] ~= versions[key] then
      return ("%s: %s here, %s in the baseline"):format(key, versions[key] or "none",
        self.versions[key] or "none")
    end
  end
  return nil
end

---@param self bench.Baseline
---@param name string
---@param count number
---@return number|nil change 0.05: five percent more than written down; nil where nothing is
---@return boolean regression
function baseline.compare(self, name, count)
  local before = self.counts[name]
  if not before then return nil, false end
  local change = count / before - 1
  return change, change > baseline.TOLERANCE
end

return baseline
