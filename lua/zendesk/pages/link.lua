-- Follows a link to the next page: the `Link` header, and addresses in reply bodies. The check
-- that a link stays on the account's own origin is the core's (`resolve`); this file decides what
-- a foreign one means. Pure functions.

local query = require "zendesk.pages.query"

local link = {}

--- The address marked rel="next" in a `Link` header.
---@param header string|nil
---@return string|nil
function link.next_of(header)
  if not header then return nil end
  for address, parameters in header:gmatch "<([^<>]*)>([^<]*)" do
    local relation = parameters:match '[;%s][Rr][Ee][Ll]%s*=%s*"([^"]*)"'
      or parameters:match "[;%s][Rr][Ee][Ll]%s*=%s*([^%s;,\"]+)"
    for word in (relation or ""):gmatch "%S+" do
      if word:lower() == "next" then return address end
    end
  end
  return nil
end

-- The origin alone, without a user name: the rest of a foreign address may hold anything.
local function origin_of(address)
  local scheme, authority = address:match "^(%a[%w+.-]*://)([^/?#]*)"
  if not scheme then return "an address that cannot be read" end
  return scheme .. authority:gsub("^.*@", "")
end

--- The path and query of a next link, or a problem when it leads to another origin.
---@param address string
---@param page table the page it stands on; page.resolve checks the origin
---@return string|nil path, table|nil problem
function link.follow(address, page)
  local path = page.resolve(address)
  if path then return path end
  return nil, {
    kind = "redirect", code = "foreign_link",
    message = ("the next page of %s is said to be at %s; credentials do not go there")
      :format(page.path, origin_of(address)),
    remedy = 'ask by cursor (dialect = "cursor"), or use the base_url that the links name',
  }
end

--- A parameter of a link, decoded.
---@param path string path with query
---@param name string
---@return string|nil
function link.parameter(path, name)
  local _, text = query.split(path)
  return query.get(text, name)
end

return link
