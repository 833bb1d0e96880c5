-- tools/markdown.lua: headings with their anchors, and links.

local markdown = require "tools.markdown"
local process = require "spec.support.process"

local PAGE = [[
# A page, with `code`
## Twice
## Twice
### zd.client:generate_secret
See [one](other.md#there) and `[none](x.md)` and ![a picture](a.svg).
```lua
-- [none](y.md)
# no heading
```
<img src="b.svg" alt="b">
]]

describe("a Markdown page", function()
  local directory, remove, path

  setup(function()
    directory, remove = process.temporary_directory()
    path = directory .. "/page.md"
    process.write_file(path, PAGE)
  end)

  teardown(function() remove() end)

  it("has headings with the anchors that GitHub gives them", function()
    local anchors = {}
    for place, heading in ipairs(markdown.headings(path)) do anchors[place] = heading.anchor end
    assert.same({ "a-page-with-code", "twice", "twice-1", "zdclientgenerate_secret" }, anchors)
  end)

  it("has links and pictures, none of them in code", function()
    local targets = {}
    for place, link in ipairs(markdown.links(path)) do targets[place] = link.target end
    assert.same({ "other.md#there", "a.svg", "b.svg" }, targets)
  end)
end)
