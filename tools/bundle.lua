-- Turns the Lua files of the library into one C array, for programs that carry them along:
--   lua5.4 tools/bundle.lua lua > bundle.c
-- Each entry is the name of a module and its text (examples/embed/bundle.h).

local root = assert(arg[1], "usage: bundle.lua FOLDER")

local ESCAPES = {
  ["\\"] = "\\\\", ['"'] = '\\"', ["\r"] = "\\r", ["\t"] = "\\t",
  ["?"] = "\\?", -- no trigraphs
}

local function literal(line)
  local text = line:gsub('[\\"\r\t?]', ESCAPES):gsub("[^\32-\126]", function(byte)
    return ("\\%03o"):format(byte:byte())
  end)
  return '"' .. text .. '\\n"'
end

local function files_of(folder)
  local quoted = "'" .. folder:gsub("'", "'\\''") .. "'"
  local pipe = assert(io.popen("cd " .. quoted .. " && find zendesk -name '*.lua'"))
  local files = {}
  for path in pipe:lines() do
    if not path:find "/_meta/" then files[#files + 1] = path end
  end
  assert(pipe:close(), "no Lua files")
  table.sort(files)
  return files
end

print "/* Made by tools/bundle.lua. */"
print '#include "bundle.h"'
print "\nconst struct bundle_entry bundle[] = {"
for _, path in ipairs(files_of(root)) do
  local name = path:gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
  local size = 0
  print(("    {\"%s\","):format(name))
  for line in io.lines(root .. "/" .. path) do
    size = size + #line + 1
    print("     " .. literal(line))
  end
  print(("     , %d},"):format(size))
end
print "    {0, 0, 0}};"
