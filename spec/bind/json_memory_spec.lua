-- Builds and runs json_memory.c, which lets every allocation of decode, encode and body fail.

local paths = require "spec.support.paths"
local process = require "spec.support.process"

-- The core's allocations are counted, too: buf.c is compiled with the names changed.
local SCRIPT = [[
set -eu
mkdir -p "$1"
compile="${CC:-cc} -std=c99 -O1 -g -Icsrc $(pkg-config --cflags lua5.4)"
$compile -Dmalloc=torture_malloc -Dfree=torture_free -c csrc/core/buf.c -o "$1/buf.o"
$compile -o "$1/json_memory" spec/bind/json_memory.c csrc/bind/ljson*.c csrc/core/json_*.c \
  csrc/core/secret.c csrc/core/status.c "$1/buf.o" $(pkg-config --libs lua5.4) -lm
exec "$1/json_memory"
]]

describe("JSON with too little memory", function()
  it("raises, leaks nothing and works afterwards, whichever allocation fails #slow", function()
    local result = process.run({ "sh", "-c", SCRIPT, "sh", paths.build .. "/memory" },
      { timeout = 300 })
    assert.are.equal(0, result.status, result.stderr)
    for _, name in ipairs { "decode", "decode_small", "encode", "encode_refused", "body" } do
      assert.is_truthy(result.stdout:find(name .. ": %d+ allocations"), result.stdout)
    end
  end)
end)
