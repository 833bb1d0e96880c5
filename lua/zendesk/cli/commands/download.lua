-- download: the bytes of a file, on standard output.

local download = {}

function download.define(root)
  local command = root:command("download", "Fetch a file, an attachment say: download URL >FILE")
  command:argument("address", "The content_url of an attachment, or a path.")
end

function download.run(cli)
  local zd <close> = cli:connect()
  cli.out:raw(assert(zd:download(cli.args.address)))
end

return download
