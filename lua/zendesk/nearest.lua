-- nearest: the word somebody probably meant, by its letters or by what other libraries call it.
-- Used by messages about unknown options and scopes.

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

return nearest
