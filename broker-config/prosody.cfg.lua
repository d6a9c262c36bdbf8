-- The broker of a himas federation: Prosody 0.12, private, started by broker.sh as an ordinary user.
-- A template: broker.sh replaces @DIR@, @DOMAIN@, @C2S@, @HTTP@, @HTTPS@, @UPLOAD@, @MODULES@, @ROOT@ and writes the result to
-- DIR/prosody.cfg.lua.  For a broker of your own, copy the settings you need; the reasons stand beside them.

local dir = "@DIR@"
local domain = "@DOMAIN@"

-- Agents, one JID a line, kept by broker.sh.
local function lines(path)
    local found, file = {}, io.open(path)
    if file then
        for line in file:lines() do found[#found + 1] = line end
        file:close()
    end
    return found
end

-- Where things are
data_path = dir .. "/data"
pidfile = dir .. "/run/prosody.pid"
admin_socket = dir .. "/run/prosody.sock"
certificates = dir .. "/certs"
plugin_paths = { "@MODULES@" }
daemonize = false
run_as_root = @ROOT@ -- only where there is no other user, as in a container; DIR is private to its owner
log = { { levels = { min = "info" }, to = "file", filename = dir .. "/run/prosody.log" } }
umask = "077"

-- Whom it listens to: this machine only.  To let hospitals dial in, name the outer interface and open one port, c2s.
interfaces = { "127.0.0.1" }
c2s_ports = { @C2S@ }
http_ports = { @HTTP@ }
https_ports = { @HTTPS@ }
component_ports = {} -- nothing outside joins as a component
http_interfaces = { "127.0.0.1" }
https_interfaces = { "127.0.0.1" }
http_default_host = domain
modules_disabled = { "s2s" }
s2s_ports = {}

-- Who may come in, and how.  TLS first, always; then SCRAM, so that neither the wire nor the disk ever holds a
-- password.  An account is made by broker.sh and by nobody else.
ssl = { certificate = dir .. "/certs/" .. domain .. ".crt", key = dir .. "/certs/" .. domain .. ".key", protocol = "tlsv1_2+" }
https_ssl = { certificate = dir .. "/certs/" .. domain .. ".crt", key = dir .. "/certs/" .. domain .. ".key" }
c2s_require_encryption = true
allow_unencrypted_plain_auth = false
authentication = "internal_hashed"
password_hash = "SHA-256"
default_iteration_count = 4096 -- RFC 7677's least: the secrets are 256 random bits, and a login costs half as much
allow_registration = false
storage = "internal"

-- Speed.  Each of these was measured; Prosody is single-threaded and the ceiling of the federation.
-- Lua's default.  Prosody's, 105, collects all the time: with hundreds of agents that was three quarters of its work.
gc = { threshold = 200 }
network_backend = "epoll"
network_settings = {
    nagle = false;      -- the default, true, makes a stream of small stanzas 13 times slower
    min_wait = 0;       -- the default, 1 ms, is slept for every 8 KiB read: 64 KiB stanzas 10 times slower
    read_size = 65536;
    tcp_backlog = 1024;
    tcp_keepalive = 60;
}

-- Limits.  People get what a chat needs.  Agents, who send models in 64 KiB stanzas, have none: the module's default of
-- 10 kB/s would make a round of seconds one of minutes.  The bound on one stanza is the same for all, since Prosody 0.12
-- has no such setting by account: agents keep to 64 KiB of body, which XML escaping can make six times as long.
limits = { c2s = { rate = "256kb/s", burst = "4s" } }
unlimited_jids = lines(dir .. "/agents")
c2s_stanza_size_limit = 512 * 1024
component_stanza_size_limit = 512 * 1024
smacks_hibernation_time = 120 -- seconds a cut session may be resumed
http_max_content_size = 64 * 1024 -- uploads above it stream to disk; below it they are held in memory, and slow

modules_enabled = {
    "roster", "saslauth", "tls", "disco", "presence", "message", "iq", "posix", "time", "version", "uptime",
    "ping",             -- dead links are found
    "smacks",           -- a cut link loses nothing that people say; agents need no help
    "himas_resume",     -- mends smacks: a link cut inside of a stanza
    "limits",
    "adhoc",            -- commands of the server; those of agents need nothing here
    "carbons", "blocklist", "pep",
    "mam",              -- archive for people who ask for it; see archive_policy
    "http_openmetrics", -- /metrics
    "admin_socket", "admin_shell",
    -- No "offline": an agent sends again until it is answered, so a stored message would only arrive stale; and a
    -- message to somebody who is away comes back as an error at once, which says more.
}
blocklist_cache_size = 32768 -- accounts; of those beyond it, with 64, a file is looked for at each message
default_archive_policy = false -- nothing is archived unless its owner switches it on: agents' traffic never is
archive_expires_after = "1w"
statistics = "internal"
statistics_interval = "manual"
openmetrics_allow_ips = { "127.0.0.1" }

VirtualHost(domain)

Component("rooms." .. domain) "muc"
    restrict_room_creation = "local"
    muc_log_by_default = false

Component("pubsub." .. domain) "pubsub"
    admins = { "coordinator@" .. domain } -- only these may create nodes
    autocreate_on_publish = true
    autocreate_on_subscribe = false
    expose_publisher = true

-- Files: kept by Prosody itself, or where broker.sh was told `upload DIR external`, by nginx beside it (upload.conf), so
-- that small messages need not wait while a model goes to many.
local upload_port = "@UPLOAD@"
local most, keep, room = 128 * 1024 * 1024, 24 * 3600, 100 * 1024 * 1024 * 1024
local daily = room / 2 -- of one account
if upload_port == "" then
    Component("upload." .. domain) "http_file_share"
    http_host = domain
    http_external_url = "https://127.0.0.1:@HTTPS@/" -- what agents are told to use; the certificate names it
    http_file_share_access = { domain }
    http_file_share_size_limit = most
    http_file_share_daily_quota = daily
    http_file_share_global_quota = room
    http_file_share_expires_after = keep
    storage_archive_item_limit = room / (1024 * 1024) -- files: the default, 10000, is 10 GB a day in pieces of 1 MiB
else
    Component("upload." .. domain) "http_upload_external"
    modules_enabled = { "himas_upload_keep" }
    http_upload_external_base_url = "https://127.0.0.1:" .. upload_port .. "/"
    http_upload_external_secret = lines(dir .. "/secrets/upload.key")[1]
    http_upload_external_file_size_limit = most
    himas_upload_folder = dir .. "/data/upload"
    himas_upload_expires_after = keep
    himas_upload_quota = room
    himas_upload_daily_quota = daily
end
