-- pages: lists as Zendesk gives them, 100 records a page, written to files: the same bytes in every
-- run but for the port in their links. Ids lie beyond what a double holds exactly.

local process = require "spec.support.process"

local pages = {}

pages.FIRST_ID = 9007199254740993 -- 2^53 + 1
pages.PER_PAGE = 100

-- A generator of its own, so that the pages do not depend on Lua's.
local function numbers(seed)
  local state = seed * 2654435761 + 12345
  return function(below)
    state = (state * 6364136223846793005 + 1442695040888963407)
    return (state >> 33) % below
  end
end

local SUBJECTS = {
  "My printer is on fire", "Cannot log in since this morning", "Rechnung fehlt für März",
  "Order arrived damaged", "How do I change the plan?", "アカウントを削除したい",
}
local STATUSES = { "new", "open", "pending", "hold", "solved", "closed" }
local PRIORITIES = { '"low"', '"normal"', '"high"', '"urgent"', "null" }
local SENTENCES = {
  "Hello,\\n\\nI tried the steps in \\\"Getting started\\\" twice, and the result is the same.",
  "The page says that the session has ended; after the next login it says so again.\\n",
  "Grüße aus Köln – wir warten seit gestern auf eine Antwort.\\n",
  "Attached are the log of the last hour and a picture of the screen.",
  "It used to work last week, before the update to version 4.12.\\r\\n",
  "Please call back between 9 and 12; the number is in the profile.",
}

local function description(random)
  local parts = {}
  for index = 1, 12 do parts[index] = SENTENCES[random(#SENTENCES) + 1] end
  return table.concat(parts, " ")
end

local function custom_fields(random)
  local list = {}
  for index = 1, 6 do
    local value = "null"
    if random(3) == 0 then value = ('"choice_%d"'):format(random(40)) end
    if random(9) == 0 then value = ("%d.%d"):format(random(1000), random(100)) end
    list[index] = ('{"id":%d,"value":%s}'):format(360000000000 + index * 17, value)
  end
  return table.concat(list, ",")
end

-- The fields and their order are those of the API's reference.
local TICKET = '{"url":"https://acme.zendesk.com/api/v2/tickets/%d.json","id":%d,'
  .. '"external_id":null,"via":{"channel":"web","source":{"from":{},"to":{},"rel":null}},'
  .. '"created_at":"2026-0%d-1%dT0%d:15:30Z","updated_at":"2026-10-0%dT12:0%d:41Z",'
  .. '"generated_timestamp":17%08d,"type":"incident","subject":"%s","raw_subject":"%s",'
  .. '"description":"%s","priority":%s,"status":"%s","recipient":null,"requester_id":%d,'
  .. '"submitter_id":%d,"assignee_id":%d,"organization_id":%d,"group_id":%d,'
  .. '"collaborator_ids":[%d,%d],"follower_ids":[],"email_cc_ids":[%d],"forum_topic_id":null,'
  .. '"problem_id":null,"has_incidents":false,"is_public":true,"due_at":null,'
  .. '"tags":["enterprise","emea","lang_de","plan_%d"],"custom_fields":[%s],'
  .. '"satisfaction_rating":{"score":"unoffered"},"sharing_agreement_ids":[],'
  .. '"custom_status_id":%d,"encoded_id":"Q%06X-Z","fields":[%s],"followup_ids":[],'
  .. '"ticket_form_id":360000123456,"brand_id":360000654321,"allow_channelback":false,'
  .. '"allow_attachments":true,"from_messaging_channel":false}'

---@param number integer counted from 1
---@return string json
function pages.ticket(number)
  local random = numbers(number)
  local id = pages.FIRST_ID + number
  local function person() return 900000000000 + random(100000000) end
  local subject, fields = SUBJECTS[random(#SUBJECTS) + 1], custom_fields(random)
  return TICKET:format(id, id, 1 + random(9), random(10), random(10), 1 + random(9), random(10),
    random(100000000), subject, subject, description(random),
    PRIORITIES[random(#PRIORITIES) + 1], STATUSES[random(#STATUSES) + 1], person(), person(),
    person(), person(), person(), person(), person(), person(), random(30), fields,
    360000000000 + random(1000), random(1 << 24), fields)
end

local TOKEN = '{"url":"https://acme.zendesk.com/api/v2/oauth/tokens/%d.json","id":%d,'
  .. '"user_id":%d,"client_id":%d,"token":"%07x","refresh_token":null,'
  .. '"created_at":"2026-0%d-1%dT09:30:00Z","expires_at":null,"used_at":"2026-10-0%dT11:00:00Z",'
  .. '"scopes":["tickets:read","users:read"]}'

---@param number integer counted from 1
---@return string json
function pages.token(number)
  local random = numbers(number)
  local id = pages.FIRST_ID + number
  return TOKEN:format(id, id, 900000000000 + random(100000000), 223443 + random(50),
    random(1 << 28), 1 + random(9), random(10), 1 + random(9))
end

---The part of a page that does not depend on where it is served: its records.
---@param record fun(number: integer): string
---@param page integer counted from 1
---@return string json an array
function pages.records(record, page)
  local list = {}
  for index = 1, pages.PER_PAGE do list[index] = record((page - 1) * pages.PER_PAGE + index) end
  return "[" .. table.concat(list, ",") .. "]"
end

---A whole page.
---@param list { name: string, path: string } key of the records, and path of the list
---@param base_url string
---@param page integer
---@param total integer
---@param records string
---@return string json
function pages.text(list, base_url, page, total, records)
  local more = page < total
  local next_page = ('"%s%s?page%%5Bsize%%5D=100&page%%5Bafter%%5D=p%d"'):format(
    base_url, list.path, page + 1)
  return ('{"%s":%s,"meta":{"has_more":%s,"after_cursor":"p%d","before_cursor":"p%d"},'
    .. '"links":{"prev":null,"next":%s}}'):format(list.name, records, more, page + 1, page - 1,
    more and next_page or "null")
end

local LISTS = {
  { name = "tickets", path = "/api/v2/tickets.json", record = pages.ticket },
  { name = "tokens", path = "/api/v2/oauth/tokens.json", record = pages.token },
}

---Writes both lists: DIRECTORY/tickets-http/1.json and so on.
---@param directory string
---@param origins table<"http"|"https", string>
---@param total integer pages of each list
function pages.write(directory, origins, total)
  for _, list in ipairs(LISTS) do
    for scheme in pairs(origins) do
      assert(os.execute(("mkdir -p %s"):format(
        process.quote(("%s/%s-%s"):format(directory, list.name, scheme)))))
    end
    for page = 1, total do
      local records = pages.records(list.record, page)
      for scheme, origin in pairs(origins) do
        process.write_file(("%s/%s-%s/%d.json"):format(directory, list.name, scheme, page),
          pages.text(list, origin, page, total, records))
      end
    end
  end
end

return pages
