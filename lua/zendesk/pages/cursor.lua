-- The cursor dialect: `page[size]` and `page[after]` out, `meta` and `links` back. A server that
-- does not know it answers in another dialect; the position then goes over to that one. Search
-- export is the same with larger pages. Pure functions.

local link = require "zendesk.pages.link"
local linked = require "zendesk.pages.linked"
local offset = require "zendesk.pages.offset"
local query = require "zendesk.pages.query"
local values = require "zendesk.pages.values"

local cursor = {}

local LARGEST = 100

local function first_position(name, default_size)
  return function(list_query, page_size)
    local size = page_size or values.integer(query.get(list_query, "page[size]")) or default_size
    return { dialect = name, size = size, after = query.get(list_query, "page[after]") }
  end
end

-- A walk that ends after few records does not ask for a full page; the place does not depend on it.
local function query_of(position, list_query, most)
  return query.with(list_query, {
    ["page[size]"] = math.min(position.size, most),
    ["page[after]"] = position.after or false,
  })
end

-- Without a cursor in `meta`, the link is what there is: its cursor, or the link as it stands.
local function follow_link(position, links, page)
  local address = values.text(links.next)
  if not address then return nil end
  local path, problem = link.follow(address, page)
  if not path then return nil, problem end
  local after = link.parameter(path, "page[after]")
  if not after then return { dialect = "linked", link = path } end
  return { dialect = position.dialect, size = position.size, after = after }
end

local function dead_end(page)
  return nil, {
    kind = "decode", code = "no_cursor",
    message = ("%s says that there is more, and does not say where"):format(page.path),
    remedy = 'ask in another way: dialect = "offset"',
  }
end

-- The reply answers in this dialect when it carries `meta`, or links and no older keys.
local function advance(position, page)
  local body = page.body
  local meta, links = values.table(body.meta), values.table(body.links) or {}
  if not meta and not values.text(links.next) then return nil, nil, true end
  local more = meta and meta.has_more
  if more == false or (more ~= true and not values.text(links.next)) then return nil end
  local after = meta and values.text(meta.after_cursor)
  if after then return { dialect = position.dialect, size = position.size, after = after } end
  local following, problem = follow_link(position, links, page)
  if following or problem then return following, problem end
  return dead_end(page)
end

local function advance_or_switch(position, page)
  local following, problem, foreign = advance(position, page)
  if not foreign then return following, problem end
  local older = linked.recognise(page)
  if older then return older end
  if values.text(page.body.next_page) then return offset.continue(position, page) end
  return nil
end

local function explain_cursor(err, position)
  if err.status ~= 400 and err.status ~= 422 then return nil end
  if position.size > LARGEST then
    return { remedy = ("a page holds at most %d records here: lower page_size"):format(LARGEST) }
  end
  return {
    remedy = 'where this list does not page by cursor, ask with dialect = "offset"',
  }
end

local function explain_export(err, position)
  if err.status ~= 400 and err.status ~= 422 then return nil end
  if not position.after then
    return { remedy = "a search export needs query= and, for most accounts, filter[type]=" }
  end
  return {
    code = "cursor_expired",
    remedy = "the cursor of a search export lives for one hour: begin the walk anew",
  }
end

cursor.cursor = {
  first = first_position("cursor", LARGEST),
  query = query_of, advance = advance_or_switch, explain = explain_cursor,
}

cursor.export = {
  first = first_position("export", 100),
  query = query_of, advance = advance, explain = explain_export,
}

return cursor
