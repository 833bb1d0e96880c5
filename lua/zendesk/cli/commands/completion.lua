-- completion: what a shell needs to complete the commands and options.

local completion = {}

function completion.define(root)
  local command = root:command("completion", "Print the completion script of a shell.")
  command:argument("shell", "bash or zsh."):choices { "bash", "zsh" }
end

function completion.run(cli)
  local root = require "zendesk.cli.parser".new()
  cli.out:raw(root["get_" .. cli.args.shell .. "_complete"](root))
end

return completion
