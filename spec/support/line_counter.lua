-- Counts which lines of lua/ run, in every Lua process of a `make coverage`: tools/coverage names
-- this file in LUA_INIT_5_4, so that the scripts and servers that specs start are counted too. Each
-- process writes one file of "path line" pairs into $ZENDESK_COVERAGE when it ends;
-- tools/coverage.lua reads them.

local directory = os.getenv "ZENDESK_COVERAGE"
local root = debug.getinfo(1, "S").source:match "^@(.*)/spec/support/line_counter%.lua$"
local hooks = dofile(root .. "/spec/support/hooks.lua")
local prefix = "@" .. root .. "/lua/"

local counted = {} -- path below lua/ → set of lines
local lines_by_source = {} -- source as the debug library names it → its set of lines, or false

local function lines_of(source)
  local lines = lines_by_source[source]
  if lines == nil then
    lines = source:sub(1, #prefix) == prefix and {}
    lines_by_source[source] = lines
    if lines then counted[source:sub(#prefix + 1)] = lines end
  end
  return lines
end

-- The same by function: asking for the function alone is what a hook can afford.
local lines_by_function = setmetatable({}, { __mode = "k" })

local function on_line(_, line)
  local f = debug.getinfo(2, "f").func
  local lines = lines_by_function[f]
  if lines == nil then
    lines = lines_of(debug.getinfo(f, "S").source)
    lines_by_function[f] = lines
  end
  if lines then lines[line] = true end
end

local function write_counts()
  if not next(counted) then return end
  local pipe = assert(io.popen(("mktemp '%s/XXXXXXXX' 2>/dev/null"):format(directory), "r"))
  local path = pipe:read "l"
  pipe:close()
  local file = path and io.open(path, "w")
  if not file then return end -- a process of another user, or one without descriptors left
  for source, lines in pairs(counted) do
    for line in pairs(lines) do file:write(source, "\t", line, "\n") end
  end
  file:close()
  counted = {}
end

-- A state that is closed runs this finaliser; os.exit need not close it.
_G[{}] = setmetatable({}, { __gc = write_counts })
local exit = os.exit
os.exit = function(...) -- luacheck: ignore 122 (the point is to replace it)
  write_counts()
  exit(...)
end

hooks.everywhere(on_line, "l")
