-- walks: records and servers for specs of lists.

local walks = {}

-- Records first … last.
function walks.tickets(first, last)
  local list = {}
  for id = first, last do list[#list + 1] = { id = id } end
  return list
end

function walks.ids(list)
  local found = {}
  for place, record in ipairs(list) do found[place] = record.id end
  return table.concat(found, " ")
end

-- The ids of what an iterator still has to give.
function walks.rest(iterator)
  local found = {}
  for record in iterator do found[#found + 1] = record end
  return walks.ids(found)
end

-- A server, for spec.support.scripted, with `count` tickets that pages by cursor; the cursor is the
-- last id given.
function walks.cursor_server(count)
  return function(call)
    local after = tonumber(call.query["page[after]"] or 0)
    local last = math.min(after + call.query["page[size]"], count)
    return {
      body = {
        tickets = walks.tickets(after + 1, last),
        meta = { has_more = last < count, after_cursor = tostring(last) },
        links = { next = "https://acme.zendesk.com/api/v2/tickets?x" },
      },
    }
  end
end

-- A userdata, as JSON null is one.
walks.null = io.stdout

return walks
