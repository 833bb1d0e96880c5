-- The annotations against the module that is loaded: a name, a parameter or a returned value that
-- only one of them has is a failure. C functions are compared by their names, Lua functions down to
-- the number of values that they return.

local annotated = require "spec.support.annotated"
local public = require "tools.public_names"
local types = require "tools.annotation_types"

local core = require "zendesk.core"
local zendesk = require "zendesk"

local index = annotated.index

-- Runs in luv's or cqueues' stead: a port that nobody rings.
local function idle_port()
  local port = {}
  for _, name in ipairs { "watch", "arm", "park", "wake", "start", "close", "is_inside" } do
    port[name] = function() return nil end
  end
  return port
end

local function method_table(value)
  return debug.getmetatable(value).__index
end

local function loaded_module()
  for _, name in ipairs { "oauth", "auth", "store", "json", "sandbox", "doctor", "driver", "all",
    "map", "sleep", "progress" } do
    assert(zendesk[name], name)
  end
  return { zendesk }
end

local function drivers()
  local driver = require "zendesk.driver"
  assert(driver.blocking and driver.luv and driver.cqueues)
  return { driver }
end

-- Class → the tables that hold what its objects have. An object's own fields are among them.
local function runtime(box)
  local zd = assert(zendesk.new {
    base_url = box.base_url, email = box.email, api_token = box.api_token,
  })
  local _, response = assert(zd:get("/api/v2/users/me"))
  local of_response = method_table(response)
  local app = assert(zendesk.oauth.new { base_url = box.base_url, client_id = "nobody" })
  local _, err = zd:get "/api/v2/tickets/1"
  local task = zendesk.driver.blocking.shared():spawn(function() return true end)
  local loop = assert(require "zendesk.driver.loop".new(idle_port()))
  local provider = zendesk.auth.client_credentials {
    client_id = "nobody", client_secret = "test-client-secret",
  }
  local store = zendesk.store.memory()
  local sql = zendesk.store.sql { dialect = "sqlite3", connect = function() return nil, "none" end }
  local records = {}
  for _, kind in ipairs { "client", "token", "user", "global_client", "api_token" } do
    assert(zd[kind].list)
    records[kind] = { method_table(zd[kind]) }
  end
  return {
    ["zendesk"] = loaded_module(),
    ["zendesk.group"] = { (require "zendesk.driver.group") },
    ["zendesk.Task"] = { method_table(task) },
    ["zendesk.Signal"] = { method_table(zendesk.driver.blocking.shared():signal()) },
    ["zendesk.Instance"] = { method_table(zd), zd },
    ["zendesk.Response"] = {
      annotated.upvalue(of_response, "methods"), annotated.upvalue(of_response, "lazy"), response,
    },
    ["zendesk.Iterator"] = { method_table((zd:each "/api/v2/tickets")) },
    ["zendesk.Client"] = records.client, ["zendesk.Token"] = records.token,
    ["zendesk.User"] = records.user, ["zendesk.GlobalClient"] = records.global_client,
    ["zendesk.ApiToken"] = records.api_token,
    ["zendesk.Error"] = { err },
    ["zendesk.oauth"] = { zendesk.oauth },
    ["zendesk.oauth.app"] = { method_table(app), app },
    ["zendesk.auth"] = { zendesk.auth },
    ["zendesk.auth.oauth_provider"] = { method_table(provider), provider },
    ["zendesk.store"] = { zendesk.store },
    ["zendesk.store.Memory"] = { method_table(store) },
    ["zendesk.store.Sql"] = { method_table(sql) },
    ["zendesk.store.File"] = { method_table(zendesk.store.file { path = "never-made.json" }) },
    ["zendesk.drivers"] = drivers(),
    ["zendesk.drivers.blocking"] = { (require "zendesk.driver.blocking") },
    ["zendesk.drivers.luv"] = { (require "zendesk.driver.luv") },
    ["zendesk.drivers.cqueues"] = { (require "zendesk.driver.cqueues") },
    ["zendesk.drivers.loop"] = { (require "zendesk.driver.loop") },
    ["zendesk.driver.Loop"] = { method_table(loop) },
    ["zendesk.json"] = { zendesk.json },
    ["zendesk.doctor"] = { zendesk.doctor },
    ["zendesk.DoctorReport"] = { assert(zendesk.doctor(zd)) },
    ["zendesk.AuditReport"] = {
      method_table(assert(zd.token:audit())), (assert(zd.token:audit())),
    },
    ["zendesk.progress"] = { (require "zendesk.progress") },
    ["zendesk.sandbox"] = { zendesk.sandbox },
    ["zendesk.sandbox.Box"] = { method_table(box), box },
  }
end

describe("the annotations", function()
  local box, objects

  setup(function()
    box = assert(zendesk.sandbox.start {})
    objects = runtime(box)
  end)

  teardown(function() box:stop() end)

  -- Interfaces that users implement have no value of their own here: they are held against the
  -- objects of the library that fulfil them, and by the check of parameters below.
  local INTERFACES = {
    ["zendesk.Provider"] = true, ["zendesk.Store"] = true, ["zendesk.Lock"] = true,
  }

  for _, page in ipairs(public) do
    for _, part in ipairs(page) do
      if not INTERFACES[part.class] then
        it("say of " .. part.class .. " what is there", function()
          annotated.check(part.class, assert(objects[part.class], "no value for " .. part.class))
        end)
      end
    end
  end

  for _, class in ipairs { "zendesk.store.Memory", "zendesk.store.File", "zendesk.DoctorReport",
    "zendesk.AuditReport" } do
    it("say of " .. class .. " what is there", function()
      annotated.check(class, objects[class])
    end)
  end

  it("name the parameters of every function as its source does, in all files", function()
    for _, entry in ipairs(index.functions) do
      local told, there = {}, {}
      for _, param in ipairs(entry.params) do told[#told + 1] = param.name end
      for place, name in ipairs(entry.arguments) do there[place] = name end
      local is_method = there[1] == "self" or there[1] == "_"
      if is_method and told[1] ~= "self" then table.remove(there, 1) end
      if entry.documented and #told + #entry.returns > 0 then
        assert.same(told, there, ("%s:%d: %s"):format(entry.path, entry.line, entry.name))
      end
    end
  end)

  it("use no type that nobody has defined", function()
    local function check(type_text, where)
      for _, name in ipairs(types.names(type_text)) do
        assert.truthy(index.classes[name] or index.aliases[name], where .. ": no type " .. name)
      end
    end
    for name, class in pairs(index.classes) do
      for _, field in ipairs(class.fields) do check(field.type, name .. "." .. field.name) end
      for _, parent in ipairs(class.parents) do
        if parent:find "^zendesk" then check(parent, name) end
      end
    end
    for _, alias in pairs(index.aliases) do check(alias.type, alias.name) end
    for _, entry in ipairs(index.functions) do
      local where = ("%s:%d"):format(entry.path, entry.line)
      for _, param in ipairs(entry.params) do check(param.type, where) end
      for _, value in ipairs(entry.returns) do check(value.type, where) end
    end
  end)
end)

describe("the stubs of the C module", function()
  local function userdata()
    local account = assert(core.account { base_url = "http://127.0.0.1:1", access_token = "t" })
    local engine = assert(core.engine {})
    local transfer = assert(engine:submit(account, { method = "GET", path = "/" }))
    local objects = {
      ["zendesk.core.Account"] = account, ["zendesk.core.Engine"] = engine,
      ["zendesk.core.Transfer"] = transfer, ["zendesk.core.Body"] = assert(core.body {}),
    }
    local path = os.tmpname()
    os.remove(path)
    objects["zendesk.core.FileLock"] = assert(core.file_lock(path .. ".lock"))
    os.remove(path .. ".lock")
    return objects
  end

  it("have the functions and values of the module, and no others", function()
    annotated.check("zendesk.core", { core })
  end)

  for class, object in pairs(userdata()) do
    it("have the methods of " .. class .. ", and no others", function()
      annotated.check(class, { method_table(object) })
    end)
  end

  it("have the fields of what versions() and timings() give", function()
    annotated.check("zendesk.core.Versions", { core.versions() })
    annotated.check("zendesk.core.Origin", { core.parse_origin "https://acme.zendesk.com" })
  end)
end)
