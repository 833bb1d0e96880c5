local fake_driver = require "spec.support.fake_driver"
local request = require "zendesk.request"

describe("the pipeline", function()
  local driver, account, transport, release

  before_each(function()
    driver, account = fake_driver.new(), fake_driver.account()
    release = fake_driver.capture_bodies()
    transport = request.new { account = account, driver = driver, random = function() return 0 end }
  end)

  after_each(function() release() end)

  describe("raises misuse at the caller's line", function()
    local function raises(pattern, ...)
      local arguments = table.pack(...)
      local line = debug.getinfo(1, "l").currentline + 2
      local ok, message = pcall(function()
        transport:request(table.unpack(arguments, 1, arguments.n))
      end)
      assert.is_false(ok)
      assert.matches(pattern, message)
      assert.matches(("request_misuse_spec.lua:%d: zendesk: "):format(line), message, 1, true)
      assert.equal(0, #driver.requests)
    end

    it("for methods and paths that are none", function()
      raises("method: string expected, got nil", nil, "/x")
      raises("method 'FETCH' is not known", "FETCH", "/x")
      raises("path: string expected, got number", "GET", 7)
      raises("options: table expected, got string", "GET", "/x", "y")
    end)

    it("for unknown options, with the nearest", function()
      raises("unknown option 'jsn' %(did you mean 'json'%?%)", "POST", "/x", { jsn = {} })
      raises("unknown option 'tiemout' %(did you mean 'timeout'%?%)", "GET", "/x", { tiemout = 1 })
      raises("unknown option 'per_page' %(Zendesk", "GET", "/x", { per_page = 1 })
      raises("unknown option 'params' %(did you mean 'query'%?%)", "GET", "/x", { params = {} })
      raises("go into option 'query'", "GET", "/x", { sort_by = "id" })
      raises("a text of JSON was given", "POST", "/x", { json = ' {"ticket":{}}' })
      raises("a text of JSON was given", "POST", "/x", { json = "[1]" })
      raises("unknown option 'ticket' %(what is to be sent goes into option 'json'%)", "POST", "/x",
        { ticket = {} })
      raises("unknown option '1'", "GET", "/x", { "y" })
      raises("unknown option 'deadline_at'", "GET", "/x", { deadline_at = 1 })
    end)

    it("for options of a wrong type", function()
      raises("'query': table or string expected, got number", "GET", "/x", { query = 7 })
      raises("'headers': table expected, got string", "GET", "/x", { headers = "a: b" })
      raises("'timeout': number expected, got string", "GET", "/x", { timeout = "5" })
      raises("'retry': table or boolean expected, got number", "GET", "/x", { retry = 3 })
      raises("'body': string or core.body expected, got table", "POST", "/x", { body = {} })
      raises("'body': string or core.body expected, got userdata", "POST", "/x",
        { body = io.stdout })
      raises("'max_body': a positive integer", "GET", "/x", { max_body = 1.5 })
      raises("'timeout': a positive number", "GET", "/x", { timeout = 0 })
      raises("'deadline': a positive number", "GET", "/x", { deadline = 0 / 0 })
    end)

    it("for bodies that contradict each other", function()
      raises("'json' and 'body' are both given", "POST", "/x", { json = {}, body = "x" })
      raises("GET takes no body: use option 'query'", "GET", "/x", { json = {} })
      raises("HEAD takes no body", "HEAD", "/x", { body = "x" })
      raises("'content_type' comes without 'body'", "POST", "/x", { content_type = "a/b" })
      raises("'content_type' belongs to 'body'", "POST", "/x", { json = {}, content_type = "a/b" })
    end)

    it("for headers that are not the caller's to set", function()
      for _, name in ipairs {
        "Authorization", "authorization", "Host", "Content-Length", "Transfer-Encoding",
        "Connection", "Cookie", "Proxy-Authorization", "Accept-Encoding", "Expect",
        "HTTP2-Settings", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Upgrade",
      } do
        raises("header '" .. name:gsub("%-", "%%-") .. "': ", "GET", "/x",
          { headers = { [name] = "canary" } })
      end
    end)

    it("for headers that would break the request apart", function()
      for _, value in ipairs { "a\r\nX: y", "a\nb", "a\0b", "a\127" } do
        raises("header 'X%-A' holds a control character", "GET", "/x",
          { headers = { ["X-A"] = value } })
      end
      for _, name in ipairs { "", "a b", "a:b", "a\r\nb", "\u{e9}" } do
        raises("is no name of a header", "GET", "/x", { headers = { [name] = "v" } })
      end
      raises("header 'X' *: string expected, got table", "GET", "/x", { headers = { X = {} } })
      raises("'1' is no name of a header", "GET", "/x", { headers = { "v" } })
    end)

    it("for idempotency keys that are none", function()
      for _, key in ipairs { "", ("k"):rep(256), "a b", "a\n", "\u{e9}" } do
        raises("1 to 255 printable ASCII", "POST", "/x", { json = {}, idempotency_key = key })
      end
    end)

    it("never with a value in the text", function()
      local _, message = pcall(transport.request, transport, "GET", "/x",
        { headers = { Authorization = "Bearer canary" } })
      assert.not_matches("canary", message)
    end)
  end)
end)
