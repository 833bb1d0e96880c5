local progress = require "zendesk.progress"

-- A stream that keeps what is written to it.
local function paper()
  local stream = { text = "" }
  function stream.write(self, ...) self.text = self.text .. table.concat { ... } end
  function stream.flush() end
  return stream
end

local function each(fields)
  local event = { type = "progress", what = "each", records = 1200, rate = 99.6, time = 0 }
  for name, value in pairs(fields) do event[name] = value end
  return event
end

describe("progress", function()
  it("is told in words, with counts and a rate", function()
    assert.equal("read 1,200, 100 a second", progress.describe(each {}))
    assert.equal("read 1,200 of 1,234,567, 100 a second", progress.describe(each {
      total = 1234567 }))
    assert.equal("audited 7, 0 findings", progress.describe {
      type = "progress", what = "audit", records = 7, findings = 0 })
    assert.equal("pruned 7 of 10, 6 revoked, 1 failed", progress.describe {
      type = "progress", what = "prune", records = 7, total = 10, revoked = 6, failed = 1 })
    assert.equal("pruned 100, 100 revoked", progress.describe {
      type = "progress", what = "prune", records = 100, revoked = 100, failed = 0 })
  end)

  it("says of a dry run what would be done", function()
    assert.equal("checked 7 of 10, would revoke 6", progress.describe {
      type = "progress", what = "prune", records = 7, total = 10, revoked = 6, failed = 0,
      dry_run = true })
  end)

  it("says nothing of other events", function()
    assert.is_nil(progress.describe { type = "request" })
    assert.is_nil(progress.describe { type = "progress", what = "rotate" })
  end)

  it("is drawn over itself, not too often, and taken away at the end", function()
    local stream = paper()
    local handler = progress.line { stream = stream, terminal = true }
    handler(each { time = 10 })
    handler(each { time = 10.05, records = 1300 })
    handler(each { time = 10.2, records = 1400 })
    handler { type = "request", time = 11 }
    handler(each { time = 10.21, finished = true })
    assert.equal("\r\27[Kread 1,200, 100 a second\r\27[Kread 1,400, 100 a second\r\27[K",
      stream.text)
  end)

  it("is silent without a terminal", function()
    local stream = paper()
    local handler = progress.line { stream = stream, terminal = false }
    handler(each {})
    assert.equal("", stream.text)
  end)
end)
