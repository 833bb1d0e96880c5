-- Every link of every page leads somewhere: to a file of the tree, and to a heading that is there.

local markdown = require "tools.markdown"

local function pages()
  local list, pipe <close> = {}, assert(io.popen(
    "find . -name '*.md' -not -path './build/*' -not -path '*/node_modules/*' | sort"))
  for path in pipe:lines() do list[#list + 1] = path:sub(3) end
  return list
end

-- "docs/reference/../lists.md" → "docs/lists.md"
local function normal(path)
  local parts = {}
  for part in path:gmatch "[^/]+" do
    if part == ".." then table.remove(parts) elseif part ~= "." then parts[#parts + 1] = part end
  end
  return table.concat(parts, "/")
end

local function exists(path)
  local file <close> = io.open(path) -- opens folders, too
  return file ~= nil
end

local function has_anchor(path, anchor)
  for _, heading in ipairs(markdown.headings(path)) do
    if heading.anchor == anchor then return true end
  end
  return false
end

-- What is wrong with a link; nil for a good one.
local function fault_of(page, target)
  if target:find "^%a[%w+.-]*:" then return nil end -- another site
  local file, anchor = target:match "^([^#]*)#?(.*)$"
  local folder = page:match "^(.*/)" or ""
  local path = file == "" and page or normal(folder .. file)
  if not exists(path) then return "no file " .. path end
  if anchor ~= "" and not has_anchor(path, anchor) then return "no heading #" .. anchor end
  return nil
end

describe("the links of", function()
  for _, page in ipairs(pages()) do
    it(page .. " lead somewhere", function()
      local faults = {}
      for _, link in ipairs(markdown.links(page)) do
        local fault = fault_of(page, link.target)
        if fault then
          faults[#faults + 1] = ("line %d: %s: %s"):format(link.line, link.target, fault)
        end
      end
      assert.same({}, faults)
    end)
  end
end)
