-- Replies that are broken, endless or not what they claim to be, as a program on top of the whole
-- library sees them.

local core = require "zendesk.core"
local faults = require "spec.support.faults"
local process = require "spec.support.process"
local raw_server = require "spec.support.raw_server"

local function reply_of(bytes, call)
  return faults.outcome_of({ { { "read" }, { "send", bytes } } }, call)
end

describe("a reply cut short", function()
  local provoke = faults.area "A reply cut short"

  local cut = {
    ["inside the status line"] = "HTTP/1.1 20",
    ["inside the headers"] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n",
    ["after a 1xx"] = "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n",
    ["inside a body with a Content-Length"] =
      'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"ok":',
    ["inside a chunk"] =
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{"ok":',
    ["after a chunk"] =
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n',
    ["before the first byte"] = "",
  }
  for where, bytes in pairs(cut) do
    provoke(where .. ", of a GET", "transport, sent, repeatable", function()
      return (reply_of(bytes))
    end)
    provoke(where .. ", of a POST", "transport, sent, ambiguous", function()
      local outcome, requests = reply_of(bytes, {
        method = "POST", json = {}, new = { retry = { attempts = 4 } },
      })
      assert.equal(1, #requests)
      return outcome
    end)
  end

  -- Nothing but JSON itself tells that something is missing.
  provoke("inside a body without a Content-Length", "decode, 200, sent, final", function()
    return (reply_of 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"ok":')
  end)

  provoke("inside a body without a Content-Length, of a POST", "decode, 201, sent, ambiguous",
    function()
      return (reply_of('HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n\r\n{"ok":',
        { method = "POST", json = {} }))
    end)
end)

describe("broken framing", function()
  local provoke = faults.area "Broken framing"

  local broken = {
    ["a Content-Length that overflows"] = "Content-Length: 99999999999999999999999\r\n\r\n{}",
    ["a negative Content-Length"] = "Content-Length: -2\r\n\r\n{}",
    ["a Content-Length that is no number"] = "Content-Length: two\r\n\r\n{}",
    ["two Content-Lengths that differ"] = "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
    ["a chunk size that is no number"] = "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    ["a chunk size that overflows"] =
      "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}\r\n0\r\n\r\n",
    ["a chunk longer than it says"] = "Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n",
  }
  for what, bytes in pairs(broken) do
    provoke(what, "transport, sent, repeatable", function()
      return (reply_of("HTTP/1.1 200 OK\r\n" .. bytes))
    end)
  end

  provoke("a reply of HTTP/0.9", "transport, sent, repeatable", function()
    return (reply_of '{"ok":true}')
  end)

  provoke("binary noise", "transport, sent, repeatable", function()
    return (reply_of(("\0\1\2\255\254"):rep(100)))
  end)

  provoke("HTTP/1.0 that ends with the connection, on loopback", "200, a table", function()
    return (reply_of 'HTTP/1.0 200 OK\r\n\r\n{"ok":true}')
  end)

  provoke("1xx replies before the real one", "200, a table", function()
    return (reply_of("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n"
      .. "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"))
  end)

  provoke("a header with a NUL", "transport, sent, repeatable", function()
    return (reply_of "HTTP/1.1 302 Found\r\nLocation: /a\0b\r\nContent-Length: 0\r\n\r\n")
  end)

  provoke("101, where nobody asked for another protocol", "transport, sent, repeatable", function()
    return (reply_of "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")
  end)
end)

describe("a reply too large", function()
  local provoke = faults.area "A reply too large"

  provoke("endless headers", "too_large, sent, final", function()
    local outcome = faults.outcome_of {
      { { "read" }, { "send", "HTTP/1.1 200 OK\r\n" },
        { "send_times", "X-Filler: " .. ("x"):rep(1000) .. "\r\n", 1000000 } },
    }
    return outcome
  end)

  -- libcurl ends at 100 KB, and calls that "out of memory".
  for where, bytes in pairs {
    ["header"] = "HTTP/1.1 200 OK\r\nX: ", ["status line"] = "HTTP/1.1 200 ",
  } do
    for method, verdict in pairs { GET = "final", POST = "ambiguous" } do
      provoke(("one %s that never ends, of a %s"):format(where, method),
        "too_large, sent, " .. verdict, function()
          local outcome, _, _, err = faults.outcome_of({
            { { "read" }, { "send", bytes }, { "send_times", ("x"):rep(1000), 10000 } },
          }, { method = method })
          assert.equal("a header line of the reply is too long", err.message)
          return outcome
        end)
    end
  end

  -- From 8.6 on libcurl has a word for it.
  local major, minor = core.versions().curl:match "^(%d+)%.(%d+)"
  local has_word = tonumber(major) * 100 + tonumber(minor) >= 806
  local trailer = has_word and "too_large, sent, final" or "transport, sent, repeatable"
  provoke("one trailer that never ends", trailer, function()
    return (faults.outcome_of {
      { { "read" },
        { "send", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX: " },
        { "send_times", ("x"):rep(1000), 10000 } },
    })
  end)

  provoke("endless 1xx", "too_large, sent, final", function()
    return (faults.outcome_of {
      { { "read" }, { "send_times", "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n", 1000000 } },
    })
  end)

  provoke("a body past max_body, by its Content-Length", "too_large, sent, final", function()
    return (faults.outcome_of({
      { { "read" }, { "send", "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" }, { "hold" } },
    }, { max_body = 1000 }))
  end)

  provoke("a body past max_body, of a POST", "too_large, sent, ambiguous", function()
    return (faults.outcome_of({
      { { "read" }, { "reply", 201, ("x"):rep(1001) } },
    }, { max_body = 1000, method = "POST", json = {} }))
  end)

  provoke("an endless body in chunks", "too_large, sent, final", function()
    return (faults.outcome_of({
      { { "read" }, { "send", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" },
        { "send_times", "400\r\n" .. ("x"):rep(1024) .. "\r\n", 1000000 } },
    }, { max_body = 100000 }))
  end)

  provoke("an endless body without framing", "too_large, sent, final", function()
    return (faults.outcome_of({
      { { "read" }, { "send", "HTTP/1.1 200 OK\r\n\r\n" },
        { "send_times", ("x"):rep(1024), 1000000 } },
    }, { max_body = 100000 }))
  end)

  provoke("a gzip bomb", "too_large, sent, final", function()
    local bomb = process.run({ "gzip", "-c" }, { stdin = ("\0"):rep(20000000) }).stdout
    assert.is_true(#bomb < 100000)
    return (faults.outcome_of({
      { { "read" }, { "reply", 200, bomb, { ["Content-Encoding"] = "gzip" } } },
    }, { max_body = 1000000 }))
  end)

  provoke("100,000 levels of JSON", "decode, 200, sent, final", function()
    return (faults.outcome_of { { { "read" }, { "reply", 200, ("["):rep(100000) } } })
  end)

  provoke("100,000 levels of JSON in an error", "invalid, 422, sent, final", function()
    return (faults.outcome_of { { { "read" }, { "reply", 422, ("["):rep(100000) } } })
  end)
end)

describe("a reply that is not what it claims", function()
  local provoke = faults.area "A reply that is not what it claims"

  local function claimed(content_type, body, call)
    return (faults.outcome_of({
      { { "read" }, { "reply", 200, body, { ["Content-Type"] = content_type } } },
    }, call))
  end

  provoke("JSON as text/html", "200, a table", function()
    return claimed("text/html", '{"ok":true}')
  end)

  provoke("JSON as text/plain", "200, a table", function()
    return claimed("text/plain; charset=utf-8", '{"ok":true}')
  end)

  provoke("text as JSON", "decode, 200, sent, final", function()
    return claimed("application/json", "all is well")
  end)

  provoke("a page of HTML under 200", "decode, 200, sent, final", function()
    return claimed("text/html", "<!DOCTYPE html><title>Sign in</title>")
  end)

  provoke("a page of HTML under 200, of a POST", "decode, 200, sent, ambiguous", function()
    return claimed("text/html", "<html><title>Sign in</title></html>",
      { method = "POST", json = {} })
  end)

  provoke("HTML as JSON", "decode, 200, sent, final", function()
    return claimed("application/json", "<html></html>")
  end)

  provoke("plain text", "200, a string", function()
    return claimed("text/plain", "all is well")
  end)

  provoke("no body under 200", "200, a boolean", function()
    return claimed("application/json", "")
  end)

  provoke("a body of spaces", "200, a boolean", function()
    return claimed("application/json", " \r\n ")
  end)

  provoke("two JSON documents", "decode, 200, sent, final", function()
    return claimed("application/json", "{}{}")
  end)

  provoke("JSON that is not UTF-8", "decode, 200, sent, final", function()
    return claimed("application/json", '{"a":"\xff\xfe"}')
  end)

  provoke("JSON in UTF-16", "decode, 200, sent, final", function()
    return claimed("application/json", "\xff\xfe{\0}\0")
  end)

  provoke("gzip that is none", "decode, sent, final", function()
    return (faults.outcome_of {
      { { "read" }, { "reply", 200, "{}", { ["Content-Encoding"] = "gzip" } } },
    })
  end)

  provoke("gzip that is cut", "transport, sent, repeatable", function()
    local whole = process.run({ "gzip", "-c" }, { stdin = ("x1y"):rep(9999) }).stdout
    return (faults.outcome_of {
      { { "read" }, { "send", ("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d"
        .. "\r\n\r\n%s"):format(#whole, whole:sub(1, #whole // 2)) } },
    })
  end)

  -- A gzip stream that its sender has ended too early, under a Content-Length that is right, which
  -- libcurl takes for a whole one.
  local function half_of_gzip(call)
    local numbers = {}
    for number = 1, 20000 do numbers[number] = number * 7919 % 100003 end
    local text = "[" .. table.concat(numbers, ",") .. "]"
    local whole = process.run({ "gzip", "-c" }, { stdin = text }).stdout
    local outcome, _, body = faults.outcome_of({
      { { "read" }, { "reply", 200, whole:sub(1, #whole // 2), {
        ["Content-Encoding"] = "gzip", ["Content-Type"] = "application/json" } } },
    }, call)
    return outcome, body, text
  end

  provoke("gzip that ends too early, in a whole body: JSON tells", "decode, 200, sent, final",
    function() return (half_of_gzip()) end)

  -- The one case in which a body may be short without a word; SECURITY.md names it.
  provoke("gzip that ends too early, in a whole body, asked for raw: nothing tells",
    "200, a string", function()
      local outcome, body, text = half_of_gzip { raw = true }
      assert.is_true(#body > 0 and #body < #text)
      assert.equal(text:sub(1, #body), body)
      return outcome
    end)

  provoke("gzip whose checksum is wrong, asked for raw", "decode, sent, final", function()
    local whole = process.run({ "gzip", "-c" }, { stdin = ("x1y"):rep(9999) }).stdout
    local damaged = whole:sub(1, -9) .. "\0\0\0\0" .. whole:sub(-4)
    return (faults.outcome_of({
      { { "read" }, { "reply", 200, damaged, { ["Content-Encoding"] = "gzip" } } },
    }, { raw = true }))
  end)

  for status, outcome in pairs {
    [502] = "server, 502, sent, repeatable", [503] = "server, 503, sent, repeatable",
    [504] = "server, 504, sent, repeatable", [403] = "forbidden, 403, sent, final",
    [404] = "not_found, 404, sent, final", [429] = "rate_limit, 429, sent, repeatable",
    [520] = "server, 520, sent, repeatable", [524] = "server, 524, sent, repeatable",
    [530] = "server, 530, sent, repeatable", [999] = "server, 999, sent, final",
  } do
    provoke(("a page of HTML under %d"):format(status), outcome, function()
      local observed, _, _, err = faults.outcome_of {
        { { "read" }, { "reply", status, "<html><title>Edge says no</title></html>", {
          ["Content-Type"] = "text/html" } } },
      }
      assert.equal("Edge says no", err.message)
      return observed
    end)
  end

  for status, outcome in pairs {
    [500] = "server, 500, sent, ambiguous", [503] = "server, 503, sent, ambiguous",
    [501] = "server, 501, sent, final", [524] = "server, 524, sent, ambiguous",
    [599] = "server, 599, sent, ambiguous",
    [429] = "rate_limit, 429, sent, repeatable", [409] = "conflict, 409, sent, final",
  } do
    provoke(("an empty %d to a POST"):format(status), outcome, function()
      return (faults.outcome_of({ { { "read" }, { "reply", status, "" } } }, {
        method = "POST", json = {},
      }))
    end)
  end

  provoke("a broken reply, and the next call", "200, a table", function()
    local server <close> = raw_server.start {
      { { "read" }, { "send", "nonsense" } }, { { "read" }, { "reply", 200, "{}" } },
    }
    local zd <close> = faults.connect(server.base_url)
    assert.equal("transport", select(2, zd:get "/api/v2/x").kind)
    return faults.describe(zd:get "/api/v2/x")
  end)
end)
