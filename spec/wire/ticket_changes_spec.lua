-- Which changes of tickets are repeated, by what the sandbox has seen.

local sandbox = require "zendesk.sandbox"
local zendesk = require "zendesk"

describe("a change of a ticket whose reply is lost", function()
  local box, zd, path

  setup(function() box = assert(sandbox.start()) end)
  teardown(function() box:stop() end)
  before_each(function()
    box:reset()
    zd = assert(zendesk.new {
      base_url = box.base_url, email = box.email, api_token = box.api_token,
      retry = { base = 0.01 },
    })
    path = ("/api/v2/tickets/%d"):format(box:seed { tickets = { { subject = "a" } } }.tickets[1].id)
    box:fail { path = "^/api/v2/tickets/", method = "PUT", drop = "after" }
    box:clear_requests()
  end)
  after_each(function() zd:close() end)

  local function puts()
    local count = 0
    for _, request in ipairs(box:requests()) do
      if request.method == "PUT" then count = count + 1 end
    end
    return count
  end

  it("is repeated where that makes no difference", function()
    assert(zd:put(path, { json = { ticket = { priority = "high" } } }))
    assert.equal(2, puts())
  end)

  it("is in doubt, and sent once, where its comment would be there twice", function()
    local id = path:match "%d+$"
    for _, change in ipairs {
      { path, { ticket = { comment = { body = "x" } } } },
      { path, { ticket = { priority = "high", safe_update = true, updated_stamp = "" } } },
      { "/api/v2/tickets/update_many?ids=" .. id, { ticket = { comment = { body = "x" } } } },
      { "/api/v2/tickets/update_many", { tickets = {
        { id = math.tointeger(id), comment = { body = "x" } },
      } } },
    } do
      box:clear_faults()
      box:clear_requests()
      box:fail { path = "^/api/v2/tickets/", method = "PUT", drop = "after" }
      local body, err = zd:put(change[1], { json = change[2] })
      assert.is_nil(body)
      assert.is_true(err.ambiguous)
      assert.equal(1, puts())
    end
  end)

  it("is repeated where the caller says that it may be", function()
    assert(zd:put(path, {
      json = { ticket = { comment = { body = "x" } } }, retry = { base = 0.01, idempotent = true },
    }))
    assert.equal(2, puts())
  end)
end)
