-- Runs Lua text in a process that can fork, take signals and limit its files: it finds the module
-- of host_process.c under the name `spec_host_process`.
--
--   local host <close> = host_process.build()
--   local output = host:run(script, …)     -- `...` in the script is what is given

local assert = require "luassert"
local paths = require "spec.support.paths"
local process = require "spec.support.process"

local host_process = {}

local Host = {}
Host.__index = Host

---Compiles the module into a folder of its own.
function host_process.build()
  local directory, remove = process.temporary_directory()
  local line = 'exec "${CC:-cc}" -std=c99 -shared -fPIC '
    .. '$(pkg-config --cflags lua5.4 2>/dev/null || pkg-config --cflags lua-5.4 2>/dev/null) '
    .. '-o "$1/spec_host_process.so" spec/support/host_process.c'
  local result = process.run({ "sh", "-c", line, "sh", directory }, { cwd = paths.root })
  assert.equal(0, result.status, result.stderr)
  return setmetatable({ _directory = directory, _remove = remove }, Host)
end

---Runs the script to its end, which must be a good one.
---@param script string
---@param ... string
---@return string output without its last line end
function Host:run(script, ...)
  local result = process.run_lua(script, {
    args = { ... },
    env = { LUA_CPATH = paths.lua_cpath .. ";" .. self._directory .. "/?.so" },
  })
  assert.equal("", result.stderr)
  assert.equal(0, result.status)
  return (result.stdout:gsub("\n$", ""))
end

function Host:close()
  if self._remove then self._remove() end
  self._remove = nil
end

Host.__close = Host.close

return host_process
