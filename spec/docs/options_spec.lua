-- The annotated options of functions against the names that the functions accept.

local annotated = require "spec.support.annotated"
local annotations = require "tools.annotations"

local zendesk = require "zendesk"

describe("the annotated options", function()
  local function own_fields(class)
    local names = {}
    for name in pairs((annotations.members(annotated.index, class))) do names[name] = true end
    return names
  end

  local function keys(list)
    local names = {}
    for name in pairs(list) do names[name] = true end
    return names
  end

  -- Class of the options, the function that takes them, and the table in which it looks them up.
  for _, row in ipairs {
    { "zendesk.Options", require "zendesk.options".copy, "TYPES" },
    { "zendesk.RetryOptions", require "zendesk.options".retry, "RETRY_TYPES" },
    { "zendesk.PagesOptions", require "zendesk.pages.settings".check, "TYPES" },
    { "zendesk.AllOptions", require "zendesk.driver.group".all, "KNOWN" },
    { "zendesk.oauth.options", zendesk.oauth.new, "KNOWN" },
    { "zendesk.auth.client_credentials_options",
      require "zendesk.auth.client_credentials".new, "KNOWN" },
    { "zendesk.auth.authorization_code_options",
      require "zendesk.auth.authorization_code".new, "KNOWN" },
    { "zendesk.store.FileOptions", require "zendesk.store.file".new, "OPTIONS" },
    { "zendesk.store.SqlOptions", require "zendesk.store.sql".new, "OPTIONS" },
    { "zendesk.sandbox.Options", zendesk.sandbox.start, "OPTIONS" },
    { "zendesk.AuditOptions", require "zendesk.lifecycle.audit".tokens, "OPTIONS" },
    { "zendesk.PruneOptions", require "zendesk.lifecycle.prune".tokens, "OPTIONS" },
    { "zendesk.EnsureTokenOptions", require "zendesk.lifecycle.ensure_token".token, "OPTIONS" },
  } do
    it("of " .. row[1] .. " are those that are accepted", function()
      local accepted = assert(annotated.upvalue(row[2], row[3]), "no table " .. row[3])
      assert.same(keys(accepted), own_fields(row[1]))
    end)
  end

  it("of zendesk.CallOptions are those that are accepted", function()
    assert.same(keys(require "zendesk.call".OPTIONS), own_fields "zendesk.CallOptions")
  end)

  it("of zendesk.RotateOptions are accepted", function()
    local rotate = require "zendesk.lifecycle.rotate".client
    for name in pairs(own_fields "zendesk.RotateOptions") do
      local _, problem = pcall(rotate, {}, 1, { [name] = coroutine.create(print) })
      assert.truthy(problem:find("option '" .. name .. "'", 1, true), problem)
      assert.is_nil(problem:find("unknown", 1, true), problem)
    end
  end)

  it("of zendesk.oauth.login_options are those that are accepted", function()
    local app = assert(zendesk.oauth.new { subdomain = "acme", client_id = "nobody" })
    local accepted = annotated.upvalue(app.login, "LOGIN_KNOWN")
    assert.same(keys(accepted), own_fields "zendesk.oauth.login_options")
  end)
end)
