-- decode: JSON text to Lua tables, nothing else: decode.lua ours|cjson FILE COUNT.

local clock = require "zendesk.core".monotonic
local measure = require "bench.clients.measure"

local library, path, count = arg[1], arg[2], math.tointeger(arg[3])
local decode = library == "ours" and require "zendesk.json".decode or require "cjson".decode
local file = assert(io.open(path, "rb"))
local text = file:read "a"
file:close()

local job = { work = "decode", count = count }
local function once() assert(decode(text)) end
once()
local start = measure.now(clock)
for _ = 1, count do once() end
measure.report(job, clock, start, { bytes = #text * count })
