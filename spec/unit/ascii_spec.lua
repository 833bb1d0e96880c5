local ascii = require "zendesk.ascii"

describe("ascii", function()
  it("makes the letters A to Z small, and nothing else", function()
    assert.equal("idempotency-key", ascii.lower "Idempotency-KEY")
    assert.equal("\xC4\xD6[@`{ 0", ascii.lower "\xC4\xD6[@`{ 0")
  end)
end)
