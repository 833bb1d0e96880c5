-- Finds out how a program can have libcurl inside:
--   CC=cc LDFLAGS= EMBED_CURL= EMBED_SHARED= lua5.4 tools/link_curl.lua FOLDER
-- libcurl.a is taken where there is one, and of what it asks for each archive with which a trial
-- program links; the rest is shared. Without libcurl.a, or with EMBED_CURL=shared, libcurl is
-- shared as well.
-- EMBED_SHARED="rtmp idn2" names libraries that stay shared in any case.
-- Writes FOLDER/curl.libs, the end of a linker's command line, and FOLDER/curl.linked, how each
-- library is linked; prints the latter.

local folder = assert(arg[1], "usage: link_curl.lua FOLDER")

local function environment(name, default)
  local value = os.getenv(name)
  return value and value ~= "" and value or default
end

local CC = environment("CC", "cc") .. " " .. environment("LDFLAGS", "")
local LOG = folder .. "/curl.log"

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local function write(name, text)
  local file <close> = assert(io.open(folder .. "/" .. name, "w"))
  assert(file:write(text, "\n"))
end

-- What a command prints, nil where it fails.
local function output(command, ...)
  local pipe = assert(io.popen(command:format(...) .. " 2>/dev/null"))
  local text = pipe:read "a"
  return pipe:close() and text or nil
end

local function pkg_config(options, names)
  return output("%s %s %s", environment("PKG_CONFIG", "pkg-config"), options, names)
end

local function finish(libraries, ...)
  local linked = table.concat({ ... }, "\n")
  write("curl.libs", libraries)
  write("curl.linked", linked)
  print("  " .. linked:gsub("\n", "\n  "))
  os.exit(true, true)
end

local function share(why)
  local libraries = pkg_config("--libs", "libcurl libcrypto") or "-lcurl -lcrypto"
  finish((libraries:gsub("%s+$", "")), "libcurl is linked shared: " .. why)
end

if os.getenv "EMBED_CURL" == "shared" then share "EMBED_CURL=shared" end
local wanted = pkg_config("--static --libs", "libcurl libcrypto")
if not wanted then share "pkg-config does not know libcurl and libcrypto" end

local folders = {}
for path in (" " .. wanted):gmatch "%s%-L(%S+)" do folders[#folders + 1] = path end

local function is_file(path)
  local file <close> = io.open(path)
  return file ~= nil
end

-- Compilers print the name alone where they know no such file.
local function archive(name)
  local file = "lib" .. name .. ".a"
  for _, path in ipairs(folders) do
    if is_file(path .. "/" .. file) then return path .. "/" .. file end
  end
  return (output("%s -print-file-name=%s", CC, file) or ""):match "^(.*/.*)\n"
end

if not archive "curl" then share "there is no libcurl.a" end

-- Every protocol of libcurl hangs on these functions, and with them all that it is linked with.
write("curl_trial.c", [[
int curl_global_init(long flags);
void *curl_multi_init(void);
int EVP_DigestInit(void *context, const void *type);
int main(void) {
  return curl_global_init(3) || !curl_multi_init() || !EVP_DigestInit(0, 0);
}]])

-- The names behind -l; of repeated ones the last place counts, as linkers want archives.
local function names_in(flags)
  local all, names, seen = {}, {}, {}
  for name in (" " .. flags):gmatch "%s%-l(%S+)" do all[#all + 1] = name end
  for place = #all, 1, -1 do
    if not seen[all[place]] then table.insert(names, 1, all[place]) end
    seen[all[place]] = true
  end
  return names, seen
end

local names, asked_for = names_in(wanted) -- in the order of the command line
local static, considered, absent = {}, {}, {}
-- Parts of the C library and of the compiler are no business of this.
local kept_shared = " atomic c dl m pthread rt " .. environment("EMBED_SHARED", "") .. " "

-- Takes the archives of the names that are new.
local function consider()
  for _, name in ipairs(names) do
    if not considered[name] and not kept_shared:find(" " .. name .. " ", 1, true) then
      static[name] = archive(name)
    end
    considered[name] = true
  end
end

-- Archives stand there twice, since each may ask for one that stands before it.
local function command_line()
  local words = { "-pthread" }
  for _, path in ipairs(folders) do words[#words + 1] = "-L" .. path end
  for _, name in ipairs(names) do words[#words + 1] = static[name] end
  for _, name in ipairs(names) do
    if not absent[name] then words[#words + 1] = static[name] or "-l" .. name end
  end
  return table.concat(words, " ")
end

local function links()
  return (os.execute(("%s -o %s %s %s >%s 2>&1"):format(CC, quote(folder .. "/curl_trial"),
    quote(folder .. "/curl_trial.c"), command_line(), quote(LOG))))
end

-- What an archive asks for in turn. Its pkg-config file has its name, or that with lib before it.
local flags, expanded = wanted, {}
local function expand(name)
  expanded[name] = pkg_config("--static --libs", "lib" .. name)
    or pkg_config("--static --libs", name) or ""
  flags = flags .. " " .. expanded[name]
  names = names_in(flags)
  consider()
end

local doubtful = {} -- came in for the sake of an archive that was given up

local function give_up(name)
  static[name] = nil
  for _, other in ipairs((names_in(expanded[name]))) do doubtful[other] = true end
end

-- Mends the command line by what the linker says. An archive with an undefined symbol gets what it
-- asks for, and is shared if that was no help.
local function mend(log)
  local mended = false
  for name in log:gmatch "find[^\n]-%-l([%w_.+-]+)" do
    if asked_for[name] or absent[name] then return false end
    absent[name], mended = true, true
  end
  if mended then return true end
  local blamed = {}
  for name in log:gmatch "lib([%w_.+-]-)%.a[%s:(]" do blamed[name] = static[name] end
  blamed.curl = nil
  if not next(blamed) then return false end
  for _, name in ipairs(names) do
    if blamed[name] then (expanded[name] and give_up or expand)(name) end
  end
  return true
end

consider()
while not links() do
  local log = assert(io.open(LOG)):read "a"
  if not mend(log) then
    share("libcurl.a cannot be linked: "
      .. (log:match "[^\n]*find[^\n]*" or log:match "[^\n]*undefined[^\n]*" or log))
  end
end

-- What came in and is not needed in the end is left out again.
for place = #names, 1, -1 do
  local name = names[place]
  if doubtful[name] and not asked_for[name] or not static[name] then
    table.remove(names, place)
    if not absent[name] and not links() then table.insert(names, place, name) end
  end
end

local archives, shared = {}, {}
for _, name in ipairs(names) do table.insert(static[name] and archives or shared, name) end
for _, name in ipairs { "curl_trial", "curl_trial.c", "curl.log" } do
  os.remove(folder .. "/" .. name)
end
finish(command_line(), "libcurl is linked statically",
  "  archives: " .. table.concat(archives, " "), "  shared: " .. table.concat(shared, " "))
