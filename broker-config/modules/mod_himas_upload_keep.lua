-- Beside mod_http_upload_external: removes files that are old and refuses slots while the disk's share is used up.  The
-- folder is walked a little at a time, since Prosody has one thread.
-- On the component: himas_upload_folder, himas_upload_expires_after (seconds), himas_upload_quota (bytes).

local lfs = require "lfs";
local st = require "util.stanza";

local folder = assert(module:get_option_string("himas_upload_folder"), "himas_upload_folder is needed");
local expires = module:get_option_number("himas_upload_expires_after", 24 * 3600);
local quota = module:get_option_number("himas_upload_quota", 100 * 1024 * 1024 * 1024);
local at_once, pause, rest = 50, 1, 600;
local used, promised = 0, 0; -- found by the last walk; given out since it began

-- The bytes that stay.
local function look_at(path, now)
	local kept = 0;
	for name in lfs.dir(path) do
		local file = path .. "/" .. name;
		local is = lfs.symlinkattributes(file);
		if is and is.mode == "file" then
			if now - is.modification < expires or not os.remove(file) then kept = kept + is.size; end
		end
	end
	local is = lfs.symlinkattributes(path);
	if kept == 0 and is and now - is.modification >= expires then lfs.rmdir(path); end
	return kept;
end

local nextone, state;
local found, before = 0, 0;

local function walk(now)
	if not nextone then
		nextone, state = lfs.dir(folder);
		found, before = 0, promised;
	end
	for _ = 1, at_once do
		local name = nextone(state);
		if not name then
			used, promised = found, promised - before;
			nextone = nil;
			return rest;
		end
		if #name == 36 and name:match("^[%x-]+$") then found = found + look_at(folder .. "/" .. name, now); end
	end
	return pause;
end

module:add_timer(pause, walk);

module:hook("iq/host/urn:xmpp:http:upload:0:request", function (event)
	local size = tonumber(event.stanza.tags[1].attr.size) or 0;
	if used + promised + size > quota then
		module:log("warn", "The files' share of the disk is used up");
		event.origin.send(st.error_reply(event.stanza, "wait", "resource-constraint", "No room for more files"));
		return true;
	end
	promised = promised + size;
end, 10);
