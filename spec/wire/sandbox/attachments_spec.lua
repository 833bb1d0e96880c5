local plain = require "spec.support.plain_http"
local sandbox = require "zendesk.sandbox"

local UPLOADS = "/api/v2/uploads"

describe("the sandbox's attachments", function()
  local box, http

  setup(function()
    box = assert(sandbox.start())
    http = plain.admin(box)
  end)
  teardown(function()
    http:close()
    box:stop()
  end)
  before_each(function() box:reset() end)

  local function upload(name, content, token)
    local query = "?filename=" .. name .. (token and "&token=" .. token or "")
    return http:call("POST", UPLOADS .. query, {
      body = content, content_type = "text/plain",
    })
  end

  local function path_of(address)
    return address:match "^http://[^/]+(/.*)$"
  end

  it("are uploaded, one or several under a token", function()
    local reply = upload("a%20b.txt", "first")
    assert.equal(201, reply.status)
    local token = reply.json.upload.token
    assert.equal("a b.txt", reply.json.upload.attachment.file_name)
    assert.equal(5, reply.json.upload.attachment.size)
    reply = upload("c.txt", "second", token)
    assert.equal(token, reply.json.upload.token)
    assert.equal("c.txt", reply.json.upload.attachment.file_name)
    assert.equal(2, #reply.json.upload.attachments)
    assert.equal(422, upload("", "x").status)
    assert.equal(404, upload("a", "x", "unknown").status)
  end)

  it("belong to a comment from then on, and their token is used up", function()
    local uploaded = upload("a.txt", "first").json.upload
    local comment = { body = "See there.", uploads = { uploaded.token } }
    local ticket = http:post("/api/v2/tickets", { ticket = { comment = comment } }).json.ticket
    local comments = http:get(("/api/v2/tickets/%d/comments"):format(ticket.id)).json.comments
    assert.equal("See there.", comments[1].body)
    assert.is_true(comments[1].public)
    assert.equal(uploaded.attachment.id, comments[1].attachments[1].id)
    local again = http:post("/api/v2/tickets", { ticket = { comment = comment } })
    assert.equal(422, again.status)
    local shown = http:get(("/api/v2/attachments/%d"):format(uploaded.attachment.id))
    assert.equal("a.txt", shown.json.attachment.file_name)
  end)

  it("are given up with their token", function()
    local uploaded = upload("a.txt", "first").json.upload
    assert.equal(204, http:delete(UPLOADS .. "/" .. uploaded.token).status)
    assert.equal(404, http:delete(UPLOADS .. "/" .. uploaded.token).status)
    assert.equal(404, http:get(("/api/v2/attachments/%d"):format(uploaded.attachment.id)).status)
  end)

  it("have their content at another origin, for whoever brings a pass and nothing else", function()
    local address = upload("a.txt", "first").json.upload.attachment.content_url
    local reply = http:get(path_of(address))
    assert.equal(302, reply.status)
    local location = reply.headers.location
    assert.equal(("http://localhost:%d/"):format(box.port), location:match "^http://[^/]+/")
    local stranger = plain.connect(box.port)
    reply = stranger:get(path_of(location))
    assert.equal("first", reply.body)
    assert.equal("text/plain", reply.headers["content-type"])
    assert.equal(400, http:get(path_of(location)).status)
    assert.equal(403, stranger:get((path_of(location):gsub("pass=%w+", "pass=x"))).status)
    assert.equal(401, stranger:get(path_of(address)).status)
    box:advance(301)
    assert.equal(403, stranger:get(path_of(location)).status)
    stranger:close()
  end)
end)
