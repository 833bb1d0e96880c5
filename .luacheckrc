-- luacheck settings; see CONTRIBUTING.md for the style they stand for.
std = "lua54"
max_line_length = 100
cache = false
codes = true
self = false -- a method of an interface need not use its object
exclude_files = { "build", "spec/npm/node_modules" }

files["spec"] = { std = "+busted" }
files["lua/zendesk/_meta"] = { ignore = { "212", "241" } } -- stubs have arguments, no bodies
