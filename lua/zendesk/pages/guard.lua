-- Notices a list that goes round in circles, in constant memory: a place that comes back (Brent's
-- algorithm, so a circle of any length is found), a page that is given twice in a row, and pages
-- without records that do not end.

local guard = {}
guard.__index = guard

-- Lists that are filtered after they have been paged have empty pages in between, a few in a row.
-- So many keep one `next` busy for minutes, and no list is known to have them.
local MOST_EMPTY = 1000

---@class zendesk.PageGuard
---@field private _mark string|nil the place that is compared with
---@field private _steps integer places seen since the mark was set
---@field private _reach integer how many before the mark moves on
---@field private _page string|nil fingerprint of the page before
---@field private _empty integer pages without a record since the last one

---@return zendesk.PageGuard
function guard.new()
  return setmetatable({ _mark = nil, _steps = 0, _reach = 1, _page = nil, _empty = 0 }, guard)
end

local function key_of(position)
  return table.concat({
    position.dialect, position.page or "", position.after or "", position.cursor or "",
    position.start_time or "", position.link or "",
  }, "\n")
end

--- Takes the next place of the walk.
---@param position table
---@param path string for the message
---@return table|nil problem
function guard:place(position, path)
  local key = key_of(position)
  if key == self._mark then
    return {
      kind = "decode", code = "repeated_cursor",
      message = ("%s leads back to a page that it has already given"):format(path),
      remedy = "narrow the list, or ask in another way (dialect=)",
    }
  end
  self._steps = self._steps + 1
  if self._steps == self._reach then
    self._mark, self._steps, self._reach = key, 0, self._reach * 2
  end
  return nil
end

--- Takes the records of a page. Those of an incremental export overlap by design: not for them.
---@param list table
---@param path string for the message
---@return table|nil problem
function guard:page(list, path)
  local first, last = list[1], list[#list]
  local known = type(first) == "table" and type(last) == "table" and first.id and last.id
  local key = known and table.concat({ #list, tostring(first.id), tostring(last.id) }, "\n")
  if key and key == self._page then
    return {
      kind = "decode", code = "repeated_page",
      message = ("%s has given the same page twice"):format(path),
      remedy = "this list does not page in the way it was asked: try another dialect=",
    }
  end
  self._page = key or nil
  return nil
end

--- Takes the number of records of a page that another one follows. After a problem it counts anew.
---@param count integer
---@param path string for the message
---@return table|nil problem
function guard:records(count, path)
  self._empty = count == 0 and self._empty + 1 or 0
  if self._empty < MOST_EMPTY then return nil end
  self._empty = 0
  return {
    kind = "decode", code = "empty_pages",
    message = ("%s has given %d pages in a row without a record, and says that there is more")
      :format(path, MOST_EMPTY),
    remedy = "narrow the list, or call next again: it goes on with the page after these",
  }
end

return guard
