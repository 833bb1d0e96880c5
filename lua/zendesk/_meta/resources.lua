---@meta
-- The verbs of the kinds of records. zendesk.resource makes them of declarations, which editors
-- cannot follow; what a kind has beyond its verbs is annotated in its own file. Never loaded.

---What every kind of record has.
---@class zendesk.Resource
local Resource = {}

---Every record, in one table, following the pages.
---@param options table|nil the filters of the kind, and the options of zd:each
---@return table[]|nil records
---@return zendesk.Error|nil err
function Resource:list(options) end

---Every record, one at a time, one page in memory.
---@param options table|nil the filters of the kind, and the options of zd:each
---@return zendesk.Iterator
function Resource:each(options) end

---@class zendesk.Client: zendesk.Resource
local Client = {}

---One client.
---@param id integer|string|table the number, its digits, or the record
---@param options zendesk.CallOptions|nil
---@return table|nil client
---@return zendesk.Response|zendesk.Error response
function Client:show(id, options) end

---Changes the attributes that are given.
---@param id integer|string|table the number, its digits, or the record
---@param fields table
---@param options zendesk.CallOptions|nil
---@return table|nil client as it is now
---@return zendesk.Response|zendesk.Error response
function Client:update(id, fields, options) end

---Deletes a client.
---@param id integer|string|table the number, its digits, or the record
---@param options zendesk.CallOptions|nil
---@return true|nil
---@return zendesk.Response|zendesk.Error response
function Client:delete(id, options) end

---@class zendesk.Token: zendesk.Resource
local Token = {}

---One token, without the credential itself.
---@param id integer|string|table the number, its digits, or the record
---@param options zendesk.CallOptions|nil
---@return table|nil token
---@return zendesk.Response|zendesk.Error response
function Token:show(id, options) end

---@class zendesk.User: zendesk.Resource
local User = {}

---One user.
---@param id integer|string|table the number, its digits, or the record
---@param options zendesk.CallOptions|nil
---@return table|nil user
---@return zendesk.Response|zendesk.Error response
function User:show(id, options) end

---@class zendesk.GlobalClient: zendesk.Resource
local GlobalClient = {}

---One global client.
---@param id integer|string|table the number, its digits, or the record
---@param options zendesk.CallOptions|nil
---@return table|nil client
---@return zendesk.Response|zendesk.Error response
function GlobalClient:show(id, options) end

---API tokens end on 2027-04-30; what is left to do is to see which ones there are, and to delete
---them.
---@class zendesk.ApiToken: zendesk.Resource
local ApiToken = {}

---Deletes an API token: whatever uses it is locked out at once.
---@param id integer|string|table the number, its digits, or the record
---@param options zendesk.CallOptions|nil
---@return true|nil
---@return zendesk.Response|zendesk.Error response
function ApiToken:delete(id, options) end
