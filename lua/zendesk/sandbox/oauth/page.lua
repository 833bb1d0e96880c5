-- The pages a person sees at /oauth/authorizations/new.

local page = {}

local ENTITIES = {
  ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;",
}

---@param text string
---@return string
function page.escape(text)
  return (text:gsub("[&<>\"']", ENTITIES))
end

local FRAME = [[
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>%s</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; background: #f8f9f9; color: #2f3941; }
main { max-width: 28rem; margin: 10vh auto; padding: 2rem; background: #fff;
  border: 1px solid #d8dcde; border-radius: 8px; }
h1 { font-size: 1.25rem; margin-top: 0; }
button { font: inherit; padding: .5rem 1.5rem; border-radius: 4px; border: 1px solid #1f73b7; }
button[value=allow] { background: #1f73b7; color: #fff; }
button[value=deny] { background: #fff; color: #1f73b7; }
small { color: #68737d; }
</style>
</head>
<body>
<main>
%s
</main>
</body>
</html>
]]

local function frame(title, content)
  return FRAME:format(page.escape(title), content)
end

---The page that asks for consent.
---@param client table
---@param user table
---@param scopes string[]
---@param csrf string
---@return string
function page.consent(client, user, scopes, csrf)
  local items = {}
  for index, scope in ipairs(scopes) do items[index] = "<li>" .. page.escape(scope) .. "</li>" end
  local company = client.company and " by " .. page.escape(client.company) or ""
  local about = client.description and "<p>" .. page.escape(client.description) .. "</p>" or ""
  return frame("Authorize application", ([[
<h1>Allow <b>%s</b>%s to access your Zendesk account?</h1>
%s
<p>It will be able to use:</p>
<ul>%s</ul>
<form method="post" action="/oauth/authorizations">
<input type="hidden" name="authenticity_token" value="%s">
<button type="submit" id="allow" name="decision" value="allow">Allow</button>
<button type="submit" id="deny" name="decision" value="deny">Deny</button>
</form>
<p><small>Signed in as %s. This is a sandbox.</small></p>]]):format(
    page.escape(client.name), company, about, table.concat(items), csrf,
    page.escape(user.email or user.name)))
end

---The page that says why there is nothing to consent to.
---@param text string
---@return string
function page.refusal(text)
  return frame("Invalid Authorization Request", ([[
<h1>Invalid Authorization Request</h1>
<p>%s</p>]]):format(page.escape(text)))
end

return page
