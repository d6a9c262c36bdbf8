-- Prosody 0.12 reads a resumed session (XEP-0198) on with the parser of the connection that was cut.  Where the cut came
-- in the middle of a stanza, everything said afterwards becomes a part of that stanza and is never heard.  The new
-- connection's own parser is right: it knows the resumed session already.

module:hook("smacks-hibernation-end", function (event)
	local session = event.resumed;
	local filter, stream = session.filter, session.stream;
	function session.data(data)
		data = data and filter("bytes/in", data);
		if not data then return; end
		local ok, err = stream:feed(data);
		if ok then return; end
		if err == "stanza-too-large" then
			session:close({ condition = "policy-violation", text = "XML stanza is too big" });
		else
			session:close("not-well-formed");
		end
	end
end);
