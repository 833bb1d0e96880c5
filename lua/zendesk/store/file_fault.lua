--- file_fault: what goes wrong with files as errors that say what to do.

local errors = require "zendesk.errors"

local file_fault = {}

local function shell_quoted(path)
  return "'" .. path:gsub("'", "'\\''") .. "'"
end

local function folder_of(path)
  return path:match "^(.*/)[^/]*$" or "."
end

local UNTOUCHED = "what was stored before is untouched"

-- Given the path; by the names that core.file_* give.
local REMEDIES = {
  loose = function(path)
    return "make it private: chmod 600 " .. shell_quoted(path)
      .. ", and renew what is in it if others may have read it"
  end,
  foreign = function() return "run as the owner of the file, or give a path of your own" end,
  symlink = function() return "give the path of the file that the link leads to" end,
  not_regular = function() return "give the path of an ordinary file, or of none yet" end,
  bad_path = function() return "give the path of a file, not of a folder" end,
  no_folder = function(path)
    return "make the folder: mkdir -p -m 700 " .. shell_quoted(folder_of(path))
  end,
  too_large = function() return "check that the path is the right one" end,
  EACCES = function(path)
    return ("let this user write to the folder %s, and to the file where there is one: "
      .. "a new file is made beside the old one"):format(folder_of(path))
  end,
  EROFS = function() return "keep the store on a file system that can be written" end,
  ENOSPC = function() return "make room on the disk; " .. UNTOUCHED end,
  EDQUOT = function() return "make room within the quota; " .. UNTOUCHED end,
  EFBIG = function() return "raise the limit of the file size; " .. UNTOUCHED end,
  EIO = function() return "check the disk and the log of the system" end,
  EMFILE = function() return "close files, or raise the limit: ulimit -n" end,
  ENOTDIR = function(path) return "check the folders in the path " .. path end,
  ELOOP = function(path) return "check the links in the path " .. path end,
  ENOLCK = function() return "keep the store on a local disk: locks are not available here" end,
}
REMEDIES.EPERM = REMEDIES.EACCES
REMEDIES.ENOTSUP = REMEDIES.ENOLCK

--- The error for a failure of core.file_*.
---@param message string
---@param name string
---@param path string
---@return zendesk.Error
function file_fault.error(message, name, path)
  local remedy = REMEDIES[name]
  return errors.new("store", message, { code = name, remedy = remedy and remedy(path) })
end

--- The error for content that no store has written.
---@param path string
---@param problem string
---@return zendesk.Error
function file_fault.damaged(path, problem)
  return errors.new("store", ("%s is no token store: %s"):format(path, problem), {
    code = "damaged",
    remedy = "check the path; to begin anew, move the file away: mv " .. shell_quoted(path) .. " "
      .. shell_quoted(path .. ".damaged"),
  })
end

return file_fault
