--- file: a store in one private file, for all processes of a machine.
--
-- The file is a JSON object: { "format": "zendesk tokens", "version": 1, "tokens": { key: set } }.
-- It is never written in place: a new file is written beside it, synced, and renamed over it, so
-- readers need no lock and a process that dies leaves the old content or the new one. Beside
-- tokens.json lie
--
--   tokens.json.lock             held for the moment of a change: two keys live in one file
--   tokens.json.<digest>.lock    held by lock(key), e.g. while that token is refreshed
--
-- The kernel frees both when their holder dies; the files are empty and stay. All of it belongs to
-- one user, with mode 0600; what others may read or is reached through a symbolic link is refused.

local core = require "zendesk.core"
local arguments = require "zendesk.arguments"
local errors = require "zendesk.errors"
local entry = require "zendesk.store.entry"
local file_fault = require "zendesk.store.file_fault"
local lock = require "zendesk.store.lock"

local file = {}

---@class zendesk.store.FileOptions
---@field path string

---@class zendesk.store.File: zendesk.Store
---@field private _path string
---@field private _swept boolean
local File = {}
File.__index = File
File.__name = "zendesk.store.file"

local OPTIONS = { path = "string" }

local FORMAT = "zendesk tokens"
local VERSION = 1

-- A token set has about a kilobyte; a file of this size is not one of ours.
local LARGEST = 16 * 1024 * 1024

-- A change takes a few milliseconds of the disk; who holds the file for longer hangs.
local CHANGE_TIMEOUT = 5

--- A store in the file at `path`, which need not exist yet. Its folder must.
---@param options zendesk.store.FileOptions
---@return zendesk.store.File
function file.new(options)
  options = arguments.required(options, OPTIONS)
  local path = options.path
  if not path or path == "" or path:find("\0", 1, true) then
    errors.raise(2, "option 'path': the path of a file expected")
  end
  return setmetatable({ _path = path, _swept = false }, File)
end

-- An empty array is what some JSON writers make of an empty object.
local function is_object(value)
  return type(value) == "table" and rawlen(value) == 0
end

local function problem_of(document)
  if document.format ~= FORMAT then return "the field format is not '" .. FORMAT .. "'" end
  if document.version ~= VERSION then return "it was written by another version of this module" end
  if not is_object(document.tokens) then return "the field tokens is not an object" end
  for _, set in pairs(document.tokens) do
    if not is_object(set) then return "what it holds for a key is not an object" end
  end
end

-- The content of the file; nil without an error when there is no file.
local function read(self)
  local json, message, name = core.file_read(self._path, LARGEST)
  if not json then
    if name == "ENOENT" then return nil end
    return nil, file_fault.error(message, name, self._path)
  end
  local document, problem = entry.decode(json)
  if document then problem = problem_of(document) end
  if problem then return nil, file_fault.damaged(self._path, problem) end
  setmetatable(document.tokens, nil) -- an empty array is to take keys
  return document
end

-- What is written must be readable; the old content stays.
local function too_large(self)
  return errors.new("store", ("%s would be larger than %d MiB"):format(self._path,
    LARGEST // 1024 // 1024), {
    code = "too_large", remedy = "delete what is not needed, or use zendesk.store.sql",
  })
end

local function write(self, document)
  local json, err = entry.encode(document)
  if not json then return nil, err end
  if #json >= LARGEST then return nil, too_large(self) end
  local ok, message, name = core.file_replace(self._path, json .. "\n")
  if not ok then return nil, file_fault.error(message, name, self._path) end
  return true
end

local function take_file(self)
  local path = self._path .. ".lock"
  local handle, message, name = core.file_lock(path, CHANGE_TIMEOUT)
  if not handle then
    if message == "busy" then return nil, lock.timeout_error(path, CHANGE_TIMEOUT) end
    return nil, file_fault.error(message, name, path)
  end
  if not self._swept then
    -- Leftovers of a process that died are private and nobody reads them: if they cannot be
    -- deleted now, that is no reason to refuse a token.
    core.file_sweep(self._path)
    self._swept = true
  end
  return handle
end

--- What was saved under the key.
---@param key string
---@return table? set nil when nothing is there
---@return zendesk.Error? err
function File:load(key)
  entry.check(self, File, "store:load", key)
  local document, err = read(self)
  if not document then return nil, err end
  return document.tokens[key]
end

--- Keeps a set under the key, in the place of an earlier one.
---@param key string
---@param set table
---@return true?
---@return zendesk.Error? err
function File:save(key, set)
  entry.check(self, File, "store:save", key)
  entry.check_set(set)
  local handle <close>, err = take_file(self)
  if not handle then return nil, err end
  local document
  document, err = read(self)
  if err then return nil, err end
  document = document or { format = FORMAT, version = VERSION, tokens = {} }
  document.tokens[key] = set
  return write(self, document)
end

local function is_bare(document)
  if next(document.tokens) ~= nil then return false end
  for name in pairs(document) do
    if name ~= "format" and name ~= "version" and name ~= "tokens" then return false end
  end
  return true
end

--- Forgets the key; deletes the file when nothing else is in it.
---@param key string
---@return true?
---@return zendesk.Error? err
function File:delete(key)
  entry.check(self, File, "store:delete", key)
  local handle <close>, err = take_file(self)
  if not handle then return nil, err end
  local document
  document, err = read(self)
  if err then return nil, err end
  if not document or document.tokens[key] == nil then return true end
  document.tokens[key] = nil
  if not is_bare(document) then return write(self, document) end
  local ok, message, name = core.file_remove(self._path)
  if not ok then return nil, file_fault.error(message, name, self._path) end
  return true
end

--- Excludes other coroutines and processes that use the same file and key.
---@param key string
---@param timeout number seconds
---@param driver zendesk.Driver
---@return zendesk.Lock?
---@return zendesk.Error? err
function File:lock(key, timeout, driver)
  entry.check(self, File, "store:lock", key)
  lock.check_wait(timeout, driver)
  return lock.file(("%s.%s.lock"):format(self._path, entry.digest(key)), timeout, driver)
end

function File:__tostring()
  return ("%s (%s)"):format(File.__name, self._path)
end

return file
