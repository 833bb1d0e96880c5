--- The few pages that the login listener shows, and their HTTP replies.
--
-- Whatever came from outside is escaped; no script, no font, no picture: the
-- Content-Security-Policy says so.

local page = {}

local TEMPLATE = [[
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%s</title>
<style>
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 18vh auto; padding: 0 1rem;
  color: #1f2d3d; background: #f8f9f9 }
h1 { font-size: 1.5rem }
</style>
</head>
<body>
<h1>%s</h1>
<p>%s</p>
</body>
</html>
]]

local REASONS = {
  [200] = "OK", [400] = "Bad Request", [404] = "Not Found", [405] = "Method Not Allowed",
  [408] = "Request Timeout", [431] = "Request Header Fields Too Large",
}

local ESCAPES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;",
  ["'"] = "&#39;" }

--- Text made harmless inside HTML.
---@param text string
---@return string
function page.escape(text)
  return (text:gsub("[&<>\"']", ESCAPES))
end

--- A whole HTTP/1.1 reply with a page.
---@param status integer
---@param title string plain text
---@param text string plain text
---@return string
function page.reply(status, title, text)
  local body = TEMPLATE:format(page.escape(title), page.escape(title), page.escape(text))
  return table.concat({
    ("HTTP/1.1 %d %s"):format(status, REASONS[status] or "Status"),
    "Content-Type: text/html; charset=utf-8",
    ("Content-Length: %d"):format(#body),
    "Cache-Control: no-store",
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; "
      .. "frame-ancestors 'none'",
    -- The address of the page holds the code.
    "Referrer-Policy: no-referrer",
    "X-Content-Type-Options: nosniff",
    "Connection: close",
    "", body,
  }, "\r\n")
end

--- What the person sees when the login worked.
---@return string
function page.success()
  return page.reply(200, "You are logged in",
    "You may close this window and go back to the program that opened it.")
end

--- What the person sees when it did not.
---@param message string
---@return string
function page.failure(message)
  return page.reply(400, "The login did not work",
    message .. " You may close this window; the program says more.")
end

return page
