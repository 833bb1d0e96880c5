-- software: what is known about the versions of the libraries in use. Pure functions over version
-- texts; the table is short on purpose: what matters to this module, not every advisory.

local software = {}

---@class zendesk.DoctorFinding
---@field level "good"|"note"|"warning"|"problem"
---@field area "credential"|"access"|"clock"|"limits"|"software"
---@field text string plain words

-- "7.88.1-DEV" → 7088001; versions compare as numbers.
local function number_of(version)
  local major, minor, patch = tostring(version or ""):match "(%d+)%.(%d+)%.?(%d*)"
  if not major then return nil end
  return tonumber(major) * 1000000 + tonumber(minor) * 1000 + (tonumber(patch) or 0)
end

software.number_of = number_of

-- From a version (inclusive) to a version (exclusive).
local LIBCURL = {
  { nil, "7.84.0", "warning", "its global initialisation is not safe among threads: a host with"
    .. " threads has to load this module before it starts them" },
  { "7.69.0", "8.4.0", "note", "a SOCKS5 proxy with host names can overflow its heap"
    .. " (CVE-2023-38545), unless the distribution has mended it, as Debian has in"
    .. " 7.88.1-10+deb12u4; without a SOCKS proxy it cannot happen" },
  { nil, "7.87.0", "note", "it reads the file of trusted certificates anew for every connection" },
}

local OPENSSL = {
  { nil, "1.1.1", "problem", "it does not speak TLS 1.3 and is not maintained" },
  { "1.1.1", "3.0.0", "warning", "its makers stopped maintaining it in September 2023" },
  { "3.0.0", "3.1.0", "note", "its makers stopped maintaining it in September 2026; distributions"
    .. " such as Debian 12 go on by themselves" },
}

local LUA_CJSON = {
  { nil, "2.1.1", "note", "it rounds numbers above 14 digits, so ids can change, and reads some"
    .. " texts that are no JSON; this module does not use it" },
}

local function applies(rule, number)
  return (not rule[1] or number >= number_of(rule[1])) and number < number_of(rule[2])
end

-- 2.1.0 and 2.1.0.9 are one number here; the fourth place tells them apart.
local function is_mended_cjson(version)
  return version:match "^2%.1%.0%.(%d+)" ~= nil
end

local function add(findings, name, version, rules)
  local number = number_of(version)
  local found = false
  for _, rule in ipairs(rules) do
    if number and applies(rule, number) then
      found = true
      findings[#findings + 1] = {
        level = rule[3], area = "software", text = ("%s %s: %s"):format(name, version, rule[4]),
      }
    end
  end
  if not found then
    findings[#findings + 1] = {
      level = "good", area = "software",
      text = ("%s %s: no known defect that concerns this module"):format(name, version or "?"),
    }
  end
end

---@param versions table of core.versions()
---@param cjson string|nil version of lua-cjson, where it is installed
---@return zendesk.DoctorFinding[]
function software.judge(versions, cjson)
  local findings = {}
  add(findings, "libcurl", tostring(versions.curl or ""):match "%d[%d.]*", LIBCURL)
  local ssl = tostring(versions.ssl or "")
  local openssl = ssl:match "OpenSSL/(%d[%w.]*)"
  if openssl then
    add(findings, "OpenSSL", openssl, OPENSSL)
  else
    findings[#findings + 1] = {
      level = "note", area = "software",
      text = ("TLS is done by %s, with which this module is not tested"):format(
        ssl ~= "" and ssl or "an unknown library"),
    }
  end
  if versions.features and not versions.features.http2 then
    findings[#findings + 1] = {
      level = "note", area = "software",
      text = "this libcurl has no HTTP/2: many calls at a time need as many connections",
    }
  end
  if cjson and not is_mended_cjson(cjson) then add(findings, "lua-cjson", cjson, LUA_CJSON) end
  return findings
end

return software
