-- iterator: keeps the place in a list, fetches pages ahead, and hands out records, errors and
-- checkpoints. What to ask for and what a reply means is decided by the dialects.

local arguments = require "zendesk.arguments"
local checkpoint = require "zendesk.pages.checkpoint"
local dialects = require "zendesk.pages.dialects"
local errors = require "zendesk.errors"
local guard = require "zendesk.pages.guard"
local records = require "zendesk.pages.records"
local settings = require "zendesk.pages.settings"

---@class zendesk.Page
---@field number integer counted from 1 in this walk
---@field records table[] the records of this page
---@field body table the whole decoded reply, with sideloads and counts
---@field response zendesk.Response

---@class zendesk.Iterator
---@operator call: table|nil
---@field private _position table|nil the place of the page in hand
---@field private _following table|nil the place of the next page; nil at the end
---@field private _ahead table|nil the next page, asked for and not yet taken
---@field private _trouble table|nil why the list cannot go on after the page in hand
local Iterator = {}
Iterator.__index = Iterator
Iterator.__name = "zendesk.Iterator"

-- ---------------------------------------------------------------------------------------------
-- Errors

---The error of a problem that a pure function has found.
---@param problem table kind, message, code, remedy
---@return zendesk.Error
local function failure(problem)
  return errors.new(problem.kind, problem.message, { code = problem.code, remedy = problem.remedy })
end

-- Lays what a refusal means in this dialect over the error that the server's reply became.
local function explained(err, position)
  local fields = type(err) == "table" and dialects.by_name[position.dialect].explain(err, position)
  if not fields then return err end
  err.message = fields.message or err.message
  if fields.code or err.remedy == nil then err.remedy = fields.remedy end
  err.code = fields.code or err.code
  return err
end

-- ---------------------------------------------------------------------------------------------
-- Fetching

local function call_for(self, position)
  local call = { method = "GET" }
  for name, value in pairs(self._call) do call[name] = value end
  if position.link then
    call.path = position.link
  else
    call.path = self._path
    local in_hand = self._count - self._index
    local most = self._limit - self._given - in_hand + (self._skip and self._skip.index or 0)
    call.query = dialects.by_name[position.dialect].query(position, self._query, most)
  end
  return call
end

-- Trouble that may have come only because nobody looked after the request while the caller worked:
-- its time ran out, or the server closed the connection.
local NEGLECTED = { timeout = true, transport = true }

-- The page was asked for when the one before it arrived, or is asked for now.
local function fetch(self, position)
  local ahead = self._ahead
  self._ahead = nil
  if ahead then
    local body, response = ahead:wait()
    if body ~= nil then return body, response end
    if type(response) == "string" then
      return nil, errors.new("cancelled", "the task was cancelled while it waited for a page")
    end
    if not NEGLECTED[response.kind] then return nil, response end
  end
  return self._transport:send(call_for(self, position))
end

local function drop_ahead(self)
  local ahead = self._ahead
  self._ahead = nil
  if ahead then ahead:cancel() end
end

-- One request in flight while the caller works on the page in hand; never past a limit.
local function fetch_ahead(self)
  local wanted = self._following and self._prefetch and not self._trouble
    and self._limit - self._given > self._count - self._index
  if not wanted then return end
  self._ahead = self._transport:start(call_for(self, self._following))
end

-- ---------------------------------------------------------------------------------------------
-- Taking a page

local function filtered(list, keep)
  if not keep then return list end
  local kept = {}
  for _, record in ipairs(list) do
    if keep(record) then kept[#kept + 1] = record end
  end
  return kept
end

-- A resumed page begins after the record that was given last. Where that one is gone, or has moved
-- because it has changed, the page is given again: a record may come twice, none is lost.
local function resumed_index(place, list, stamp)
  if place.last == nil then return stamp and 0 or math.min(place.index or 0, #list) end
  for index, record in ipairs(list) do
    local found = type(record) == "table" and record.id == place.last
      and (not stamp or stamp(record) == place.stamp)
    if found then return index end
  end
  return 0
end

local function read(self, body, response)
  local list, key = records.of(self._path, body, self._key)
  if not list then return nil, key end
  return {
    path = self._path, body = body, records = list, key = key, count = #list,
    link = response:header "link", resolve = self._resolve,
  }
end

local function next_place(self, position, page)
  local dialect = dialects.by_name[position.dialect]
  local following, problem = dialect.advance(position, page)
  problem = problem or (following and self._guard:place(following, self._path))
  if problem then return nil, failure(problem), nil end
  local resume = not following and dialect.resume and dialect.resume(position, page) or nil
  return following, nil, resume
end

local function tell(self, page, response)
  self._pages = self._pages + 1
  if self._observed then settings.progress(self, page) end
  if self._on_page then
    self._on_page {
      number = self._pages, records = self._records, body = page.body, response = response,
    }
  end
end

-- The page in hand is let go first, so that there is one in memory; the place does not move before
-- the whole reply has been understood: after an error the next call asks for the same page.
local function take_page(self)
  local position = self._following
  self._records, self._count, self._index = {}, 0, 0
  local body, response = fetch(self, position)
  if body == nil then return nil, explained(response, position) end
  local page, problem = read(self, body, response)
  if not page then return nil, failure(problem) end
  local dialect = dialects.by_name[position.dialect]
  local keeps = dialect.keeps
  problem = not keeps and self._guard:page(page.records, self._path)
  if problem then return nil, failure(problem) end

  self._following, self._trouble, self._resume = next_place(self, position, page)
  self._key = page.key or self._key
  self._position = position
  self._records = filtered(page.records, keeps and keeps(position))
  self._count = #self._records
  self._index = self._skip and resumed_index(self._skip, self._records, dialect.stamp) or 0
  self._skip = nil
  problem = self._following and self._guard:records(self._count, self._path)
  if not problem then fetch_ahead(self) end
  tell(self, page, response)
  if problem then return nil, failure(problem) end
  return true
end

-- Ends the turn of the task that fetches, however it ends, and lets the waiting ones go on.
local Turn = {}

function Turn:__close()
  local iterator = self.iterator
  local signal = iterator._signal
  iterator._turning, iterator._signal = false, nil
  if signal then signal:fire() end
end

-- Several tasks may draw from one iterator: one of them fetches the page, the others wait for it.
local function turn(self)
  if not self._turning then
    self._turning = true
    local _ <close> = setmetatable({ iterator = self }, Turn)
    return take_page(self)
  end
  self._signal = self._signal or self._transport.driver:signal()
  if self._signal:wait() then return true end
  return nil, errors.new("cancelled", "the task was cancelled while it waited for a page")
end

-- ---------------------------------------------------------------------------------------------
-- The iterator

local function next_record(self)
  if self._given >= self._limit then return nil end
  while self._index >= self._count do
    if self._trouble then return nil, self._trouble end
    if not self._following then return nil end
    local ok, err = turn(self)
    if not ok then return nil, err end
  end
  local index = self._index + 1
  self._index, self._given = index, self._given + 1
  return self._records[index]
end

--- The next record; nil at the end; nil and an error where the list cannot go on now. After an
--- error, the same call again goes on where it stopped.
---@return table|nil record, zendesk.Error|nil err
function Iterator:next()
  arguments.self(self, Iterator, "iterator:next")
  return next_record(self)
end

--- For `for record in iterator do`: an error is raised, as a loop has no place to return it to.
---@return table|nil record
function Iterator:__call()
  local record, err = next_record(self)
  if err ~= nil then error(err, 0) end
  return record
end

-- Notes in the place of a page how much of it has been given.
local function mark(place, index, record, stamp)
  place.index, place.last, place.stamp = index, nil, nil
  local id = type(record) == "table" and record.id or nil
  if math.type(id) ~= "integer" and type(id) ~= "string" then return end
  place.last = id
  place.stamp = stamp and stamp(record)
end

--- The place after the record that was given last, as a short line of text without host or
--- credential. `from = text` goes on there, in another process too. Take it when the record has
--- been dealt with. At the end of an incremental export it is the place for what changes later.
---@return string
function Iterator:checkpoint()
  arguments.self(self, Iterator, "iterator:checkpoint")
  if not self._position and self._trouble then return self._from or "" end
  local place = {}
  local used_up = self._index >= self._count and not self._trouble
  local onward = used_up and (self._following or self._resume)
  for name, value in pairs(onward or self._position) do place[name] = value end
  local dialect = dialects.by_name[place.dialect]
  if used_up and not onward and not dialect.resume then
    place.done = true
  elseif not onward then
    mark(place, self._index, self._records[self._index], dialect.stamp)
  end
  return checkpoint.write(self._list, place)
end

local function leave(self)
  drop_ahead(self)
  settings.finish(self)
end

--- Gives up the page that is being fetched ahead. The iterator stays usable.
function Iterator:close()
  arguments.self(self, Iterator, "iterator:close")
  leave(self)
end

Iterator.__close = leave

function Iterator:__tostring()
  return ("%s %s (%d records given)"):format(Iterator.__name, self._path, self._given)
end

---@class zendesk.IteratorFields
---@field transport zendesk.Transport
---@field path string
---@field query table|string|nil of the list, without the dialect's own parameters
---@field list string tells the list apart in checkpoints
---@field options zendesk.PagesOptions
---@field position table|nil where the walk has ended already
---@field following table|nil the place of the first page
---@field skip table|nil how much of that page has been given: index, last, stamp
---@field trouble zendesk.Error|nil why there is nothing to walk

---@param fields zendesk.IteratorFields
---@return zendesk.Iterator
local function new(fields)
  local transport, options = fields.transport, fields.options
  return setmetatable({
    _transport = transport, _path = fields.path, _query = fields.query, _list = fields.list,
    _from = options.from, _call = settings.call_fields(options), _key = options.key,
    _limit = options.limit or math.huge, _prefetch = settings.prefetches(transport, options),
    _on_page = options.on_page, _observed = transport.observed and options.progress ~= false,
    _resolve = settings.resolver(transport), _guard = guard.new(), _started = transport:now(),
    _records = {}, _count = 0, _index = 0, _given = 0, _pages = 0, _received = 0,
    _total = nil, _unfinished = false,
    _position = fields.position, _following = fields.following, _resume = nil,
    _skip = fields.skip, _ahead = nil, _trouble = fields.trouble, _turning = false, _signal = nil,
  }, Iterator)
end

return { new = new, failure = failure, next = next_record }
