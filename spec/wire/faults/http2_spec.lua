-- HTTP/2 streams and sessions that break, against node's http2 server.

local core = require "zendesk.core"
local faults = require "spec.support.faults"
local paths = require "spec.support.paths"
local process = require "spec.support.process"
local tls_server = require "spec.support.tls_server"

describe("an HTTP/2 exchange #tls #node", function()
  local provoke = faults.area "An HTTP/2 exchange"
  local certificate, child, base_url

  setup(function()
    certificate = tls_server.start()
    child = process.start {
      "node", paths.root .. "/spec/support/http2_server.mjs",
      (certificate.ca_file:gsub("ca.pem$", "server.key")),
      (certificate.ca_file:gsub("ca.pem$", "server.pem")),
    }
    base_url = "https://localhost:" .. child:wait_for "port (%d+)\n"
  end)

  teardown(function()
    child:stop()
    certificate:stop()
  end)

  local function connect(given)
    local options = { ca_file = certificate.ca_file }
    for name, value in pairs(given or {}) do options[name] = value end
    return faults.connect(base_url, options)
  end

  local function count(request)
    local found = 0
    for line in child:output():gmatch "[^\n]+" do
      if line == request then found = found + 1 end
    end
    return found
  end

  -- The outcome, how often the request was carried out, and that the next call works.
  local function outcome_of(method, path)
    local zd <close> = connect { retry = { attempts = 4, base = 0.01 }, timeout = 1 }
    local before = count(method .. " " .. path)
    local outcome = faults.describe(zd:request(method, path))
    local times = count(method .. " " .. path) - before
    assert.equal("200, a table", faults.describe(zd:get "/ok"))
    return ("%s; sent %dx"):format(outcome, times)
  end

  provoke("that goes well", "200, a table; sent 1x", function()
    return outcome_of("POST", "/fine")
  end)

  for path, what in pairs {
    ["/rst"] = "RST_STREAM before the headers", ["/rst-cancel"] = "RST_STREAM with CANCEL",
    ["/rst-no-error"] = "RST_STREAM with NO_ERROR before the headers",
    ["/rst-calm"] = "RST_STREAM with ENHANCE_YOUR_CALM",
    ["/rst-headers"] = "RST_STREAM after the headers", ["/rst-body"] = "RST_STREAM in the body",
    ["/goaway-error"] = "GOAWAY with an error", ["/drop"] = "a session dropped without GOAWAY",
    ["/drop-body"] = "a session dropped in the body",
    ["/short"] = "a body shorter than its Content-Length",
  } do
    provoke(what .. ", of a POST", "transport, sent, ambiguous; sent 1x", function()
      return outcome_of("POST", path)
    end)
    provoke(what .. ", of a GET", "transport, sent, repeatable, 4 attempts; sent 4x", function()
      return outcome_of("GET", path)
    end)
  end

  provoke("GOAWAY after the answer", "200, a table; sent 1x", function()
    return outcome_of("POST", "/goaway-after")
  end)

  provoke("a stream that stalls, of a POST", "timeout, sent, ambiguous; sent 1x", function()
    return outcome_of("POST", "/stall")
  end)
  provoke("GOAWAY that promises an answer and gives none, of a POST",
    "timeout, sent, ambiguous; sent 1x", function() return outcome_of("POST", "/goaway") end)
  provoke("REFUSED_STREAM, of a POST", "transport, sent, ambiguous; sent 1x", function()
    return outcome_of("POST", "/rst-refused")
  end)

  -- libcurl repeats such a request by itself, or gives it up where its connection has nothing left
  -- to do; then it is proved all the same that the server has not looked at it.
  it("knows that a request left over by a GOAWAY was not taken up", function()
    local engine <close> = core.engine {}
    local account = core.account { base_url = base_url, ca_file = certificate.ca_file }
    local function send(method, path)
      return engine:submit(account, { method = method, path = path, timeout = 5 })
    end
    for _ = 1, 20 do
      local before = count "POST /first"
      local beside, first = send("GET", "/ok"), send("POST", "/first")
      while count "POST /first" == before or not beside:done() do engine:step(0.01) end
      beside:close()
      local left_over = send("POST", "/left-over")
      while not (first:done() and left_over:done()) do engine:step(0.05) end
      assert.equal(200, (first:outcome()))
      local status, kind, _, sent = left_over:outcome()
      if status ~= 200 then assert.same({ "transport", false }, { kind, sent }) end
      first:close()
      left_over:close()
    end
  end)

  -- libcurl reads from idle connections while it looks for one to repeat a request on.
  it("takes the GOAWAY of another connection for no proof: a POST goes out once", function()
    local engine <close> = core.engine {}
    local account = core.account { base_url = base_url, ca_file = certificate.ca_file }
    local function send(method, path)
      return engine:submit(account, { method = method, path = path, timeout = 5 })
    end
    local function finish(...)
      local last
      for _, transfer in ipairs { ... } do
        while not transfer:done() do engine:step(0.05) end
        last = { transfer:outcome() }
        transfer:close()
      end
      return last
    end
    finish(send("GET", "/narrow"))
    finish(send("GET", "/slow"), send("GET", "/narrow"))
    finish(send("GET", "/slow"), send("GET", "/slow"), send("GET", "/narrow"))
    for _ = 1, 3 do finish(send("GET", "/ok")) end
    local _ <close> = send("GET", "/hold")
    while count "GET /hold" == 0 do engine:step(0.05) end
    local outcome = finish(send("POST", "/elsewhere"))
    assert.equal(1, count "POST /elsewhere")
    assert.same({ nil, "transport" }, { outcome[1], outcome[2] })
    assert.is_true(outcome[4])
  end)
end)
