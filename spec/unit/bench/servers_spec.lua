-- bench.servers: the pages that are served, and nginx's configuration.

local cjson = require "cjson"
local config = require "bench.servers.config"
local json = require "zendesk.json"
local pages = require "bench.servers.pages"

local list = { name = "tickets", path = "/api/v2/tickets.json" }

local function page(number, total)
  return pages.text(list, "http://127.0.0.1:8080", number, total,
    pages.records(pages.ticket, number))
end

describe("bench.servers.pages", function()
  it("makes a page of 100 tickets and about 250 KB", function()
    local text = page(1, 3)
    assert.equal(100, #json.decode(text).tickets)
    assert.is_true(#text > 230000 and #text < 270000, #text)
  end)

  it("makes the same bytes every time", function()
    assert.equal(page(2, 3), page(2, 3))
    assert.not_equal(pages.ticket(1), pages.ticket(2))
  end)

  it("makes ids that a double does not hold", function()
    assert.equal(9007199254740994, json.decode(pages.ticket(1)).id)
    assert.equal(9007199254740995, json.decode(pages.ticket(2)).id)
    assert.equal(json.decode(pages.token(2)).id, json.decode(pages.ticket(2)).id)
  end)

  it("links each page to the next and ends with the last", function()
    local body = json.decode(page(2, 3))
    assert.equal("http://127.0.0.1:8080/api/v2/tickets.json?page%5Bsize%5D=100&page%5Bafter%5D=p3",
      body.links.next)
    assert.is_true(body.meta.has_more)
    body = json.decode(page(3, 3))
    assert.equal(json.null, body.links.next)
    assert.is_false(body.meta.has_more)
  end)
end)

describe("bench.servers.config", function()
  local ports = {}
  for index, server in ipairs(config.SERVERS) do ports[server.name] = 8000 + index end
  local text = config.text { ports = ports, echo_module = "/modules/echo.so", user = "user root;" }

  it("has a server for each name, on its port", function()
    for _, server in ipairs(config.SERVERS) do
      local listen = ("listen 127.0.0.1:%d %s reuseport"):format(ports[server.name], server.listen)
      assert.truthy(text:find(listen, 1, true), server.name)
    end
  end)

  it("leaves no name of its own unfilled", function()
    for _, name in ipairs { "port", "listen", "token", "tokens", "user", "headers", "servers" } do
      assert.is_nil(text:find("$" .. name .. "%f[^%w_]"), name)
    end
    assert.truthy(text:find("$bench_page", 1, true))
  end)

  it("answers with JSON that both decoders read", function()
    for _, body in ipairs { config.USER, config.TOKEN } do
      assert.truthy(json.decode(body))
      assert.truthy(cjson.decode(body))
    end
  end)
end)
