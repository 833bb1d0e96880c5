-- config: the text of nginx's configuration. Fixed replies at once, over plain HTTP, TLS 1.3 and
-- HTTP/2; the same after 50 ms for creations, and after so long that all who ask do so at the same
-- time; and TLS that ends each connection with its reply, with and without resumption. A pure
-- function.

local config = {}

-- What Zendesk sends beside a reply; a client that builds a table of it pays for it.
local REPLY_HEADERS = {
  ["x-request-id"] = "7b2f0c4e-8f3b-4d0d-9c53-3c4b7a1d0e55",
  ["x-rate-limit"] = "700", ["x-rate-limit-remaining"] = "699", ["ratelimit-limit"] = "700",
  ["ratelimit-remaining"] = "699", ["ratelimit-reset"] = "58",
  ["x-zendesk-api-version"] = "v2", ["x-zendesk-origin-server"] = "app-server-5f7c9d-x2z",
  ["x-runtime"] = "0.042", ["x-frame-options"] = "SAMEORIGIN",
  ["x-content-type-options"] = "nosniff", ["strict-transport-security"] = "max-age=31536000",
  ["cache-control"] = "max-age=0, private, must-revalidate", ["vary"] = "Accept",
}

config.USER = '{"user":{"id":9007199254740993,"url":"https://acme.zendesk.com/api/v2/users/1.json",'
  .. '"name":"Ada Admin","email":"admin@example.com","created_at":"2024-05-01T10:00:00Z",'
  .. '"updated_at":"2026-10-01T10:00:00Z","time_zone":"Berlin","locale":"de","role":"admin",'
  .. '"verified":true,"active":true,"tags":["vip","emea"],"organization_id":360001234567,'
  .. '"phone":null,"photo":null,"restricted_agent":false,"suspended":false,"user_fields":{}}}'

config.TOKEN = '{"token":{"url":"https://acme.zendesk.com/api/v2/oauth/tokens/1.json",'
  .. '"id":9007199254740995,"user_id":9007199254740993,"client_id":223443,"token":"test-to",'
  .. '"refresh_token":null,"created_at":"2026-10-01T10:00:00Z","expires_at":null,"used_at":null,'
  .. '"scopes":["tickets:read"],"full_token":"test-token-of-the-bench-0123456789abcdef"}}'

local HTTP = [[
$user
load_module $echo_module;
pid nginx.pid;
error_log error.log warn;
worker_processes 1;
worker_rlimit_nofile 16384;
daemon on;
events { worker_connections 8192; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  sendfile on;
  tcp_nodelay on;
  default_type application/json;
  open_file_cache max=4000 inactive=600s;
  open_file_cache_valid 600s;
  keepalive_timeout 600s;
  keepalive_requests 100000000;
  http2_max_concurrent_streams 256;
  large_client_header_buffers 4 16k;
  ssl_certificate server.pem;
  ssl_certificate_key server.key;
  ssl_protocols TLSv1.3;
  ssl_session_cache shared:bench:4m;
  map $args $bench_page {
    default 1;
    "~page(?:%5B|\[)after(?:%5D|\])=p(\d+)" $1;
  }
$headers
$servers
}
]]

local SERVER = [[
  server {
    listen 127.0.0.1:$port $listen reuseport backlog=4096;
    $directives
    location ~ ^/api/v2/users/me(\.json)?$ { return 200 '$user'; }
    location ~ ^/api/v2/oauth/tokens(\.json)?$ { $tokens }
    location ~ ^/api/v2/tickets(\.json)?$ {
      root .;
      try_files /tickets-$scheme/$bench_page.json =404;
    }
    location = /bench/status { stub_status; }
    location / { return 404 '{"error":"RecordNotFound","description":"Not found"}'; }
  }]]

local AT_ONCE = [[root .;
      if ($request_method = POST) { return 201 '$token'; }
      try_files /tokens-$scheme/$bench_page.json =404;]]
local AFTER_DELAY = [[echo_status 201; echo_sleep $delay; echo '$token';]]

-- One entry for each server, by its name in this folder's other files.
local ENDS = "keepalive_timeout 0;"
config.SERVERS = {
  { name = "plain", listen = "" },
  { name = "tls", listen = "ssl" },
  { name = "h2", listen = "ssl http2" },
  { name = "slow_plain", listen = "", delay = "0.05" },
  { name = "slow_tls", listen = "ssl", delay = "0.05" },
  { name = "slow_h2", listen = "ssl http2", delay = "0.05" },
  { name = "held", listen = "ssl", delay = "6" },   -- while a hundred connections are made
  { name = "crowded", listen = "ssl", delay = "20" }, -- while a thousand are
  { name = "resumed", listen = "ssl", directives = ENDS },
  { name = "fresh", listen = "ssl",
    directives = ENDS .. " ssl_session_tickets off; ssl_session_cache off;" },
}

-- Names without a value stay: they are nginx's own variables.
local function fill(template, values)
  return (template:gsub("%$([%l_%d]+)", values))
end

local function server_text(server, port)
  local tokens = fill(server.delay and AFTER_DELAY or AT_ONCE, {
    token = config.TOKEN, delay = server.delay,
  })
  return fill(SERVER, {
    port = tostring(port), listen = server.listen, directives = server.directives or "",
    user = config.USER, tokens = tokens,
  })
end

local function header_lines()
  local lines = {}
  for name, value in pairs(REPLY_HEADERS) do
    lines[#lines + 1] = ('  add_header %s "%s" always;'):format(name, value)
  end
  table.sort(lines)
  return table.concat(lines, "\n")
end

---@param values { ports: table<string, integer>, echo_module: string, user: string }
---@return string
function config.text(values)
  local servers = {}
  for index, server in ipairs(config.SERVERS) do
    servers[index] = server_text(server, values.ports[server.name])
  end
  return fill(HTTP, {
    user = values.user, echo_module = values.echo_module, headers = header_lines(),
    servers = table.concat(servers, "\n"),
  })
end

return config
