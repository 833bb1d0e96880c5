local errors = require "zendesk.errors"
local guard = require "zendesk.store.guard"

local SET = {
  access_token = "canary-access-1", refresh_token = "canary-refresh-1", token_type = "bearer",
  client_secret = "canary-secret-1", scope = "read",
}

local function failing(save)
  return { save = save, load = save, lock = save }
end

-- Everything that an error holds, as a logger would write it.
local function all_of(value)
  if type(value) ~= "table" then return tostring(value) end
  local words = {}
  for name, inner in pairs(value) do words[#words + 1] = tostring(name) .. "=" .. all_of(inner) end
  return table.concat(words, " ")
end

describe("the error of a store that quotes what it was given", function()
  local function quote(set)
    return ("ERR unknown command 'SETX' with args '%s' %s %s, scope read"):format(
      set.refresh_token, set.client_secret, set.access_token)
  end

  local ways = {
    returned = function(_, _, set) return nil, quote(set) end,
    raised = function(_, _, set) error(quote(set)) end,
    ["returned as an object"] = function(_, _, set)
      return nil, setmetatable({}, { __tostring = function() return quote(set) end })
    end,
  }
  for how, save in pairs(ways) do
    it("holds no secret, neither in its message nor as its cause, when it was " .. how, function()
      local ok, err = guard.ask(failing(save), "save", "key", SET)
      assert.same({ nil, "store" }, { ok, err.kind })
      assert.is_nil(all_of(err):find("canary", 1, true))
      assert.matches("unknown command 'SETX'", err.message, 1, true)
      assert.matches("scope read", err.message, 1, true)
    end)
  end

  it("has no labelled token in its cause when it was loading", function()
    local _, err = guard.ask(failing(function()
      return nil, 'cannot decode {"refresh_token":"canary-refresh-1"}'
    end), "load", "key")
    assert.is_nil(all_of(err):find("canary", 1, true))
    assert.matches("cannot decode", err.message, 1, true)
  end)
end)

describe("the error of a store", function()
  it("is the store's own where it is one of this library", function()
    local own = errors.new("store", "gone", { code = "connection" })
    local store = failing(function() return nil, own end)
    assert.equal(own, select(2, guard.ask(store, "save", "key", SET)))
  end)

  it("says that it gave no reason, or raised none", function()
    local _, err = guard.ask(failing(function() end), "save", "key", SET)
    assert.matches("failed while saving: it gave no reason", err.message, 1, true)
    _, err = guard.ask(failing(function() error() end), "load", "key")
    assert.matches("failed while loading: nil was raised", err.message, 1, true)
  end)
end)
