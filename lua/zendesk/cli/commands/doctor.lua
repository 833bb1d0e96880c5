-- doctor: the credential, the clocks, the limits and the libraries, judged.

local terminal = require "zendesk.cli.terminal"
local zendesk = require "zendesk"

local doctor = {}

local COLOURS = { good = "green", warning = "yellow", problem = "red" }

function doctor.define(root)
  root:command("doctor", "Look for what is wrong, or will be. Exit status 1: a problem.")
end

function doctor.run(cli)
  local zd <close> = cli:connect()
  local report = zendesk.doctor(zd)
  if cli.out.is_json then
    cli.out:json { ok = report.ok, findings = zendesk.array(report.findings) }
  else
    for place, line in ipairs(report.lines) do
      cli.out:raw(terminal.paint(1, COLOURS[report.findings[place].level],
        terminal.clean(line)) .. "\n")
    end
  end
  return report.ok and 0 or 1
end

return doctor
