-- The options of a walk, and what a walk needs from the transport that carries it.

local arguments = require "zendesk.arguments"
local errors = require "zendesk.errors"
local dialects = require "zendesk.pages.dialects"
local query = require "zendesk.query"

local settings = {}

---@class zendesk.PagesOptions
---@field query table|string|nil parameters of the list itself
---@field page_size integer|nil records a page; the dialect's largest by default
---@field limit integer|nil ends the walk after so many records
---@field from string|nil a checkpoint to go on from
---@field on_page fun(page: zendesk.Page)|nil called for each page before its first record
---@field key string|nil name of the field that holds the records
---@field prefetch boolean|nil false: the next page is asked for when it is needed (default: true)
---@field progress boolean|nil false: no progress events of this walk
---@field dialect string|nil a name from zendesk.pages.dialects, where the path misleads
---@field headers table<string, string>|nil sent with every page
---@field timeout number|nil seconds, for each page
---@field deadline number|nil seconds, for each page with its repetitions
---@field retry table|boolean|nil as in zd:request
---@field max_body integer|nil bytes, for each page

local TYPES = {
  query = "table or string", page_size = "integer", limit = "count_or_zero", from = "string",
  on_page = "function", key = "string", prefetch = "boolean", progress = "boolean",
  dialect = "string", headers = "table", timeout = "seconds", deadline = "seconds",
  retry = "table or boolean", max_body = "count",
}

settings.TYPES = TYPES

local CALL_FIELDS = { "headers", "timeout", "deadline", "retry", "max_body" }

local LARGEST_PAGE = 1000

local function check_ranges(options)
  local size = options.page_size
  if size and (size < 1 or size > LARGEST_PAGE) then
    errors.raise(3, "option 'page_size': integer between 1 and %d expected, got %d", LARGEST_PAGE,
      size)
  end
  if options.dialect and not dialects.by_name[options.dialect] then
    errors.raise(3, "option 'dialect': one of %s expected, got '%s'", dialects.names(),
      errors.clean(options.dialect))
  end
end

--- Raises for what only a mistake in the program can cause.
---@param path any
---@param options any
---@return zendesk.PagesOptions
function settings.check(path, options)
  arguments.check("path", path, "string")
  options = arguments.options(options, TYPES)
  check_ranges(options)
  -- Before the walk begins, not at its first page; this refuses cycles, too.
  if type(options.query) == "table" then query.encode(options.query) end
  if options.headers then require "zendesk.request_headers".take({}, options.headers) end
  if type(options.retry) == "table" then
    local ok, err = require "zendesk.options".retry(options.retry, {})
    if not ok then errors.raise(3, "%s", err.message) end
  end
  return options
end

--- The options that go into every request of the walk.
---@param options zendesk.PagesOptions
---@return table
function settings.call_fields(options)
  local fields = {}
  for _, name in ipairs(CALL_FIELDS) do fields[name] = options[name] end
  return fields
end

--- Fetching ahead needs a driver that can run the request beside the caller's work.
---@param transport zendesk.Transport
---@param options zendesk.PagesOptions
---@return boolean
function settings.prefetches(transport, options)
  return options.prefetch ~= false and transport.driver.spawn ~= nil
end

--- Turns a link into a path of the account's own origin, or nil.
---@param transport zendesk.Transport
---@return fun(address: string): string|nil, string|nil
function settings.resolver(transport)
  return function(address) return transport:resolve(address) end
end

local COUNTED = { cursor = true, offset = true, search = true }

local function tell(iterator, finished)
  local elapsed, received = iterator._transport:now() - iterator._started, iterator._received
  iterator._unfinished = not finished
  iterator._transport:emit {
    type = "progress", what = "each", path = iterator._path,
    pages = iterator._pages, records = received, total = iterator._total, finished = finished,
    elapsed = elapsed, rate = elapsed > 0 and received / elapsed or nil,
  }
end

--- Tells the host how far a walk has come.
---@param iterator zendesk.Iterator
---@param page table the page that has just been taken
function settings.progress(iterator, page)
  local in_hand = iterator._count - iterator._index
  iterator._received = iterator._received + in_hand
  iterator._total = COUNTED[iterator._position.dialect] and math.tointeger(page.body.count) or nil
  tell(iterator, iterator._following == nil or iterator._limit - iterator._given <= in_hand)
end

--- Tells the host that a walk which was left early is over.
---@param iterator zendesk.Iterator
function settings.finish(iterator)
  if iterator._unfinished then tell(iterator, true) end
end

return settings
