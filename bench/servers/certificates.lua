-- certificates: an authority, a certificate of it for 127.0.0.1, and a copy of the system's trust
-- with that authority in it, made anew for every run.

local process = require "spec.support.process"

local certificates = {}

local SYSTEM_TRUST = "/etc/ssl/certs"

local function openssl(directory, ...)
  local result = process.run({ "openssl", ... }, { cwd = directory })
  if result.status ~= 0 then error("openssl " .. (...) .. ": " .. result.stderr, 0) end
  return result.stdout
end

local function new_key(directory, name)
  openssl(directory, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
    "-out", name .. ".key")
end

---Writes ca.pem, server.pem and server.key into a folder.
---@param directory string
function certificates.make(directory)
  new_key(directory, "ca")
  openssl(directory, "req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=Bench authority",
    "-days", "30", "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", "ca.pem")
  new_key(directory, "server")
  openssl(directory, "req", "-x509", "-new", "-key", "server.key", "-subj", "/CN=127.0.0.1",
    "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "30", "-out", "server.pem",
    "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
    "-addext", "basicConstraints=critical,CA:FALSE")
end

-- What the system trusts, as its package has laid it out: the bundle and the folder with its hashed
-- links. Programs that trust what the system does see this copy in its place.
local function copy_trust(directory)
  local trust = directory .. "/trust"
  local copied = process.run({ "cp", "-rL", SYSTEM_TRUST, trust })
  if copied.status ~= 0 then return nil, "the system's trust cannot be read" end
  local hash = openssl(directory, "x509", "-in", "ca.pem", "-noout", "-hash"):match "%x+"
  local authority = process.read_file(directory .. "/ca.pem")
  local bundle = trust .. "/ca-certificates.crt"
  process.write_file(bundle, (process.read_file(bundle) or "") .. authority)
  process.write_file(("%s/%s.0"):format(trust, hash), authority)
  return trust
end

---A command's first words that put the copy where the system's trust is, for that command alone:
---in a mount namespace of its own.
---@param directory string where certificates.make has been
---@return string[]|nil prefix
---@return string|nil reason why there is none
function certificates.private_trust(directory)
  local trust, reason = copy_trust(directory)
  if not trust then return nil, reason end
  local inner = ("mount --bind %s %s && exec \"$@\""):format(process.quote(trust), SYSTEM_TRUST)
  for _, options in ipairs { { "--mount" }, { "--map-root-user", "--mount" } } do
    local prefix = { "unshare", table.unpack(options) }
    table.move({ "sh", "-c", inner, "sh" }, 1, 4, #prefix + 1, prefix)
    local probe = table.move(prefix, 1, #prefix, 1, {})
    probe[#probe + 1] = "true"
    if process.run(probe).status == 0 then return prefix end
  end
  return nil, "no mount namespace of one's own is to be had here"
end

return certificates
