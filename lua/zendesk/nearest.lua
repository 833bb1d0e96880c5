-- nearest: the word somebody probably meant, by its letters or by what other libraries call it, and
-- where a word belongs that is known elsewhere. Used by messages about unknown options and scopes.

local nearest = {}

-- A longer word is not a slip of the keyboard; the bound keeps hostile input cheap.
local LONGEST = 64

-- What other clients of Zendesk and of HTTP call it, and what it is here.
local OTHER_NAMES = {
  token = "access_token", oauth_token = "access_token", bearer = "access_token",
  user = "email", username = "email", password = "api_token",
  host = "base_url", url = "base_url", domain = "subdomain", site = "subdomain",
  data = "json", params = "query", per_page = "page_size", max = "limit",
  retries = "retry", max_retries = "retry", proxies = "proxy", parallel = "concurrency",
  cacert = "ca_file", ca_bundle = "ca_file", cafile = "ca_file", capath = "ca_path",
}

-- What belongs to the provider of a credential, and what there is none of.
local OF_PROVIDER = "it belongs to zendesk.auth.client_credentials or .authorization_code, which "
  .. "'auth' takes"
local VERIFIED = "TLS is always verified; 'ca_file' names the authorities to trust"
local OF_NEW = {
  client_id = OF_PROVIDER, client_secret = OF_PROVIDER, redirect_uri = OF_PROVIDER,
  scope = OF_PROVIDER, scopes = OF_PROVIDER, store = OF_PROVIDER, refresh_token = OF_PROVIDER,
  verify = VERIFIED, verify_ssl = VERIFIED, ssl_verify = VERIFIED, insecure = VERIFIED,
}

---Levenshtein's distance: insertions, deletions and substitutions from one word to another.
---@param a string
---@param b string
---@return integer
function nearest.distance(a, b)
  local above = {}
  for j = 0, #b do above[j] = j end
  for i = 1, #a do
    local diagonal = above[0]
    above[0] = i
    for j = 1, #b do
      local substituted = diagonal + (a:byte(i) == b:byte(j) and 0 or 1)
      diagonal = above[j]
      above[j] = math.min(substituted, above[j] + 1, above[j - 1] + 1)
    end
  end
  return above[#b]
end

---The nearest of the known words, when it is near enough to be meant. Ties go to the first in the
---alphabet, so that a message is the same in every run.
---@param word string
---@param known table<string, any> its keys are the known words
---@return string|nil
function nearest.find(word, known)
  if #word > LONGEST then return nil end
  local lower, best, best_distance = word:lower(), nil, nil
  local other = OTHER_NAMES[lower]
  if other and known[other] then return other end
  for candidate in pairs(known) do
    local most = math.max(1, #candidate // 3)
    -- Words whose lengths differ by more cannot be that near.
    if math.abs(#lower - #candidate) <= most then
      local distance = nearest.distance(lower, candidate:lower())
      local better = not best or distance < best_distance
        or (distance == best_distance and candidate < best)
      if distance <= most and better then best, best_distance = candidate, distance end
    end
  end
  return best
end

---What a message adds about an unknown option.
---@param name any
---@param known table<string, any> its keys are the names of the options there are
---@return string hint begins with a space; "" where there is nothing to say
function nearest.hint(name, known)
  if type(name) ~= "string" then return "" end
  local elsewhere = known.subdomain and OF_NEW[name]
  if elsewhere then return (" (%s)"):format(elsewhere) end
  local meant = nearest.find(name, known)
  if meant then return (" (did you mean '%s'?)"):format(meant) end
  return known.query and " (Zendesk's own parameters go into option 'query')" or ""
end

return nearest
