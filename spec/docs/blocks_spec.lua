-- Every code block of README.md and docs/ runs: Lua and shell blocks against a sandbox, C blocks as
-- programs of their own. A block that does not run says why on its fence; Lua in it is compiled.

local blocks = require "tools.readme_blocks"
local paths = require "spec.support.paths"
local process = require "spec.support.process"

local function pages()
  local list = { "README.md", "CONTRIBUTING.md", "CHANGELOG.md" }
  local pipe = assert(io.popen "find docs -name '*.md' 2>/dev/null | sort")
  for path in pipe:lines() do list[#list + 1] = path end
  pipe:close()
  return list
end

-- What a reader has in the environment when the page begins to use it.
local environment = {
  ZENDESK_SUBDOMAIN = "acme",
  ZENDESK_EMAIL = "admin@example.com",
  ZENDESK_API_TOKEN = "test-api-token",
}

local function lua_env() return process.lua_environment(environment) end

local runners = {}

function runners.lua(block, directory)
  local script = directory .. "/block.lua"
  process.write_file(script, block.text)
  return process.run({ "lua5.4", "-l", "spec.support.readme_prelude", script }, {
    env = lua_env(), cwd = directory,
  })
end

function runners.sh(block, directory)
  return process.run({ "sh", "-e", "-c", block.text }, { env = lua_env(), cwd = directory })
end

function runners.c(block, directory)
  process.write_file(directory .. "/block.c", block.text)
  process.write_file(directory .. "/build.sh", ([[
cc -std=c99 -Wall -Wextra -Werror -DZD_STATIC -I'%s/csrc' $(pkg-config --cflags lua5.4 libcurl) \
  -o host block.c '%s/csrc/onezd.c' $(pkg-config --libs lua5.4 libcurl libcrypto) -lm -ldl
./host
]]):format(paths.root, paths.root))
  return process.run({ "sh", "-e", "build.sh" }, { env = lua_env(), cwd = directory })
end

local function lines_of(text)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  return lines
end

for _, path in ipairs(pages()) do
  describe("the code of " .. path, function()
    for _, block in ipairs(blocks.read(path)) do
      local runner = runners[block.language]
      if block.language ~= "text" and not block.reason then
        it(("at line %d runs (%s)"):format(block.line, block.language), function()
          assert.is_function(runner, "no way to run " .. block.language)
          local directory, remove = process.temporary_directory()
          local result = runner(block, directory)
          remove()
          assert.equal("", result.stderr)
          assert.equal(0, result.status)
          if block.promised then assert.same(block.promised, lines_of(result.stdout)) end
        end)
      elseif block.language == "lua" then
        it(("at line %d is Lua (%s)"):format(block.line, block.reason), function()
          assert(load(block.text, "=" .. path, "t"))
        end)
      end
    end
  end)
end
