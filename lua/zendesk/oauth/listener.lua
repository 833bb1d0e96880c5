--- Waits on loopback for the one request that brings the callback.
--
-- Bound to 127.0.0.1 and ::1 only, never to an interface. Browsers open
-- connections that they do not use, ask for icons, and other programs knock:
-- several connections are read side by side, each with a limit of time and
-- size, and only a GET of the callback's path that the judge accepts ends the
-- waiting. Sockets never block; between looks the driver sleeps, so that other
-- coroutines go on. No program that is started meanwhile inherits a socket.

local core = require "zendesk.core"
local errors = require "zendesk.errors"
local page = require "zendesk.oauth.page"

local LONGEST_HEAD = 16 * 1024
local PIECE = 4096
local MOST_DRAINED = 16
local MOST_CONNECTIONS = 32
-- Seconds that a connection may take to send its request.
local PATIENCE = 10
-- Seconds between two looks; a person does not notice it.
local PAUSE = 0.05

local listener = {}
listener.__index = listener
listener.__name = "zendesk.oauth.listener"

---@class zendesk.oauth.listener
---@field private _servers table[]
---@field private _clients table[]
---@field private _path string

-- LuaSocket is needed for logins alone, so only they ask for it.
local function load_socket()
  local found, socket = pcall(require, "socket")
  if found then return socket end
  return nil, errors.new("config", "login listens with LuaSocket, which is not installed", {
    remedy = "install luasocket (Debian: lua-socket), or log in with open = false",
  })
end

-- A browser that inherits a listening socket would hold the port for as long as it runs.
local function keep_from_children(sock)
  core.close_on_exec(sock:getfd())
end

local function bind(socket, family, address, port)
  local server = family == 6 and socket.tcp6() or socket.tcp4()
  if not server then return nil, "not supported" end
  keep_from_children(server)
  server:setoption("reuseaddr", true)
  if family == 6 then server:setoption("ipv6-v6only", true) end
  local ok, message = server:bind(address, port)
  if ok then ok, message = server:listen(8) end
  if not ok then
    server:close()
    return nil, message
  end
  server:settimeout(0)
  return server
end

local function is_taken(message)
  return tostring(message):find("in use", 1, true) ~= nil
end

local function cannot_bind(port, message)
  return errors.new("config", ("the login cannot listen on port %d of loopback: %s"):format(
    port, message), {
    remedy = "end what uses the port, or register a redirect_uri with another port",
  })
end

--- Listens on both loopback addresses. A machine without IPv6 listens on one; a port that
--- somebody else holds on either is refused, since the browser might go there.
---@param port integer
---@param path string the path of the redirect URI
---@return zendesk.oauth.listener? listener
---@return zendesk.Error? err
function listener.new(port, path)
  local socket, err = load_socket()
  if not socket then return nil, err end
  local four, message = bind(socket, 4, "127.0.0.1", port)
  if not four then return nil, cannot_bind(port, message) end
  local six, six_message = bind(socket, 6, "::1", port)
  if not six and is_taken(six_message) then
    four:close()
    return nil, cannot_bind(port, six_message)
  end
  return setmetatable({ _servers = { four, six }, _clients = {}, _path = path }, listener)
end

local function accept_all(self, now)
  for _, server in ipairs(self._servers) do
    local client = server:accept()
    while client do
      keep_from_children(client)
      client:settimeout(0)
      if #self._clients >= MOST_CONNECTIONS then table.remove(self._clients, 1).socket:close() end
      table.insert(self._clients, { socket = client, head = "", until_time = now + PATIENCE })
      client = server:accept()
    end
  end
end

-- The reply is far smaller than a socket's buffer; what does not fit at once is not waited for
-- longer than this. A socket that is closed with unread bytes would take the reply back.
local function answer(client, reply)
  local sock = client.socket
  sock:settimeout(1)
  sock:send(reply)
  sock:shutdown "send"
  sock:settimeout(0)
  for _ = 1, MOST_DRAINED do
    if not sock:receive(PIECE) then break end
  end
  sock:close()
end

-- "open", "closed", "long", or "complete" once the blank line after the headers has come.
local function read(client)
  while true do
    local data, message, partial = client.socket:receive(PIECE)
    client.head = client.head .. (data or partial or "")
    if client.head:find "\r?\n\r?\n" then return "complete" end
    if #client.head > LONGEST_HEAD then return "long" end
    if message == "closed" then return "closed" end
    if not data then return "open" end
  end
end

local NOT_FOUND = page.reply(404, "Not found", "This address only takes the answer of a login.")

--- The reply that ends a request which is not the callback, or nil and its query.
---@param head string
---@param path string
---@return string? reply
---@return string? query
function listener.judge_head(head, path)
  local method, target = head:match "^(%u+) (%S+) HTTP/1%.[01]\r?\n"
  if not method then return page.reply(400, "Bad request", "This is not an HTTP request.") end
  local asked, query = target:match "^([^?#]*)%??([^#]*)"
  if asked ~= path then return NOT_FOUND end
  if method ~= "GET" then
    return page.reply(405, "Method not allowed", "Only GET is answered here.")
  end
  return nil, query
end

-- Looks at one connection; returns whether it is done with, and the accepted query.
local function serve(self, client, now, accepts)
  local state = read(client)
  if state == "closed" then
    client.socket:close()
    return true
  end
  if state == "long" then
    answer(client, page.reply(431, "Too long", "The request is too long."))
    return true
  end
  if state == "open" then
    if now < client.until_time then return false end
    answer(client, page.reply(408, "Too slow", "The request took too long."))
    return true
  end
  local reply, query = listener.judge_head(client.head, self._path)
  if not reply and not accepts(query) then
    reply = page.reply(400, "Not this login",
      "This answer does not belong to the login that is going on. Use the newest window.")
  end
  if reply then
    answer(client, reply)
    return true
  end
  return true, query
end

-- Everybody has a look in the order of arrival; the first accepted query is the one that counts.
local function look(self, now, accepts)
  accept_all(self, now)
  local waiting, chosen, chooser = {}, nil, nil
  for _, client in ipairs(self._clients) do
    local done, query = serve(self, client, now, accepts)
    if not done then
      waiting[#waiting + 1] = client
    elseif query and not chosen then
      chosen, chooser = query, client
    elseif query then
      answer(client, NOT_FOUND)
    end
  end
  self._clients = waiting
  return chosen, chooser
end

--- Waits for the request whose query is accepted. The answer is held back, so that the page
--- can say how the login went.
---@param driver table
---@param deadline number
---@param accepts fun(query: string): boolean
---@return string? query
---@return (fun(reply: string))|zendesk.Error respond
function listener:wait(driver, deadline, accepts)
  while true do
    local query, client = look(self, driver:now(), accepts)
    if query then
      return query, function(reply) answer(client, reply) end
    end
    if driver:now() >= deadline then
      return nil, errors.new("timeout", "nobody finished the login in the browser in time", {
        remedy = "start the login again",
      })
    end
    local slept = driver:sleep(PAUSE)
    if not slept then return nil, errors.new("cancelled", "the login was cancelled") end
  end
end

--- Ends the listening and every connection. Idempotent.
function listener:close()
  for _, server in ipairs(self._servers) do server:close() end
  for _, client in ipairs(self._clients) do client.socket:close() end
  self._servers, self._clients = {}, {}
end

listener.__close = listener.close
listener.__gc = listener.close

return listener
