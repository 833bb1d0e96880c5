-- The table "The tutorial, call by call" of README.md: each curl command and the Lua beside it make
-- the same request.

local cjson = require "cjson"
local process = require "spec.support.process"
local sandbox = require "zendesk.sandbox"
local zendesk = require "zendesk"

local TOKEN = "test-bearer-token"

-- Rows of three cells whose second is a curl command: step, curl, Lua.
local function rows()
  local list = {}
  for line in io.lines "README.md" do
    local step, curl, lua = line:match "^| ([%l ]+) | `(curl .*)` | `(.*)` |$"
    if step then list[#list + 1] = { step = step, curl = curl, lua = lua } end
  end
  return list
end

-- What the ids and the token of the table stand for.
local function prepare(box)
  box:reset()
  assert(box:seed {
    clients = { { id = 223443, identifier = "tutorial" } },
    tokens = {
      { id = 1234, client_id = 223443 },
      { id = 1235, client_id = 223443, full_token = TOKEN, scopes = { "read" } },
    },
  })
  box:clear_requests()
end

local function last_request(box)
  local list = box:requests()
  assert.equal(1, #list)
  local seen = list[1]
  return {
    method = seen.method, path = seen.path, status = seen.status,
    authorization = seen.headers.authorization,
    content_type = seen.headers["content-type"],
    body = seen.body ~= "" and cjson.decode(seen.body) or nil,
  }
end

local function run_curl(command, box)
  return process.run({ "sh", "-c", command }, {
    env = { ZD = box.base_url, AUTH = box.email .. "/token:" .. box.api_token, TOKEN = TOKEN },
  })
end

describe("the tutorial's table in README.md", function()
  local box, zd, reader

  setup(function()
    box = assert(sandbox.start {})
    zd = assert(zendesk.new {
      base_url = box.base_url, email = box.email, api_token = box.api_token,
    })
    reader = assert(zendesk.new { base_url = box.base_url, access_token = TOKEN })
  end)

  teardown(function()
    zd:close()
    reader:close()
    box:stop()
  end)

  it("has the five calls", function() assert.equal(5, #rows()) end)

  for _, row in ipairs(rows()) do
    it(("says the same twice: %s"):format(row.step), function()
      prepare(box)
      local result = run_curl(row.curl, box)
      assert.equal(0, result.status)
      local by_curl = last_request(box)
      prepare(box)
      assert(load("return " .. row.lua, row.step, "t", { zd = zd, reader = reader }))()
      local by_lua = last_request(box)
      assert.truthy(by_curl.status >= 200 and by_curl.status <= 299, tostring(by_curl.status))
      assert.same(by_curl, by_lua)
    end)
  end
end)
