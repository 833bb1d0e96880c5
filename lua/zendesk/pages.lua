-- pages: follows a list through its pages, one record at a time and one page in memory. Chooses the
-- dialect and the place to begin at; the walk itself is zendesk.pages.iterator.

local checkpoint = require "zendesk.pages.checkpoint"
local core = require "zendesk.core"
local dialects = require "zendesk.pages.dialects"
local iterator_of = require "zendesk.pages.iterator"
local query = require "zendesk.pages.query"
local settings = require "zendesk.pages.settings"

local pages = {}

local failure, next_record = iterator_of.failure, iterator_of.next

local function place_of(options, list)
  if not options.from then return nil end
  local place, problem = checkpoint.read(options.from, list)
  if not place then return nil, failure(problem) end
  if not dialects.by_name[place.dialect] then
    return nil, failure {
      kind = "config", code = "checkpoint_damaged", message = "the checkpoint is damaged",
    }
  end
  return place
end

-- A list may be given by its address, as replies name it, on the account's own origin.
local function own_path(transport, path)
  local resolved, problem = path, nil
  if path:sub(1, 1) ~= "/" then resolved, problem = transport:resolve(path) end
  local bare, tail = query.split(resolved or path)
  if resolved then return bare, tail end
  return bare, tail, failure {
    kind = "config", code = "bad_path", message = "the path is not usable: " .. tostring(problem),
  }
end

local function first_place(options, path, list_query)
  local name = options.dialect or dialects.choose(path, list_query)
  return dialects.by_name[name].first(list_query, options.page_size)
end

--- Walks a list. Gives an iterator that a generic `for` can call: `for record in pages.each(…) do`.
--- The further values are what `for` needs to give up the page fetched ahead on `break`.
---@param transport zendesk.Transport
---@param path string
---@param options zendesk.PagesOptions|nil
---@return zendesk.Iterator iterator, nil, nil, zendesk.Iterator
function pages.each(transport, path, options)
  options = settings.check(path, options)
  local bare, tail, foreign = own_path(transport, path)
  local list_query = options.query
  if tail then list_query = list_query and query.join(tail, list_query) or tail end
  local list = checkpoint.list_of(bare, list_query)
  local place, trouble = place_of(options, list)
  trouble = foreign or trouble

  local ended = place and place.done
  local iterator = iterator_of.new {
    transport = transport, path = bare, query = list_query, list = list, options = options,
    trouble = trouble,
    position = ended and place or nil,
    following = not ended and not trouble and (place or first_place(options, bare, list_query))
      or nil,
    skip = place and place.index and place or nil,
  }
  return iterator, nil, nil, iterator
end

--- Why a walk cannot begin at all: its address or its checkpoint. Sends nothing.
---@param iterator zendesk.Iterator
---@return zendesk.Error|nil
function pages.fault(iterator)
  return iterator._trouble
end

--- Every record of a list, in one table, which is marked as an array: an empty one is written `[]`.
---@param transport zendesk.Transport
---@param path string
---@param options zendesk.PagesOptions|nil
---@return table[]|nil list, zendesk.Error|nil err
function pages.collect(transport, path, options)
  local iterator <close> = pages.each(transport, path, options)
  local list, count = {}, 0
  while true do
    local record, err = next_record(iterator)
    if err then return nil, err end
    if record == nil then return setmetatable(list, core.array_mt) end
    count = count + 1
    list[count] = record
  end
end

return pages
