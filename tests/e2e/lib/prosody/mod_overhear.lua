-- Writes down what agents say in secure sums, a line each: "<sender> <body>", with tabs for the body's newlines.  For the
-- end-to-end cases, which hold the receiver's key; loaded by lib/overheard.py.
local out = assert(io.open(module:get_option_string("overheard"), "a"));
out:setvbuf("line");

local function note(event)
	local body = event.stanza:get_child_text("body");
	if body and body:find('"type":"secure.', 1, true) then
		out:write(event.origin.username, " ", (body:gsub("\n", "\t")), "\n");
	end
end

for _, to in ipairs({ "bare", "full", "host" }) do
	module:hook("pre-message/" .. to, note, 1000);
end
