-- machine: where this was measured, in words that name no host.

local process = require "spec.support.process"

local machine = {}

local function first_line(...)
  local ok, result = pcall(process.run, { ... })
  return ok and result.status == 0 and result.stdout:match "[^\n]+" or nil
end

local function system()
  local release = process.read_file "/etc/os-release" or ""
  local name = release:match 'PRETTY_NAME="([^"]+)"' or "an unknown system"
  return (name:gsub("GNU/Linux ", ""):gsub(" %(%w+%)", ""))
end

---@return integer cores that this process may use
function machine.cores()
  return math.tointeger(tonumber(first_line "nproc")) or 1
end

---The versions that instruction counts depend on.
---@return table<string, string>
function machine.versions()
  local core = require "zendesk.core"
  return {
    compiler = first_line("cc", "--version") or "unknown",
    libcurl = core.versions().curl, tls = core.versions().ssl,
    lua = (first_line("sh", "-c", "lua5.4 -v 2>&1") or "unknown"):match "^%S+ %S+",
    processor = (first_line("uname", "-m")),
  }
end

local NUMBERS = { "one core", "two cores", "three cores", "four cores" }

---@return string "two cores of a virtual machine (AMD EPYC), Debian 12, libcurl 7.88.1, …"
function machine.words()
  local info = process.read_file "/proc/cpuinfo" or ""
  local model = (info:match "model name%s*:%s*([^\n]+)" or "unknown"):gsub("%s+", " ")
  local kind = info:find "hypervisor" and "a virtual machine" or "a machine"
  local versions = machine.versions()
  local cores = machine.cores()
  return ("%s of %s (%s), %s, libcurl %s, %s, %s, Node.js %s"):format(
    NUMBERS[cores] or (cores .. " cores"), kind, model, system(), versions.libcurl, versions.tls,
    versions.lua, first_line("node", "--version") or "absent")
end

return machine
