-- The process behind latency_server.lua: `lua5.4 latency_server_child.lua DELAY BODY`. Prints its
-- port; ends when its standard input does.

local uv = require "luv"

local delay, body = math.floor(tonumber(arg[1]) * 1000), arg[2]
local open, served = 0, 0

local function reply_of(text)
  return ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s")
    :format(#text, text)
end

local REPLY = reply_of(body)

local function answer(client, text)
  if not client:is_closing() then client:write(text) end
end

local function respond(client, head)
  if head:find("^GET /count ") then
    client:write(reply_of(('{"open":%d,"served":%d}'):format(open, served)))
    client:shutdown(function() if not client:is_closing() then client:close() end end)
    open = open - 1
    return
  end
  served = served + 1
  if delay == 0 then return answer(client, REPLY) end
  local timer = uv.new_timer()
  timer:start(delay, 0, function()
    timer:close()
    answer(client, REPLY)
  end)
end

local function serve(client)
  open = open + 1
  local pending = ""
  client:read_start(function(err, data)
    if err or not data then
      if not client:is_closing() then
        open = open - 1
        client:close()
      end
      return
    end
    pending = pending .. data
    while true do
      local _, stop = pending:find("\r\n\r\n", 1, true)
      if not stop then return end
      local head = pending:sub(1, stop)
      local size = tonumber(head:lower():match "content%-length:%s*(%d+)") or 0
      if #pending < stop + size then return end
      pending = pending:sub(stop + size + 1)
      respond(client, head)
    end
  end)
end

local listener = uv.new_tcp()
assert(listener:bind("127.0.0.1", 0))
assert(listener:listen(1024, function(err)
  assert(not err, err)
  local client = uv.new_tcp()
  listener:accept(client)
  client:nodelay(true)
  serve(client)
end))

local input = uv.new_pipe()
input:open(0)
input:read_start(function(err, data)
  if err or not data then os.exit(0) end
end)

print("port " .. listener:getsockname().port)
io.stdout:flush()
uv.run()
