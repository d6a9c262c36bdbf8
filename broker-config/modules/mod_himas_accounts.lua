-- prosodyctl mod_himas_accounts HOST SECRETS LIST
-- Makes the accounts named in the file LIST (local parts, one a line) on HOST, each with the secret in the file
-- SECRETS/<local>.password, and removes those that stand with a hyphen before them.  One process for any number of accounts; an account that is right already is left alone.

local usermanager = require "core.usermanager";
local hostmanager = require "core.hostmanager";
local storagemanager = require "core.storagemanager";

local function secret_of(folder, name)
	local file, err = io.open(folder .. "/" .. name .. ".password");
	if not file then return nil, err; end
	local secret = file:read("*l");
	file:close();
	if not secret or secret == "" then return nil, "the file is empty"; end
	return secret;
end

local function ensure(name, host, secret)
	if not usermanager.user_exists(name, host) then
		return usermanager.create_user(name, secret, host);
	end
	if usermanager.test_password(name, host, secret) then return true; end
	return usermanager.set_password(name, secret, host, nil);
end

local function remove(name, host)
	return not usermanager.user_exists(name, host) or usermanager.delete_user(name, host);
end

function module.command(arg)
	local host, folder, list = arg[1], arg[2], arg[3];
	if not list then
		print("usage: prosodyctl mod_himas_accounts HOST SECRETS LIST");
		return 64;
	end
	if not prosody.hosts[host] then hostmanager.activate(host); end
	storagemanager.initialize_host(host);
	usermanager.initialize_host(host);
	for name in io.lines(list) do
		local gone = name:match("^%-(.+)$");
		local ok, secret, err;
		if gone then
			ok, err = remove(gone, host);
		else
			secret, err = secret_of(folder, name);
			if secret then ok, err = ensure(name, host, secret); end
		end
		if not ok then
			io.stderr:write(("account %s@%s: %s\n"):format(name, host, tostring(err)));
			return 1;
		end
	end
	return 0;
end
