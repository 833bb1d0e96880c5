-- Turns counts into a report:
--   lua5.4 tools/coverage.lua lua DIRECTORY   line counts written by spec/support/line_counter.lua
--   gcov -b --stdout … | lua5.4 tools/coverage.lua c
-- One row per file (lines, for C branches too) with the lines that never ran below it, their text
-- included; what lacks most comes first, the total last.

local function percent(part, whole) return whole == 0 and 100 or 100 * part / whole end

-- "3-7, 12" from the sorted list {3,4,5,6,7,12}.
local function ranges(lines)
  local parts, index = {}, 1
  while index <= #lines do
    local first = lines[index]
    while lines[index + 1] == lines[index] + 1 do index = index + 1 end
    parts[#parts + 1] = first == lines[index] and tostring(first) or first .. "-" .. lines[index]
    index = index + 1
  end
  return table.concat(parts, ", ")
end

local function add(total, file)
  for key in pairs(total) do total[key] = total[key] + file[key] end
end

local function print_row(title, counts)
  local text = ("%6.2f %% of %5d lines"):format(percent(counts.run, counts.lines), counts.lines)
  if counts.branches > 0 then
    text = text .. ("  %6.2f %% of %5d branches"):format(
      percent(counts.taken, counts.branches), counts.branches)
  end
  print(text .. "  " .. title)
end

-- Lines of a file whose text is shown; a file that never ran at all is not printed in full.
local MOST_SHOWN = 15

local function print_missed(path, missed)
  print("    never ran: " .. ranges(missed))
  local file <close> = io.open(path)
  if not file then return end
  local number, place = 0, 1
  for text in file:lines() do
    number = number + 1
    if missed[place] == number then
      print(("    %6d  %s"):format(number, text))
      place = place + 1
      if place > MOST_SHOWN then break end
    end
  end
end

-- files: name → { lines, run, missed = {…}, branches, taken }; groups: prefixes with a total each,
-- the last of which covers all.
local function print_report(files, groups)
  local names = {}
  for name in pairs(files) do names[#names + 1] = name end
  table.sort(names, function(a, b)
    local left, right = #files[a].missed, #files[b].missed
    if left ~= right then return left > right end
    return a < b
  end)
  for _, name in ipairs(names) do
    print_row(name, files[name])
    if #files[name].missed > 0 then print_missed(name, files[name].missed) end
  end
  for _, prefix in ipairs(groups) do
    local total = { lines = 0, run = 0, branches = 0, taken = 0 }
    for _, name in ipairs(names) do
      if name:sub(1, #prefix) == prefix then add(total, files[name]) end
    end
    print_row(prefix .. " in all", total)
  end
end

-- The lines that hold an instruction, as the compiler lists them. The return that ends every
-- function is left out: it is unreachable behind an explicit one.
local function executable_lines(path)
  local lines, listing = {}, assert(io.popen(("luac5.4 -l -p '%s'"):format(path)))
  for text in listing:lines() do
    local line, instruction = text:match "^%s+%d+%s+%[(%d+)%]%s+(%S+)"
    if line then
      if not instruction:find "^RETURN0?$" and instruction ~= "VARARGPREP" then
        lines[math.tointeger(line)] = true
      end
    end
  end
  listing:close()
  return lines
end

local function lua_files(directory)
  local ran = {}
  local counts = assert(io.popen(("cat '%s'/*"):format(directory)))
  for text in counts:lines() do
    local name, line = text:match "^(.-)\t(%d+)$"
    ran[name] = ran[name] or {}
    ran[name][math.tointeger(line)] = true
  end
  counts:close()
  local files = {}
  local list = assert(io.popen "find lua -name '*.lua' ! -path '*/_meta/*'")
  for path in list:lines() do
    local name = path:gsub("^lua/", "")
    local file = { lines = 0, run = 0, missed = {}, branches = 0, taken = 0 }
    for line in pairs(executable_lines(path)) do
      file.lines = file.lines + 1
      if (ran[name] or {})[line] then
        file.run = file.run + 1
      else
        file.missed[#file.missed + 1] = line
      end
    end
    table.sort(file.missed)
    files[path] = file
  end
  list:close()
  return files
end

local function c_files(input)
  local files, file = {}, nil
  for text in input:lines() do
    local source = text:match "^%s+%-:%s+0:Source:(.*)"
    local count, line = text:match "^%s*([^%s:]+):%s*(%d+):"
    local branch = text:match "^branch%s+%d+ (.*)"
    if source then
      file = { lines = 0, run = 0, missed = {}, branches = 0, taken = 0 }
      -- Only what is ours, and not what the preprocessor drew in.
      if source:find "^csrc/" then files[source] = file end
    elseif count and count ~= "-" and line ~= "0" then
      file.lines = file.lines + 1
      if count:find "^[#=]" then
        file.missed[#file.missed + 1] = math.tointeger(line)
      else
        file.run = file.run + 1
      end
    elseif branch then
      file.branches = file.branches + 1
      if not branch:find "never executed" and not branch:find "taken 0%%" then
        file.taken = file.taken + 1
      end
    end
  end
  return files
end

if arg[1] == "lua" then
  print_report(lua_files(arg[2]), { "lua/" })
else
  print_report(c_files(io.stdin), { "csrc/core/", "csrc/bind/", "csrc/" })
end
