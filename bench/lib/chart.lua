-- chart: bars as an SVG image, one section of bars below the other. A pure function; the file uses
-- the reader's own fonts and is legible on light and on dark pages.

local chart = {}

local WIDTH, LABEL, VALUE = 760, 190, 110
local BAR, GAP, HEAD, MARGIN = 16, 6, 34, 16

local ESCAPES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

local function escape(words)
  return (words:gsub('[&<>"]', ESCAPES))
end

local function largest(bars)
  local most = 0
  for _, bar in ipairs(bars) do most = math.max(most, bar.value) end
  return most
end

local function bar_lines(bar, top, most)
  local length = most > 0 and (WIDTH - LABEL - VALUE) * bar.value / most or 0
  local class = bar.strong and "strong" or "plain"
  return {
    ('<text class="label" x="%d" y="%d">%s</text>'):format(LABEL - 8, top + 12, escape(bar.label)),
    ('<rect class="%s" x="%d" y="%d" width="%.1f" height="%d"/>'):format(class, LABEL, top,
      math.max(length, 1), BAR),
    ('<text class="value" x="%.1f" y="%d">%s</text>'):format(LABEL + length + 6, top + 12,
      escape(bar.text)),
  }
end

local HEADER = [[
<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img">
<title>%s</title>
<style>
text { font: 12px sans-serif; fill: #57606a; }
.head { font-weight: bold; fill: #6e7781; }
.label { text-anchor: end; }
.plain { fill: #8c959f; }
.strong { fill: #2f81f7; }
</style>
]]

---@class bench.Bar
---@field label string
---@field value number its length
---@field text string what is written beside it
---@field strong boolean|nil

---@param title string
---@param sections { title: string, bars: bench.Bar[] }[]
---@return string svg
function chart.svg(title, sections)
  local lines, top = {}, MARGIN
  for _, section in ipairs(sections) do
    lines[#lines + 1] = ('<text class="head" x="%d" y="%d">%s</text>'):format(MARGIN, top + 12,
      escape(section.title))
    top = top + HEAD - 10
    local most = largest(section.bars)
    for _, bar in ipairs(section.bars) do
      table.move(bar_lines(bar, top, most), 1, 3, #lines + 1, lines)
      top = top + BAR + GAP
    end
    top = top + HEAD - BAR
  end
  return HEADER:format(WIDTH, top, WIDTH, top, escape(title)) .. table.concat(lines, "\n")
    .. "\n</svg>\n"
end

return chart
