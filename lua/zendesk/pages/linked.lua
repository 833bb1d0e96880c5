-- The dialect of lists that give the whole address of their next page: `after_url` (ticket
-- audits), `next_page_url` with `has_more` (engagements), the `Link` header (webhooks, Help
-- Center). The address is followed as it stands, on the account's own origin only. Pure
-- functions.

local link = require "zendesk.pages.link"
local values = require "zendesk.pages.values"

local linked = {}

local function address_of(page)
  local body = page.body
  if body.has_more == false then return nil end
  local links = values.table(body.links)
  return values.text(body.after_url) or values.text(body.next_page_url)
    or (links and values.text(links.next)) or values.text(body.next_page)
    or link.next_of(page.link)
end

-- An empty page with the same address again is how some of these lists end.
local function advance(position, page)
  local address = address_of(page)
  if not address then return nil end
  local path, problem = link.follow(address, page)
  if not path then return nil, problem end
  if path == position.link and page.count == 0 then return nil end
  return { dialect = "linked", link = path }
end

--- The next position when a reply to a cursor request speaks this dialect; nil when it does not.
---@param page table
---@return table|nil position, table|nil problem
function linked.recognise(page)
  local body = page.body
  local speaks = values.text(body.after_url) or values.text(body.next_page_url)
    or (not values.text(body.next_page) and link.next_of(page.link))
  if not speaks then return nil end
  return advance({}, page)
end

linked.linked = {
  first = function() return { dialect = "linked" } end,
  query = function(_, list_query) return list_query end,
  advance = advance,
  explain = function() return nil end,
}

return linked
