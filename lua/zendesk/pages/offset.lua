-- The offset dialect: `page` and `per_page` out, `next_page` back; and search, which speaks it and
-- ends after 1,000 results. Pure functions.

local link = require "zendesk.pages.link"
local query = require "zendesk.pages.query"
local values = require "zendesk.pages.values"

local offset = {}

local LAST_PAGE = 100
local SEARCH_LIMIT = 1000

local function first_position(name)
  return function(list_query, page_size)
    return {
      dialect = name,
      size = page_size or values.integer(query.get(list_query, "per_page")) or 100,
      page = values.integer(query.get(list_query, "page")) or 1,
    }
  end
end

local function query_of(position, list_query)
  return query.with(list_query, {
    page = position.page, per_page = position.size or false,
    ["page[size]"] = false, ["page[after]"] = false,
  })
end

local function repeated(page, number)
  return nil, {
    kind = "decode", code = "repeated_page",
    message = ("%s names page %d as the one after page %d"):format(page.path, number.next,
      number.current),
    remedy = 'ask in another way: dialect = "cursor"',
  }
end

-- The number of the next page where the link gives one; else the link itself is followed.
local function advance(position, page)
  local address = values.text(page.body.next_page) or link.next_of(page.link)
  if not address then return nil end
  local path, problem = link.follow(address, page)
  if not path then return nil, problem end
  local number = values.integer(link.parameter(path, "page"))
  if not number then return { dialect = "linked", link = path } end
  if number <= position.page then
    return repeated(page, { current = position.page, next = number })
  end
  local size = position.size or values.integer(link.parameter(path, "per_page"))
  return { dialect = position.dialect, size = size, page = number }
end

--- Goes on by offset after a list that was asked by cursor has answered so. The page size is the
--- one that the server names, or its default: it has not heeded ours.
---@param position table the cursor position that was answered
---@param page table
---@return table|nil position, table|nil problem
function offset.continue(position, page)
  if position.after then
    return nil, {
      kind = "decode", code = "dialect_changed",
      message = ("%s began by cursor and goes on by page number"):format(page.path),
      remedy = 'ask with dialect = "offset" from the start',
    }
  end
  return advance({ dialect = "offset", page = 1 }, page)
end

local function explain_offset(err, position)
  if err.status ~= 400 and err.status ~= 422 then return nil end
  if position.page <= LAST_PAGE then return nil end
  return {
    code = "offset_limit",
    message = ("page %d was refused: lists by page number end after %d pages")
      :format(position.page, LAST_PAGE),
    remedy = 'ask by cursor (dialect = "cursor", without page, per_page and sort_by), narrow the'
      .. " list, or use an incremental export",
  }
end

local function explain_search(err, position)
  if err.status ~= 400 and err.status ~= 422 then return nil end
  if position.page * (position.size or 100) <= SEARCH_LIMIT then return nil end
  return {
    code = "search_limit",
    message = ("a search ends after %d results; page %d was refused"):format(SEARCH_LIMIT,
      position.page),
    remedy = "use /api/v2/search/export with filter[type]=, which has no such limit, or narrow"
      .. " the query (for example by created>= and created<)",
  }
end

offset.offset = {
  first = first_position "offset",
  query = query_of, advance = advance, explain = explain_offset,
}

offset.search = {
  first = first_position "search",
  query = query_of, advance = advance, explain = explain_search,
}

return offset
