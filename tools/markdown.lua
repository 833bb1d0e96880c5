-- What the tools and specs need to know of a Markdown page: its headings with the anchors that
-- GitHub gives them, its links, and nothing of what stands in code.

local markdown = {}

-- As GitHub does it: lower case, no punctuation but hyphens and underscores, spaces to hyphens.
local function slug_of(title)
  local plain = title:gsub("%[(.-)%]%(.-%)", "%1"):lower()
  return (plain:gsub("[^%w%s%-_\128-\255]", ""):gsub("%s", "-"))
end

-- Calls `visit(line, number)` for each line outside of fenced code.
local function each_line(path, visit)
  local fenced, number = false, 0
  for line in io.lines(path) do
    number = number + 1
    if line:find "^%s*```" then
      fenced = not fenced
    elseif not fenced then
      visit(line, number)
    end
  end
end

---The headings of a page, in order.
---@param path string
---@return { line: integer, level: integer, title: string, anchor: string }[]
function markdown.headings(path)
  local list, seen = {}, {}
  each_line(path, function(line, number)
    local marks, title = line:match "^(#+)%s+(.-)%s*$"
    if not marks then return end
    local slug = slug_of(title)
    local anchor = seen[slug] and ("%s-%d"):format(slug, seen[slug]) or slug
    seen[slug] = (seen[slug] or 0) + 1
    list[#list + 1] = { line = number, level = #marks, title = title, anchor = anchor }
  end)
  return list
end

---The anchor that a heading of this title has, where no other one is called the same.
---@param title string
---@return string
function markdown.anchor(title)
  return slug_of(title)
end

---The targets of links and pictures, in order.
---@param path string
---@return { line: integer, target: string }[]
function markdown.links(path)
  local list = {}
  each_line(path, function(line, number)
    local text = line:gsub("`[^`]*`", "")
    for target in text:gmatch "%]%(([^%s%)]+)[^%)]*%)" do
      list[#list + 1] = { line = number, target = target }
    end
    for target in text:gmatch '<%a[^>]-%s[sh][rf]c?e?f?="([^"]+)"' do
      list[#list + 1] = { line = number, target = target }
    end
  end)
  return list
end

return markdown
