---@meta
-- The shapes that the library and its users exchange. Read by editors, never loaded.

---How an instance waits. zendesk.driver.blocking is for plain scripts; an adapter for an event loop
---has the same methods. Deadlines are moments of `now()`.
---@class zendesk.Driver
---@field alone boolean|nil true: while a call waits, no other code of this Lua state runs, and it
---has `call`
---@field call nil|function submits, waits a step, and takes the reply: see zendesk.core.Engine
local Driver = {}

---Starts a request.
---@param account zendesk.core.Account
---@param request zendesk.core.Request
---@return zendesk.core.Transfer|nil
---@return string|nil kind of the error
---@return string|nil message
function Driver:submit(account, request) end

---Waits until a transfer is done; one that is not done in time is cancelled.
---@param transfer zendesk.core.Transfer
---@param deadline number|nil
---@return true|nil
---@return "timeout"|"cancelled"|nil reason
function Driver:await(transfer, deadline) end

---@param seconds number
---@return true|nil
---@return "cancelled"|nil reason
function Driver:sleep(seconds) end

---@return number seconds of a monotonic clock
function Driver:now() end

---@return number seconds since 1970
function Driver:time() end

---@return zendesk.Signal
function Driver:signal() end

---Starts a function beside the caller, and keeps its task until it ends. Without it, lists do not
---fetch ahead.
---@param f function
---@param ... any
---@return zendesk.Task
function Driver:spawn(f, ...) end

---Looks for transfers that were cancelled from outside, and wakes who waits for them. A driver that
---looks by itself has no need of it.
function Driver:wakeup() end

---After a lack of memory: goes on with an engine that is not affected. Optional.
function Driver:recover() end

---What runs tasks for zendesk.all and zendesk.map; optional, for event loops.
---@return { new_task: function, enqueue: function, signal: function }
function Driver:crew() end

---Ends every transfer under way.
function Driver:close() end

---A credential, as a provider hands it out.
---@class zendesk.Credential
---@field token string
---@field expires_at number|nil seconds since 1970
---@field generation any tells one renewal from the next

---What a provider is told about the call that needs a credential.
---@class zendesk.AuthContext
---@field driver zendesk.Driver
---@field deadline number moment of driver:now() at which the call ends
---@field emit fun(event: table)
---@field base_url string origin of the account
---@field account_options table ca_file, ca_path, proxy, user_agent

---Where an instance's credential comes from; see zendesk.auth.
---@class zendesk.Provider
---@field kind string
---@field static boolean|nil the credential never changes
---@field account_options nil|fun(self: zendesk.Provider): table of static ones: email and
---api_token, or access_token
---@field check nil|fun(self: zendesk.Provider): (true|nil, zendesk.Error|nil) asked once, by
---zendesk.new, whether the provider's own options are usable; an error of kind "config"
---@field flush nil|fun(self: zendesk.Provider): (true|nil, zendesk.Error|nil) saves what could not
---be saved so far; called when an instance is closed
local Provider = {}

---The credential for a call; asked before each one, and cheap while it is fresh.
---@param context zendesk.AuthContext
---@return zendesk.Credential|nil
---@return zendesk.Error|nil
function Provider:get(context) end

---Another credential, after a 401 invalid_token (RFC 6750, section 3.1).
---@param context zendesk.AuthContext
---@param used zendesk.Credential what was refused; a better one at hand is used without a renewal
---@return zendesk.Credential|nil
---@return zendesk.Error|nil
function Provider:renew(context, used) end

---@return table description without secrets
function Provider:describe() end

---What `on_event` is told. No event holds a credential, a body, a query, or a header other than
---traceparent and the request's id.
---@class zendesk.Event
---@field type "request"|"response"|"retry"|"rate_limit"|"refresh"|"progress"|"warning"
---@field time number seconds since 1970
---@field call integer|nil number of the call in this instance: ties its events together
---@field method string|nil
---@field path string|nil without the query
---@field attempt integer|nil counted from 1
---@field traceparent string|nil as the caller gave it in `headers` (W3C Trace Context)
---@field status integer|nil response, retry
---@field request_id string|nil response, retry
---@field kind zendesk.ErrorKind|nil response, retry: of the error
---@field code string|nil response, retry, warning
---@field timings zendesk.core.Timings|nil response
---@field size integer|nil response: bytes of the body, after decompression
---@field wait number|nil retry, rate_limit: seconds
---@field retry_after integer|nil retry: what the server asked for
---@field name string|nil rate_limit: "account", or the endpoint limit's own name
---@field limit integer|nil rate_limit: requests in a window
---@field remaining integer|nil rate_limit
---@field retry_at number|nil rate_limit: seconds since 1970 at which the window ends
---@field message string|nil warning
