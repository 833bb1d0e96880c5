-- resource: the verbs of a kind of record, from a declaration.
--
--   return resource.define {
--     name = "client", path = "/api/v2/oauth/clients", singular = "client", plural = "clients",
--     verbs = { "create", "list", "each", "show", "update", "delete" },
--     filters = { client_id = "integer" },          -- of list and each, sent as the query
--     methods = { mine = function(self, options) … end },
--   }
--
-- A method of the declaration stands before the verb of the same name and finds that one as
-- `resource.verbs.create(self, …)`. Attributes pass through untouched in both directions.

local arguments = require "zendesk.arguments"
local errors = require "zendesk.errors"

local getmetatable = getmetatable

local resource = {}

---@class zendesk.ResourceDeclaration
---@field name string of the field of the instance: zd.client
---@field path string
---@field singular string key of one record, in requests and replies
---@field plural string key of a list
---@field verbs string[]
---@field filters table<string, string>|nil option of list and each → its type
---@field methods table<string, function>|nil
---@field careful table<string, true>|nil methods that look at their self by themselves

---@class zendesk.Resource
---@field package _zd zendesk.Instance
---@field package _declaration zendesk.ResourceDeclaration

---The id of a record in the form that a path takes: exact, over the whole signed 64-bit range.
---@param value integer|string|table an id, its digits, or the record
---@param what string "client", for the message
---@return string digits
function resource.id(value, what)
  if type(value) == "table" then value = value.id end
  if math.type(value) == "integer" then return ("%d"):format(value) end
  if math.type(value) == "float" then
    errors.raise(3, "%s id: integer expected, got the float %.17g, which may have lost digits on "
      .. "its way", what, value)
  end
  if type(value) ~= "string" then
    errors.raise(3, "%s: the numeric id or the record expected, got %s", what, type(value))
  end
  -- Through an integer, so that what is too long is refused and not rounded.
  local digits = value:match "^%-?%d+$"
  local integer = digits and math.tointeger(tonumber(digits))
  if not integer or math.type(tonumber(digits)) ~= "integer" then
    errors.raise(3, "%s: the numeric id or the record expected, got a string that is no 64-bit "
      .. "integer (an identifier is another thing: look the record up first)", what)
  end
  return ("%d"):format(integer)
end

---The id that a reply holds, as a number or in digits; nil for anything else.
---@param value any
---@return integer|nil
function resource.number(value)
  local digits = type(value) == "string" and value:match "^%-?%d+$"
  local number = digits and tonumber(digits) or value
  return math.type(number) == "integer" and number or nil
end

local function path_of(self, id)
  local declaration = self._declaration
  return declaration.path .. "/" .. resource.id(id, declaration.singular)
end

---The path of one record.
---@param self zendesk.Resource
---@param id integer|string|table
---@return string
function resource.path(self, id)
  return path_of(self, id)
end

---Takes a record out of a reply.
---@param body any
---@param response zendesk.Response|zendesk.Error
---@param key string
---@return table|nil record
---@return zendesk.Response|zendesk.Error response
function resource.unwrap(body, response, key)
  if body == nil then return nil, response end
  local record = type(body) == "table" and body[key]
  if type(record) == "table" then return record, response end
  return nil, errors.new("decode", ("the reply holds no '%s'"):format(key), {
    status = response.status, request_id = response.request_id, sent = true,
  })
end

---The call options with a JSON body of one record.
---@param options zendesk.CallOptions|nil
---@param key string
---@param fields table
---@return table
function resource.with_json(options, key, fields)
  local call = { json = { [key] = fields } }
  if options == nil then return call end
  for name, value in next, arguments.check("options", options, "table") do
    if name == "json" or name == "body" then
      errors.raise(3, "option '%s': the body is the record", name)
    end
    call[name] = value
  end
  return call
end

local function check_fields(fields, what)
  if type(fields) ~= "table" then
    errors.raise(3, "%s: table of attributes expected, got %s", what, type(fields))
  end
  return fields
end

-- The options of list and each: the filters, and those of any walk.
local function known_options(filters)
  local known = arguments.raw_copy(require "zendesk.pages.settings".TYPES)
  for name, wanted in next, filters do known[name] = wanted end
  return known
end

-- Takes the filters out of the options and into the query; the rest is for zendesk.pages.
local function list_options(self, options)
  local declaration = self._declaration
  local walk, query, filters = { key = declaration.plural }, nil, declaration.filters or {}
  for name, value in next, arguments.options(options, known_options(filters)) do
    if filters[name] then
      query = query or {}
      query[name] = value
    else
      walk[name] = value
    end
  end
  if query and type(walk.query) == "table" then
    for name, value in next, walk.query do query[name] = value end
  elseif query and walk.query then
    errors.raise(3, "option 'query' is a string beside '%s': put everything into one of them",
      (next(query)))
  end
  walk.query = query or walk.query
  return walk
end

resource.list_options = list_options

local verbs = {}
resource.verbs = verbs

---Makes a record.
---@param self zendesk.Resource
---@param fields table attributes; unknown ones pass through
---@param options zendesk.CallOptions|nil
---@return table|nil record
---@return zendesk.Response|zendesk.Error response
function verbs.create(self, fields, options)
  local declaration = self._declaration
  local key, path, transport = declaration.singular, declaration.path, self._zd._transport
  check_fields(fields, key)
  local body, response
  if options == nil then
    body, response = transport:write("POST", path, { [key] = fields })
  else
    body, response = transport:request("POST", path, resource.with_json(options, key, fields))
  end
  return resource.unwrap(body, response, key)
end

---Every record, in one table, following the pages.
---@param self zendesk.Resource
---@param options table|nil the filters of the resource, and the options of zd:each
---@return table[]|nil records
---@return zendesk.Error|nil err
function verbs.list(self, options)
  local pages = require "zendesk.pages"
  return pages.collect(self._zd._transport, self._declaration.path, list_options(self, options))
end

---Every record, one at a time, one page in memory: `for record in zd.client:each() do`.
---@param self zendesk.Resource
---@param options table|nil the filters of the resource, and the options of zd:each
---@return zendesk.Iterator
function verbs.each(self, options)
  local pages = require "zendesk.pages"
  return pages.each(self._zd._transport, self._declaration.path, list_options(self, options))
end

---One record.
---@param self zendesk.Resource
---@param id integer|string|table
---@param options zendesk.CallOptions|nil
---@return table|nil record
---@return zendesk.Response|zendesk.Error response
function verbs.show(self, id, options)
  local body, response = self._zd:request("GET", path_of(self, id), options)
  return resource.unwrap(body, response, self._declaration.singular)
end

---Changes the attributes that are given.
---@param self zendesk.Resource
---@param id integer|string|table
---@param fields table
---@param options zendesk.CallOptions|nil
---@return table|nil record as it is now
---@return zendesk.Response|zendesk.Error response
function verbs.update(self, id, fields, options)
  local singular = self._declaration.singular
  local path = path_of(self, id)
  check_fields(fields, singular)
  local body, response = self._zd:request("PUT", path,
    resource.with_json(options, singular, fields))
  return resource.unwrap(body, response, singular)
end

---Deletes a record.
---@param self zendesk.Resource
---@param id integer|string|table
---@param options zendesk.CallOptions|nil
---@return true|nil
---@return zendesk.Response|zendesk.Error response
function verbs.delete(self, id, options)
  local body, response = self._zd:request("DELETE", path_of(self, id), options)
  if body == nil then return nil, response end
  return true, response
end

-- Says so when it is called without its colon.
local function guarded(class, name, method)
  local call = ("zd.%s:%s"):format(class._declaration.name, name)
  return function(self, ...)
    if getmetatable(self) ~= class then arguments.self(self, class, call) end
    return method(self, ...)
  end
end

---Makes a class of records from its declaration.
---@param declaration zendesk.ResourceDeclaration
---@return table class
function resource.define(declaration)
  local class = { _declaration = declaration, __name = "zendesk." .. declaration.name }
  class.__index = class
  for _, verb in ipairs(declaration.verbs) do
    class[verb] = guarded(class, verb, assert(verbs[verb], verb))
  end
  local careful = declaration.careful or {}
  for name, method in next, declaration.methods or {} do
    class[name] = careful[name] and method or guarded(class, name, method)
  end
  function class.__tostring(self)
    return ("%s of %s"):format(class.__name, self._zd:origin())
  end
  return class
end

---The records of an instance.
---@param class table
---@param zd zendesk.Instance
---@return zendesk.Resource
function resource.new(class, zd)
  return setmetatable({ _zd = zd }, class)
end

return resource
