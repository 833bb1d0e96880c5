-- Makes docs/reference/ of the annotations: one page for each entry of tools/public_names.lua. The
-- same sources give the same bytes.
--
--   lua5.4 tools/docgen.lua --write      writes the pages, and removes those that have no entry
--   lua5.4 tools/docgen.lua --check      exits 1 and says which pages differ from what comes out

local annotations = require "tools.annotations"
local examples = require "tools.examples"
local markdown = require "tools.markdown"
local public = require "tools.public_names"
local types = require "tools.annotation_types"
local words = require "tools.doc_words"

local FOLDER = "docs/reference/"
local NOTE = "<!-- Made by `make docs` from the annotations in lua/zendesk/: edit those. -->\n"

-- ---------------------------------------------------------------------------------------------
-- Where a type is described

local function sorted_keys(list, keep)
  local names = {}
  for name, value in pairs(list) do
    if not keep or keep(value) then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

-- Every type that the public fields and functions of a class mention.
local function mentioned(index, class)
  local names = {}
  local function note(text)
    for _, name in ipairs(types.names(text)) do names[#names + 1] = name end
  end
  local fields, functions = annotations.members(index, class)
  for _, name in ipairs(sorted_keys(fields)) do note(fields[name].type) end
  for _, name in ipairs(sorted_keys(functions)) do
    local entry = functions[name]
    for _, value in ipairs(entry.hidden and {} or entry.params) do note(value.type) end
    for _, value in ipairs(entry.hidden and {} or entry.returns) do note(value.type) end
  end
  return names
end

-- A type that has no part of a page of its own goes to the first page that mentions it.
local function place_types(index)
  local places, shapes = {}, {}
  for _, page in ipairs(public) do
    for number, part in ipairs(page) do
      places[part.class] = {
        page = page.page, anchor = number > 1 and markdown.anchor(part.title) or nil,
      }
    end
  end
  for _, page in ipairs(public) do
    for _, name in ipairs(page.shapes or {}) do
      places[name] = { page = page.page, anchor = markdown.anchor(name) }
    end
  end
  for _, page in ipairs(public) do
    local open, list = {}, table.move(page.shapes or {}, 1, #(page.shapes or {}), 1, {})
    for _, part in ipairs(page) do open[#open + 1] = part.class end
    while #open > 0 do
      for _, name in ipairs(mentioned(index, table.remove(open, 1))) do
        if not places[name] and index.classes[name] then
          places[name] = { page = page.page, anchor = markdown.anchor(name) }
          list[#list + 1], open[#open + 1] = name, name
        elseif not places[name] and index.aliases[name] then
          places[name] = { page = page.page, anchor = markdown.anchor(name) }
          list[#list + 1] = name
        end
      end
    end
    table.sort(list)
    shapes[page.page] = list
  end
  return places, shapes
end

-- ---------------------------------------------------------------------------------------------
-- Functions

local function without_self(params)
  local list = {}
  for _, param in ipairs(params) do
    if param.name ~= "self" then list[#list + 1] = param end
  end
  return list
end

local function signature(call, entry)
  local names, results = {}, {}
  for _, param in ipairs(without_self(entry.params)) do
    names[#names + 1] = param.name .. (words.is_optional(param) and "?" or "")
  end
  for place, value in ipairs(entry.returns) do
    local first = types.alternatives(value.type)[1] or "nil"
    results[place] = value.name or first:match "([%w_]+)[%[%]]*$" or first
    if not value.name and first:find "^zendesk" then
      results[place] = first:find "Error" and "err" or results[place]:lower()
    end
  end
  local text = ("%s%s(%s)"):format(call, entry.name, table.concat(names, ", "))
  if #results > 0 then text = text .. " → " .. table.concat(results, ", ") end
  return "`" .. text .. "`"
end

local function returns_of(entry, page, places)
  local lines = { "Returns\n\n" }
  for place, value in ipairs(entry.returns) do
    local text = words.type(value.type, page, places)
    if value.name then text = ("`%s`: %s"):format(value.name, text) end
    if words.is_optional(value) and text ~= "`nil`" then text = text .. " or `nil`" end
    if value.text ~= "" then text = text .. "; " .. value.text end
    lines[#lines + 1] = ("%d. %s\n"):format(place, text)
  end
  return table.concat(lines)
end

local function example_of(list, part, name)
  local example = examples.find(list, part, name)
  if not example then return nil end
  local target = example.path:find "^docs/" and example.path:gsub("^docs/", "../")
    or "../../" .. example.path
  if example.anchor then target = target .. "#" .. example.anchor end
  return ("Example: [%s](%s)\n"):format(example.title:gsub("`", ""), target)
end

local function function_section(state, part, entry)
  local name = part.call .. entry.name
  local parts = { ("### %s\n"):format(name), signature(part.call, entry) .. "\n" }
  if entry.text ~= "" then parts[#parts + 1] = entry.text .. "\n" end
  local params = without_self(entry.params)
  if #params > 0 then
    parts[#parts + 1] = words.table(params, state.page, state.places, "parameter")
  end
  if #entry.returns > 0 then
    parts[#parts + 1] = returns_of(entry, state.page, state.places)
  end
  parts[#parts + 1] = example_of(state.examples, part, entry.name)
  return table.concat(parts, "\n")
end

-- ---------------------------------------------------------------------------------------------
-- Classes

-- As they stand in the source: an author's order says something.
local function in_order(index, class, house)
  local fields, functions = annotations.members(index, class)
  local shown, seen, calls = {}, {}, {}
  local function visit(name)
    local found = index.classes[name]
    for _, field in ipairs(found.fields) do
      local is_shown = not field.hidden and not seen[field.name] and not functions[field.name]
      if is_shown then shown[#shown + 1] = fields[field.name] end
      seen[field.name] = true
    end
    for _, key in ipairs(found.order) do
      local entry = functions[key]
      local is_shown = entry and not entry.hidden and not seen[key] and not (house or {})[key]
      if is_shown then calls[#calls + 1] = entry end
      seen[key] = true
    end
    for _, parent in ipairs(found.parents) do
      if index.classes[parent] then visit(parent) end
    end
  end
  visit(class)
  return shown, calls
end

local function summary_of(part, calls)
  if #calls < 2 then return nil end
  local lines = { "| function | what it does |\n|---|---|\n" }
  for _, entry in ipairs(calls) do
    local name = part.call .. entry.name
    lines[#lines + 1] = ("| [`%s`](#%s) | %s |\n"):format(name, markdown.anchor(name),
      words.escape(words.first_sentence(entry.text)))
  end
  return table.concat(lines)
end

-- The functions of a module that some part of the page describes in full.
local function described(index, page, call)
  local names = {}
  for _, part in ipairs(page) do
    local _, functions = annotations.members(index, part.class)
    for name in pairs(part.call == call and functions or {}) do names[name] = true end
  end
  return names
end

local function part_section(state, part, page)
  local class = state.index.classes[part.class]
  local parts = {}
  if part ~= page[1] then parts[1] = ("## %s\n"):format(part.title) end
  if class.text ~= "" then parts[#parts + 1] = class.text .. "\n" end
  local fields, calls = in_order(state.index, part.class, part.house)
  local plain, known = {}, described(state.index, page, part.call)
  for _, field in ipairs(fields) do
    if not known[field.name] then plain[#plain + 1] = field end
  end
  parts[#parts + 1] = summary_of(part, calls)
  if #plain > 0 then parts[#parts + 1] = words.table(plain, state.page, state.places, "field") end
  for _, entry in ipairs(calls) do
    parts[#parts + 1] = function_section(state, part, entry)
  end
  return table.concat(parts, "\n")
end

local function alias_section(state, name)
  local alias = state.index.aliases[name]
  local parts = { ("### %s\n"):format(name) }
  if alias.text ~= "" then parts[#parts + 1] = alias.text .. "\n" end
  if alias.type ~= "" then parts[#parts + 1] = "`" .. alias.type .. "`\n" end
  local lines = {}
  for _, choice in ipairs(alias.choices) do
    lines[#lines + 1] = ("- `%s`%s\n"):format(choice.type,
      choice.text ~= "" and ": " .. choice.text or "")
  end
  parts[#parts + 1] = #lines > 0 and table.concat(lines) or nil
  return table.concat(parts, "\n")
end

local function shape_section(state, name)
  if state.index.aliases[name] then return alias_section(state, name) end
  local parts = { ("### %s\n"):format(name) }
  local class = state.index.classes[name]
  if class.text ~= "" then parts[#parts + 1] = class.text .. "\n" end
  local fields, calls = in_order(state.index, name)
  if #fields > 0 then parts[#parts + 1] = words.table(fields, state.page, state.places, "field") end
  local lines = {}
  for _, entry in ipairs(calls) do
    lines[#lines + 1] = ("- %s%s\n"):format(signature(":", entry),
      entry.text ~= "" and ": " .. entry.text:gsub("\n", " ") or "")
  end
  parts[#parts + 1] = #lines > 0 and table.concat(lines) or nil
  return table.concat(parts, "\n")
end

-- ---------------------------------------------------------------------------------------------
-- Pages

local function page_text(state, page, shapes)
  state.page = page.page
  local parts = { "# " .. page.title .. "\n", NOTE, page.intro .. "\n" }
  for _, part in ipairs(page) do parts[#parts + 1] = part_section(state, part, page) end
  if #shapes > 0 then parts[#parts + 1] = "## Shapes\n" end
  for _, name in ipairs(shapes) do parts[#parts + 1] = shape_section(state, name) end
  return table.concat(parts, "\n")
end

local function contents()
  local lines = {
    "# Reference\n", NOTE,
    "What every public function takes and gives, from the annotations that editors read, too.\n",
    "| page | |\n|---|---|",
  }
  for _, page in ipairs(public) do
    lines[#lines + 1] = ("| [%s](%s.md) | %s |"):format(page.title, page.page,
      (page.intro:gsub("%.%./", "../")))
  end
  lines[#lines + 1] = "\n`zendesk.core`, the C module, is no public interface: its stubs are "
    .. "`lua/zendesk/_meta/core.lua`.\n"
  return table.concat(lines, "\n")
end

local function all_pages()
  local index = annotations.read_tree "lua/zendesk"
  local places, shapes = place_types(index)
  local state = { index = index, places = places, examples = examples.all(), page = nil }
  local pages = { ["README.md"] = contents() }
  for _, page in ipairs(public) do
    pages[page.page .. ".md"] = page_text(state, page, shapes[page.page])
  end
  return pages
end

local function read(path)
  local file <close> = io.open(path, "rb")
  return file and file:read "a"
end

-- Pages on the disk that nothing makes any more.
local function leftovers(pages)
  local list, pipe <close> = {}, assert(io.popen("ls " .. FOLDER .. "*.md 2>/dev/null"))
  for path in pipe:lines() do
    if not pages[path:sub(#FOLDER + 1)] then list[#list + 1] = path end
  end
  return list
end

local function write(pages)
  assert(os.execute("mkdir -p " .. FOLDER))
  for _, path in ipairs(leftovers(pages)) do assert(os.remove(path)) end
  for name, text in pairs(pages) do
    if read(FOLDER .. name) ~= text then
      local file <close> = assert(io.open(FOLDER .. name, "wb"))
      assert(file:write(text))
    end
  end
  return true
end

local function check(pages)
  local stale = leftovers(pages)
  for _, name in ipairs(sorted_keys(pages)) do
    if read(FOLDER .. name) ~= pages[name] then stale[#stale + 1] = FOLDER .. name end
  end
  if #stale == 0 then return true end
  print("not up to date, `make docs` writes them: " .. table.concat(stale, " "))
  return false
end

local DO = { ["--write"] = write, ["--check"] = check }
local act = assert(DO[arg[1]], "usage: docgen.lua --write|--check")
os.exit(act(all_pages()), true)
