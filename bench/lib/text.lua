-- text: numbers as people read them, and Markdown tables. Pure functions.

local text = {}

---Three significant digits, without an exponent.
---@param value number
---@return string
function text.number(value)
  if value == 0 then return "0" end
  local digits = math.max(0, 2 - math.floor(math.log(math.abs(value), 10)))
  return ("%." .. digits .. "f"):format(value)
end

local UNITS = { { 1, "s" }, { 1e-3, "ms" }, { 1e-6, "µs" } }

---@param seconds number
---@return string "44.1 µs"
function text.seconds(seconds)
  for _, unit in ipairs(UNITS) do
    if seconds >= unit[1] then return text.number(seconds / unit[1]) .. " " .. unit[2] end
  end
  return text.number(seconds / 1e-6) .. " µs"
end

---@param value number
---@return string "1.07×"
function text.ratio(value)
  return (value < 10 and "%.2f×" or "%.1f×"):format(value)
end

---@param header string[]
---@param rows string[][]
---@return string a Markdown table; all columns but the first are set to the right
function text.table(header, rows)
  local lines = { "| " .. table.concat(header, " | ") .. " |" }
  lines[2] = "|---|" .. ("---:|"):rep(#header - 1)
  for _, row in ipairs(rows) do lines[#lines + 1] = "| " .. table.concat(row, " | ") .. " |" end
  return table.concat(lines, "\n") .. "\n"
end

return text
