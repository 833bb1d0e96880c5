---@meta zendesk.core
-- The C module, for editors. Never loaded; not named like the module, which it would shadow.

---@class zendesk.core
---@field _VERSION string
---@field null lightuserdata JSON null; the same value as cjson.null
---@field array_mt table metatable that marks a table as an array
local core = {}

---@class zendesk.core.Versions
---@field curl string
---@field ssl string
---@field zlib string|nil
---@field brotli string|nil
---@field nghttp2 string|nil
---@field features table<string, boolean>

---@return zendesk.core.Versions
function core.versions() end

---@return number seconds of a monotonic clock
function core.monotonic() end

---@return number seconds since 1970
function core.time() end

---Reads JSON (RFC 8259). Integers of 64 bits stay exact; null is core.null.
---@param text string
---@param depth integer|nil levels of nesting; 512
---@return any value nil on failure
---@return string|nil message
---@return integer|nil offset of the byte where it went wrong
function core.decode(text, depth) end

---Writes JSON.
---@param value any
---@return string|nil text
---@return string|nil message with the path to the culprit: `ticket.custom_fields[3].value`
function core.encode(value) end

---Writes JSON into memory of its own, which is wiped when it goes.
---@param value any
---@return zendesk.core.Body|nil
---@return string|nil message
function core.body(value) end

---@param bytes string
---@return string digest 32 bytes (FIPS 180-4)
function core.sha256(bytes) end

---@param count integer
---@return string|nil bytes of the system's random source
---@return string|nil message
function core.random(count) end

---@param bytes string
---@return string text padded (RFC 4648, section 4)
function core.base64(bytes) end

---@param bytes string
---@return string text unpadded (RFC 4648, section 5)
function core.base64url(bytes) end

---@param text string
---@return string|nil bytes
function core.base64url_decode(text) end

---Compares in a time that does not depend on the content.
---@param a string
---@param b string
---@return boolean
function core.equal(a, b) end

---Reads a private file as a whole: regular, owned by this user, mode 0600 or stricter, no symbolic
---link. The name of a failure is that of the errno ("ENOENT"), or "symlink", "not_regular",
---"foreign", "loose", "too_large", "no_folder" or "bad_path".
---@param path string
---@param max integer bytes
---@return string|nil bytes
---@return string|nil message with the path
---@return string|nil name
function core.file_read(path, max) end

---Replaces a private file as a whole, or makes it: a new one is written beside it, synced, renamed.
---@param path string
---@param bytes string
---@return true|nil
---@return string|nil message
---@return string|nil name
function core.file_replace(path, bytes) end

---Deletes a private file, there or not, and syncs its folder.
---@param path string
---@return true|nil
---@return string|nil message
---@return string|nil name
function core.file_remove(path) end

---Deletes what replacements of this file have left that died half-way. Only while nobody replaces
---it.
---@param path string
---@return true|nil
---@return string|nil message
---@return string|nil name
function core.file_sweep(path) end

---Gives an empty file of this user the mode 0600; leaves others alone. Never opens it.
---@param path string
---@return true|nil
---@return string|nil message
---@return string|nil name
function core.file_protect(path) end

---@class zendesk.core.FileLock
local FileLock = {}

---Idempotent; so are __gc and __close, which do the same.
function FileLock:release() end

---Takes a lock of the kernel on an empty file, which is made where it is missing and stays.
---@param path string
---@param seconds number|nil how long to wait, blocking this thread; 0 unless given
---@return zendesk.core.FileLock|nil
---@return string|nil message "busy" alone when somebody else holds it
---@return string|nil name
function core.file_lock(path, seconds) end

---Keeps a descriptor from the programs that this process starts.
---@param fd integer
---@return true|nil
---@return string|nil message
---@return string|nil name
function core.close_on_exec(fd) end

---Percent-encodes everything but the unreserved characters of RFC 3986, section 2.3.
---@param text string
---@return string
function core.escape(text) end

---@param subdomain string
---@return true|nil
---@return string|nil message
function core.check_subdomain(subdomain) end

---@class zendesk.core.Origin
---@field scheme "https"|"http"
---@field host string
---@field port integer
---@field origin string without a default port

---Reads an origin: https, or http for a loopback host; no user, path, query, fragment.
---@param base_url string
---@return zendesk.core.Origin|nil
---@return string|nil message
function core.parse_origin(base_url) end

---The path on an origin that a path or an URL of the same origin stands for.
---@param origin string
---@param address string
---@return string|nil path with its query
---@return string|nil message
function core.resolve(origin, address) end

---@class zendesk.core.AccountOptions
---@field base_url string
---@field email string|nil
---@field api_token string|nil
---@field access_token string|nil
---@field user_agent string|nil
---@field ca_file string|nil
---@field ca_path string|nil
---@field proxy string|nil an URL, or "environment"

---An address with its credential.
---@param options zendesk.core.AccountOptions
---@return zendesk.core.Account|nil
---@return string|nil message names the option, never a secret
function core.account(options) end

---@param options { events: boolean|nil, max_connections: integer|nil }
---@return zendesk.core.Engine
function core.engine(options) end

---@class zendesk.core.Body: userdata
---@operator len: integer
local Body = {}

---Wipes the bytes. Idempotent.
function Body:close() end

---@class zendesk.core.Account: userdata
local Account = {}

---@return string
function Account:origin() end

---@return "basic"|"bearer"|"none"
function Account:scheme() end

---Replaces the credential; transfers that have been submitted keep theirs.
---@param token string
---@return true|nil
---@return string|nil message
function Account:bearer(token) end

function Account:close() end

---@class zendesk.core.Request
---@field method string
---@field path string begins with "/"; may have a query
---@field body string|zendesk.core.Body|nil
---@field json any written as the body where there is a content_type and no body
---@field content_type string|nil
---@field headers table<string, string>|nil
---@field timeout number|nil seconds
---@field connect_timeout number|nil seconds
---@field max_body integer|nil bytes, after decompression
---@field auth boolean|nil false: without a credential
---@field accept string|nil "application/json"
---@field brief boolean|nil true: the reply is short, and compression is not asked for
---@field http_version "1.1"|nil

---@class zendesk.core.Engine: userdata
local Engine = {}

---@param account zendesk.core.Account
---@param request zendesk.core.Request
---@return zendesk.core.Transfer|nil
---@return string|nil kind
---@return string|nil message
function Engine:submit(account, request) end

---The short way of a small call: submits, steps once, and takes what has come, as `Transfer:take`
---would. Only with events = false.
---@param account zendesk.core.Account
---@param request zendesk.core.Request|any[] as a list: method, path, timeout, connect_timeout,
---max_body (false: the default), json, brief (true: compression is not asked for)
---@param seconds number how long to wait at most
---@return integer|zendesk.core.Transfer|nil status, or the transfer where more is to do
---@return string|number|nil head of the reply, the kind of an error, or when the transfer began
---@return any value of the reply, or the message of an error
function Engine:call(account, request, seconds) end

---Waits at most so long for something to do, and does it. Only with events = false.
---@param seconds number
---@return integer running
function Engine:step(seconds) end

---A finished transfer, each one once.
---@return zendesk.core.Transfer|nil
function Engine:next() end

---@return integer
function Engine:running() end

---The next change of a watch. Only with events = true.
---@return integer|nil fd
---@return "r"|"w"|"rw"|"none"|nil what
function Engine:watches() end

---Seconds until `ready()` is due.
---@return number|nil
function Engine:timeout() end

---@param fd integer|nil nil: the timer
---@param what "r"|"w"|"rw"|nil
function Engine:ready(fd, what) end

---Ends a wait in `step`.
function Engine:wakeup() end

---Ends every running transfer as "closed".
function Engine:close() end

---@class zendesk.core.Timings
---@field total number seconds
---@field name_lookup number
---@field connect number
---@field tls number
---@field first_byte number
---@field upload integer bytes
---@field download integer bytes on the wire
---@field new_connections integer
---@field http_version string|nil
---@field ip string|nil
---@field port integer|nil

---@class zendesk.core.Transfer: userdata
local Transfer = {}

---@return boolean
function Transfer:done() end

---@return integer|nil status nil: no whole reply has arrived
---@return true|string kind of the error
---@return string|nil message
---@return boolean|nil sent the request may have reached the server
---@return integer|nil curl_code
function Transfer:outcome() end

---@param name string
---@return string|nil
function Transfer:header(name) end

---@return table<string, string>
function Transfer:headers() end

---The header block as it came.
---@return string
function Transfer:head() end

---@param depth integer|nil
---@return any value
---@return string|nil message
---@return integer|nil offset
function Transfer:json(depth) end

---The short way, for what most replies are: a success with a JSON object or array is handed out
---whole, and the transfer closed. Nothing for any other reply, which is left as it is.
---@return integer|nil status
---@return string|nil head
---@return table|nil value
function Transfer:take() end

---@return string
function Transfer:body() end

---@return integer bytes of the body, after decompression
function Transfer:size() end

---@return zendesk.core.Timings
function Transfer:timings() end

---Idempotent; no effect on one that is done.
function Transfer:cancel() end

---Gives memory and handle back. Idempotent.
function Transfer:close() end

return core
