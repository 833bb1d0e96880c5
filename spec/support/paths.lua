-- Lets specs find the modules of this tree and the C module of the build in $ZENDESK_BUILD
-- (build/). busted loads this file before the specs (.busted); scripts may `require` it too.

local function working_directory()
  local pipe = assert(io.popen "pwd")
  local directory = pipe:read "l"
  pipe:close()
  return directory
end

local function absolute(root, path)
  return path:sub(1, 1) == "/" and path or root .. "/" .. path
end

local root = working_directory()
local build = absolute(root, os.getenv "ZENDESK_BUILD" or "build")

local paths = {
  root = root,
  build = build,
  lua_path = ("%s/lua/?.lua;%s/lua/?/init.lua;%s/?.lua;;"):format(root, root, root),
  lua_cpath = ("%s/lib/?.so;;"):format(build),
}

-- Twice is harmless: a second copy of the same folders finds the same files.
package.path = paths.lua_path:gsub(";;", ";") .. package.path
package.cpath = paths.lua_cpath:gsub(";;", ";") .. package.cpath
package.loaded["spec.support.paths"] = paths

-- busted forgets the modules that a spec file has loaded. luv cannot be loaded twice into a state:
-- the loop of the first time is collected with it, and the second one goes on using that loop. What
-- is loaded before the first file stays.
pcall(require, "luv")

return paths
