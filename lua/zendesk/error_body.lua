-- error_body: reads the shapes in which Zendesk words an error.
--
-- Which shape comes depends on the service that answers, not on the endpoint's documentation, so
-- every body is tried against all of them. Pure functions; nothing here raises.

local error_body = {}

---@class zendesk.ErrorFacts
---@field code string|nil the word a program can compare: RecordInvalid, invalid_token, …
---@field message string|nil the sentence for a person
---@field details table|nil what the server says about single fields, as it came

local function text(value)
  if type(value) == "string" and value:find "%S" then return value end
  if math.type(value) == "integer" then return ("%d"):format(value) end
  return nil
end

-- A code is one word. Old endpoints put a sentence into `error`.
local function is_code(value)
  return value ~= nil and #value <= 64 and not value:find "[^%w_.:%-]"
end

local function as_table(value)
  return type(value) == "table" and value or nil
end

local describe -- mutually recursive with `describe_fields`

local function describe_fields(fields, depth)
  local names, parts = {}, {}
  for name in next, fields do
    if type(name) == "string" then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local said = describe(fields[name], depth + 1)
    if said then parts[#parts + 1] = name .. ": " .. said end
  end
  return #parts > 0 and table.concat(parts, "; ") or nil
end

-- Details come as strings, as {description, error} objects, as lists of either, and as maps of all
-- these by field name.
function describe(value, depth)
  if text(value) then return text(value) end
  if type(value) ~= "table" or depth > 4 then return nil end
  local said = text(value.description) or text(value.message) or text(value.detail)
    or text(value.title)
  if said then return said end
  if #value == 0 then return text(value.error) or describe_fields(value, depth) end
  local parts = {}
  for _, item in ipairs(value) do
    parts[#parts + 1] = describe(item, depth + 1)
  end
  return #parts > 0 and table.concat(parts, ", ") or nil
end

local function join(sentence, addition)
  if not addition then return sentence end
  if not sentence then return addition end
  if sentence:find(addition, 1, true) then return sentence end
  return sentence .. " (" .. addition .. ")"
end

-- {"error":"invalid_grant","error_description":"…"}: RFC 6749, section 5.2
local function read_oauth(body)
  if not text(body.error) or not text(body.error_description) then return nil end
  return { code = text(body.error), message = text(body.error_description) }
end

-- {"error":{"title":"Forbidden","message":"You do not have access to this page."}}
local function read_object(body)
  local inner = as_table(body.error)
  if not inner then return nil end
  local title = text(inner.title) or text(inner.code) or text(inner.type)
  local message = text(inner.message) or text(inner.description) or text(inner.detail)
  local code = text(inner.code) or (is_code(title) and title or nil)
  return { code = code, message = message or title, details = as_table(inner.details) }
end

-- {"error":"RecordInvalid","description":"…","details":{…}}, {"error":"…","message":"…"},
-- {"error":"Couldn't authenticate you"}
local function read_string(body)
  local word = text(body.error)
  if not word then return nil end
  local sentence = text(body.description) or text(body.message)
  local details = as_table(body.details)
  local code = is_code(word) and word or nil
  if not sentence then sentence = word elseif not code then sentence = word .. ": " .. sentence end
  return {
    code = code,
    message = join(sentence, details and describe(details, 1)),
    details = details,
  }
end

local function first_error(list)
  for _, item in ipairs(list) do
    if type(item) == "table" then return item end
  end
  return nil
end

-- {"errors":[{"code","title","detail"}]}, {"errors":["…"]}, {"errors":{"field":["…"]}}
local function read_list(body)
  local list = as_table(body.errors)
  if not list then return text(body.errors) and { message = text(body.errors) } or nil end
  local first = first_error(list) or {}
  local parts = {}
  for _, item in ipairs(list) do
    local title = type(item) == "table" and text(item.title) or nil
    local detail = type(item) == "table" and text(item.detail) or nil
    if title and detail and title ~= detail then
      parts[#parts + 1] = title .. ": " .. detail
    else
      parts[#parts + 1] = describe(item, 1)
    end
  end
  local said = #parts > 0 and table.concat(parts, "; ") or describe_fields(list, 1)
  local code = text(first.code)
  return { code = code, message = join(text(body.description), said) or code, details = list }
end

-- {"message":"…"}, {"description":"…"}, {"code":"…"}
local function read_message(body)
  local code = text(body.code)
  local message = text(body.message) or text(body.description) or text(body.detail)
    or text(body.title)
  if not message and not code then return nil end
  return { code = code, message = message or code, details = as_table(body.details) }
end

local SHAPES = { read_oauth, read_object, read_string, read_list, read_message }

-- In two steps, each of which looks at a character once: a page may be nothing but spaces.
local function trimmed(words)
  local from = words:match "%S.*"
  return from and from:match ".*%S"
end

local function title_of(body)
  local _, at = body:find "<[Tt][Ii][Tt][Ll][Ee][^>]*>"
  local stop = at and body:find("<", at + 1, true)
  if not stop or body:sub(stop, stop + 1) ~= "</" then return nil end
  return trimmed(body:sub(at + 1, stop - 1))
end

-- The first words that a browser would show of an error page.
local function read_html(body)
  local title = title_of(body)
  if title then return title end
  local words = body:gsub("<[Ss][Cc][Rr][Ii][Pp][Tt].-</[Ss][Cc][Rr][Ii][Pp][Tt]>", " ")
    :gsub("<[Ss][Tt][Yy][Ll][Ee].-</[Ss][Tt][Yy][Ll][Ee]>", " ")
    :gsub("<[^>]*>", " ")
  return trimmed(words)
end

---Reads the body of a reply that is an error.
---@param value any the decoded body, where it is JSON
---@param raw string the body as it came
---@return zendesk.ErrorFacts facts
function error_body.parse(value, raw)
  if type(value) == "table" then
    for _, read in ipairs(SHAPES) do
      local facts = read(value)
      if facts then return facts end
    end
    return {}
  end
  if text(value) then return { message = text(value) } end
  -- Enough for the words that matter; an error page can be a megabyte.
  local head = raw:sub(1, 4096)
  if head:find "^%s*<" then return { message = read_html(head) } end
  return { message = head:match "^%s*(%S.-)%s*$" }
end

---The scopes that would do, any one of them, where a 403 names them:
---`You are missing the following required scopes: groups:read, read`.
---@param message string|nil
---@return string[]|nil
function error_body.missing_scopes(message)
  local list = message and message:match "required scopes?:%s*([%w_:,%s%.]+)"
  if not list then return nil end
  local scopes = {}
  for scope in list:gmatch "[%a][%w_:]*" do scopes[#scopes + 1] = scope end
  return #scopes > 0 and scopes or nil
end

return error_body
