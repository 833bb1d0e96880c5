-- Where a public name is used in the guides, the README and the example scripts: the reference
-- links there, and a spec demands that every public name has a place.

local blocks = require "tools.readme_blocks"
local markdown = require "tools.markdown"

local examples = {}

-- In the order in which they are looked through.
local PAGES = {
  "docs/authentication.md", "docs/stores-and-fleets.md", "docs/lists.md",
  "docs/errors-and-retries.md", "docs/concurrency-and-event-loops.md",
  "docs/testing-with-the-sandbox.md", "docs/security.md", "docs/performance.md",
  "docs/embedding.md", "docs/everyday.md", "README.md",
}

local function heading_above(headings, line)
  local found = headings[1]
  for _, heading in ipairs(headings) do
    if heading.line < line then found = heading end
  end
  return found
end

local function add_page(list, path)
  local headings = markdown.headings(path)
  for _, block in ipairs(blocks.read(path)) do
    if block.language == "lua" then
      local heading = heading_above(headings, block.line)
      list[#list + 1] = {
        path = path, title = heading.title, anchor = heading.anchor, text = block.text,
      }
    end
  end
end

local function add_script(list, path)
  local file <close> = assert(io.open(path))
  list[#list + 1] = { path = path, title = path, anchor = nil, text = file:read "a" }
end

---Every example: the code, and where it is.
---@return { path: string, title: string, anchor: string|nil, text: string }[]
function examples.all()
  local list = {}
  for _, path in ipairs(PAGES) do add_page(list, path) end
  local pipe <close> = assert(io.popen "ls examples/*.lua")
  for path in pipe:lines() do add_script(list, path) end
  return list
end

---The first example that uses a name.
---@param list table[] of examples.all
---@param part table an entry of tools/public_names.lua
---@param name string
---@return table|nil example
function examples.find(list, part, name)
  local calls = { part.call, table.unpack(part.also or {}) }
  for _, example in ipairs(list) do
    for _, call in ipairs(calls) do
      local pattern = "%f[%w_]" .. (call .. name):gsub("%p", "%%%0") .. "%f[^%w_]"
      if example.text:find(pattern) then return example end
    end
  end
  return nil
end

return examples
