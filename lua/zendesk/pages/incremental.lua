-- The two dialects of incremental exports: by time (`start_time` → `end_time`), whose pages
-- overlap by the records of one second, and by cursor. Both can be taken up again later, for what
-- has changed since: the place after the end is kept, and where the last reply does not name one,
-- the place of that reply. Pure functions.

local link = require "zendesk.pages.link"
local query = require "zendesk.pages.query"
local timestamp = require "zendesk.timestamp"
local values = require "zendesk.pages.values"

local incremental = {}

local FULL_PAGE = 1000
-- More ids than this in one second are not kept: a record may then be given twice, never lost.
local KEPT_IDS = 200

local STAMPS = { "generated_timestamp", "timestamp", "updated_at", "created_at" }

-- The time under which the export has filed a record.
local function stamp_of(record)
  for _, name in ipairs(STAMPS) do
    local value = record[name]
    local seconds = math.tointeger(value) or timestamp.parse(value)
    if seconds then return seconds end
  end
  return nil
end

local function first_position(name)
  return function(list_query, page_size)
    return {
      dialect = name, size = page_size,
      start_time = values.integer(query.get(list_query, "start_time")),
      cursor = query.get(list_query, "cursor"),
    }
  end
end

local function query_of(position, list_query)
  local changes = {
    start_time = position.cursor == nil and position.start_time or false,
    cursor = position.cursor or false,
  }
  if position.size then changes.per_page = position.size end
  return query.with(list_query, changes)
end

local function boundary_ids(page, second)
  local ids = {}
  for _, record in ipairs(page.records) do
    if type(record) == "table" and record.id ~= nil and stamp_of(record) == second
      and #ids < KEPT_IDS then
      ids[#ids + 1] = record.id
    end
  end
  return ids
end

local function stuck(page, second)
  return nil, {
    kind = "decode", code = "stuck_export",
    message = ("%s gives a full page whose records all fall into one second (%d) and would give it"
      .. " for ever"):format(page.path, second),
    remedy = "use the export by cursor (" .. page.path:gsub("%.json$", "") .. "/cursor), or go on"
      .. " with a start_time one second later",
  }
end

local function dead_end(page)
  return {
    kind = "decode", code = "no_cursor",
    message = ("%s says that there is more, and does not say where"):format(page.path),
  }
end

local function ended(position, page)
  local body = page.body
  if body.end_of_stream == true then return true end
  if body.end_of_stream == false then return false end
  local count = values.integer(body.count) or page.count
  return count < (position.size or FULL_PAGE)
end

-- Where the following page, or a later run, begins; nil when the reply does not say.
local function place_after(position, page)
  local body = page.body
  local address = values.text(body.next_page)
  local path, problem
  if address then
    path, problem = link.follow(address, page)
    if problem then return nil, problem end
  end
  local cursor = path and link.parameter(path, "cursor")
  if cursor then return { dialect = "incremental", size = position.size, cursor = cursor } end
  local second = values.integer(body.end_time)
    or (path and values.integer(link.parameter(path, "start_time")))
  if not second then return nil end
  return {
    dialect = "incremental", size = position.size, start_time = second,
    seen = boundary_ids(page, second),
  }
end

local function advance_time(position, page)
  if ended(position, page) then return nil end
  local following, problem = place_after(position, page)
  if not following then
    if page.body.end_of_stream == nil then return nil, problem end
    return nil, problem or dead_end(page)
  end
  if following.start_time and following.start_time == position.start_time then
    return stuck(page, following.start_time)
  end
  return following
end

-- Records that the previous page has already given, in this very version.
local function keeps(position)
  local seen, second = position.seen, position.start_time
  if not seen or #seen == 0 then return nil end
  local known = {}
  for _, id in ipairs(seen) do known[id] = true end
  return function(record)
    return type(record) ~= "table" or not known[record.id] or stamp_of(record) ~= second
  end
end

local function explain(err, position)
  if err.status ~= 400 and err.status ~= 422 then return nil end
  if position.cursor then
    return { remedy = "the cursor is no longer known: begin again with start_time=" }
  end
  if not position.start_time then
    return { remedy = "an incremental export begins with query = { start_time = <epoch seconds> }" }
  end
  return { remedy = "start_time= must lie at least 60 seconds in the past" }
end

local function cursor_after(page)
  local meta = values.table(page.body.meta) or {}
  return values.text(page.body.after_cursor) or values.text(meta.after_cursor)
end

local function advance_cursor(position, page)
  local body = page.body
  local meta = values.table(body.meta) or {}
  if body.end_of_stream == true or meta.has_more == false then return nil end
  local cursor = cursor_after(page)
  if not cursor then
    if body.end_of_stream == nil and meta.has_more == nil then return nil end
    return nil, dead_end(page)
  end
  return { dialect = "incremental_cursor", size = position.size, cursor = cursor }
end

incremental.time = {
  first = first_position "incremental",
  query = query_of, advance = advance_time, explain = explain, keeps = keeps,
  resume = place_after, stamp = stamp_of,
}

incremental.cursor = {
  first = first_position "incremental_cursor",
  query = query_of, advance = advance_cursor, explain = explain,
  resume = function(position, page)
    local cursor = cursor_after(page)
    return cursor and { dialect = "incremental_cursor", size = position.size, cursor = cursor }
  end,
  stamp = stamp_of,
}

return incremental
