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

  describe("returns", function()
    local function reply(fields, options)
      driver:reply(fields)
      return transport:request("GET", "/x", options)
    end

    it("the decoded body and the response", function()
      local body, response = reply { status = 201, headers = { ["X-Request-Id"] = "r" },
        body = '{"id":9007199254740993}' }
      assert.equal(9007199254740993, body.id)
      assert.equal(201, response.status)
      assert.equal("r", response.request_id)
      assert.equal(1, response.attempts)
    end)

    it("true where the reply has no body", function()
      assert.is_true((reply { status = 204 }))
      assert.is_true((reply { status = 200 }))
      assert.is_true((reply { status = 304 }))
    end)

    it("the bytes where they are wanted raw", function()
      assert.equal('{"a":1}', (reply({ body = '{"a":1}' }, { raw = true })))
      assert.equal("", (reply({ status = 204 }, { raw = true })))
    end)

    it("an error for a status that is none of success", function()
      local value, err = reply {
        status = 404, headers = { ["X-Request-Id"] = "r-9" },
        body = { error = "RecordNotFound", description = "Not found" },
      }
      assert.is_nil(value)
      assert.equal("not_found", err.kind)
      assert.equal("RecordNotFound", err.code)
      assert.equal(404, err.status)
      assert.equal("r-9", err.request_id)
      assert.equal(1, err.attempts)
      assert.equal("/x", err.path)
    end)

    it("an error for a redirect", function()
      local _, err = reply { status = 301, headers = { Location = "https://other.example.com/" } }
      assert.equal("redirect", err.kind)
      assert.equal("https://other.example.com/", err.location)
    end)

    it("an error for a web page with status 200", function()
      local _, err = reply {
        headers = { ["Content-Type"] = "text/html" }, body = "<html><title>Hi</title></html>",
      }
      assert.equal("decode", err.kind)
      assert.equal(200, err.status)
      assert.is_nil(err.body)
    end)

    it("an error for broken JSON, without the text", function()
      local _, err = reply {
        headers = { ["Content-Type"] = "application/json" }, body = '{"token":"canary',
      }
      assert.equal("decode", err.kind)
      for _, value in pairs(err) do assert.not_matches("canary", tostring(value)) end
    end)

    it("what went wrong on the wire", function()
      driver:reply {
        error = "tls", message = "certificate has expired", sent = false, curl_code = 60,
      }
      local _, err = transport:request("GET", "/x", { retry = false })
      assert.equal("tls", err.kind)
      assert.equal("certificate has expired", err.message)
      assert.is_false(err.sent)
      assert.equal(60, err.curl_code)
    end)

    it("what the engine refuses", function()
      driver:reply { refuse = "config", message = "path: holds a space" }
      local _, err = transport:request("GET", "/x", { retry = false })
      assert.equal("config", err.kind)
      assert.equal("path: holds a space", err.message)
      assert.is_false(err.sent)
    end)

    it("an error for an address outside of its origin, and sends nothing", function()
      for _, address in ipairs {
        "https://evil.example.com/api", "https://acme.zendesk.com.evil.example.com/", "api/v2/x",
        "http://acme.zendesk.com/api", "", "https://user:canary@evil.example.com/x?token=canary",
      } do
        local value, err = transport:request("GET", address)
        assert.is_nil(value)
        assert.equal("config", err.kind)
        assert.equal("bad_path", err.code)
        assert.not_matches("canary", tostring(err))
      end
      assert.equal(0, #driver.requests)
    end)

    it("an error for a value without a JSON form, and sends nothing", function()
      local value, err = transport:request("POST", "/x", { json = { f = print } })
      assert.is_nil(value)
      assert.equal("encode", err.kind)
      assert.is_false(err.sent)
      assert.equal(0, #driver.requests)
    end)
  end)
end)
