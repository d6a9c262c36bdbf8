-- Beside mod_http_upload_external: removes files that are old and refuses slots while the disk's share is used up, or an
-- account's share of the day.  The folder is walked a little at a time, since Prosody has one thread.
-- On the component: himas_upload_folder, himas_upload_expires_after (seconds), himas_upload_quota (bytes),
-- himas_upload_daily_quota (bytes of one account, from midnight to midnight of UTC, or from the start on).

local jid = require "util.jid";
local lfs = require "lfs";
local st = require "util.stanza";

local folder = assert(module:get_option_string("himas_upload_folder"), "himas_upload_folder is needed");
local expires = module:get_option_number("himas_upload_expires_after", 24 * 3600);
local quota = module:get_option_number("himas_upload_quota", 100 * 1024 * 1024 * 1024);
local daily = module:get_option_number("himas_upload_daily_quota", 50 * 1024 * 1024 * 1024);
local longest = module:get_option_number("http_upload_external_file_size_limit", 100 * 1024 * 1024); -- as the other module
local at_once, pause, rest = 50, 1, 600;
local used, promised = 0, 0; -- found by the last walk; given out since it began
local day, given = 0, {}; -- since the day began, by account

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

local function refuse(event, class, condition, why)
	module:log("warn", "%s: %s", event.stanza.attr.from, why);
	event.origin.send(st.error_reply(event.stanza, class, condition, why));
	return true;
end

module:hook("iq/host/urn:xmpp:http:upload:0:request", function (event)
	local size = tonumber(event.stanza.tags[1].attr.size);
	-- The other module gives slots for the first, and fails without an answer at the second.
	if not size or size < 0 or size % 1 ~= 0 then
		return refuse(event, "modify", "bad-request", "That is no file's length");
	end
	if size > longest then return refuse(event, "modify", "not-acceptable", "The file is too large"); end
	local who, today = jid.bare(event.stanza.attr.from), math.floor(os.time() / 86400);
	if today ~= day then day, given = today, {}; end
	local mine = (given[who] or 0) + size;
	local full = mine > daily and "The account's share of the day is used up"
		or used + promised + size > quota and "No room for more files";
	if full then return refuse(event, "wait", "resource-constraint", full); end
	promised, given[who] = promised + size, mine;
end, 10);
