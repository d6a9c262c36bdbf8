"""Faults, each put in on purpose: `himas doctor` names cause and remedy in one line."""
import contextlib
import datetime
import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import threading

from lib import certificates, places, seal, tap
from lib.federation import DOMAIN, Federation

DAY = datetime.timedelta(days=1)
ME = "hospital-a"
PROSODY = places.KIND == "prosody"
STREAM = ("<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
          "id='1' version='1.0'>")
NO_TLS = STREAM + ("<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism>"
                   "</mechanisms></stream:features>")
PROXY = "HTTP/1.1 400 Bad Request\r\nServer: proxy\r\nConnection: close\r\n\r\n"


class Bed:
    """A federation of one hospital, whose trainer is not running; and ways to harm it that are undone."""

    def __init__(self, fed, guardian="no"):
        self.fed = fed
        self.config = fed.path("agents", ME, "config.yaml")
        self.prosody = os.path.join(fed.broker.folder, "prosody.cfg.lua")
        fed.write("federation.yaml", f"domain: {DOMAIN}\nhospitals: [{ME}]\ntasks: [tasks/breast-cancer.yaml]\n"
                  f"guardian: {guardian}\n")

    def doctor(self, *words, before=(), **env):
        return subprocess.run([*before, places.program("himas"), "--data", self.fed.root, "doctor", *(words or [ME])],
                              capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
                              env={**os.environ, **env})

    @contextlib.contextmanager
    def kept(self, path):
        """As it was before, afterwards."""
        old, mode = open(path, "rb").read(), os.stat(path).st_mode & 0o777
        try:
            yield old.decode(errors="replace")
        finally:
            with open(path, "wb") as f:
                f.write(old)
            os.chmod(path, mode)

    @contextlib.contextmanager
    def settings(self, **changes):
        """None takes one away."""
        with self.kept(self.config) as old:
            lines = [line for line in old.splitlines() if line.split(":")[0] not in changes]
            lines += [f'{k}: "{v}"' for k, v in changes.items() if v is not None]
            self.fed.write(self.config, "\n".join(lines) + "\n")
            yield

    @contextlib.contextmanager
    def contents(self, path, text, mode=0o600):
        with self.kept(path):
            self.fed.write(path, text)
            os.chmod(path, mode)
            yield

    @contextlib.contextmanager
    def broker(self, *changes):
        """Prosody with other settings: pairs of a text and what stands there instead."""
        with self.kept(self.prosody) as text:
            for old, new in changes:
                if old not in text:
                    raise RuntimeError(f"no {old!r} in {self.prosody}")
                text = text.replace(old, new)
            self.fed.write(self.prosody, text)
            self.again()
            yield

    @contextlib.contextmanager
    def certificate(self, **how):
        certs = [os.path.join(self.fed.broker.folder, "certs", f"{DOMAIN}.{e}") for e in ("crt", "key")]
        with self.kept(certs[0]), self.kept(certs[1]):
            certificates.issue(self.fed.broker.folder, DOMAIN, **how)
            self.again()
            yield

    def again(self):
        self.fed.broker.stop()
        self.fed.broker.start()

    @contextlib.contextmanager
    def server(self, says):
        """Listens and says the same to everybody, then waits for the end."""
        with socket.create_server(("127.0.0.1", 0)) as s:
            def serve():
                with contextlib.suppress(OSError):
                    while True:
                        c, _ = s.accept()
                        c.settimeout(5)
                        c.recv(65536)
                        c.sendall(says.encode())
                        if says == PROXY:
                            c.close()
            threading.Thread(target=serve, daemon=True).start()
            with self.settings(broker_port=s.getsockname()[1]):
                yield
            s.shutdown(socket.SHUT_RDWR)


def named(t, name, done, check, words, code):
    """One line with these words, this check the first that is wrong, this exit code."""
    lines = done.stderr.splitlines()
    wrong = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("  WRONG")]
    good = (len(lines) == 1 and lines[0].startswith("himas doctor: ") and all(w in lines[0] for w in words)
            and wrong[:1] == [check] and done.returncode == code)
    t.ok(good, name, f"want {check} {words} {code}\ngot {done.returncode} {wrong} {done.stderr}\n{done.stdout}")
    return good


# -- on this machine

def files(t, bed):
    fed, ok = bed.fed, []
    folder = fed.path("agents", ME)
    secret = fed.path("broker", "secrets", ME + ".password")
    with bed.settings(brokr_host="x"):
        ok.append(named(t, "a misspelt setting", bed.doctor(), "settings", ["brokr_host", "broker_host"], 78))
    with bed.settings(jid="ghost@" + DOMAIN):
        ok.append(named(t, "not in the roster", bed.doctor(), "roster", ["not in the roster", "keeper"], 78))
    with bed.settings(roster_key="himas-roster+5cd35134+Aa4E5QYpQcaTDrieYs09H4wtJ4515aqXllbpv+OyPr/h"):
        ok.append(named(t, "a roster nobody signed", bed.doctor(), "roster", ["signature is missing", "keeper"], 74))
    with bed.contents(folder + "/identity.key", seal.Identity().secret_hex() + "\n"):
        ok.append(named(t, "another key in the roster", bed.doctor(), "roster", ["roster's key", "himas keys show"], 76))
    with bed.kept(secret):
        os.chmod(secret, 0o644)
        ok.append(named(t, "a secret others can read", bed.doctor(), "secrets", ["others can read", "chmod 600"], 78))
    with tempfile.TemporaryDirectory(dir="/tmp") as open_folder:
        os.chmod(open_folder, 0o755)
        shutil.copy(folder + "/records.csv", open_folder)
        os.chmod(open_folder + "/records.csv", 0o644)
        with bed.settings(records=open_folder + "/records.csv"):
            ok.append(named(t, "records others can read", bed.doctor(), "files", ["every user", "chmod"], 78))
    with bed.settings(policy=None):
        ok.append(named(t, "no policy", bed.doctor(), "policy", ["no site policy is set", "policy file"], 78))
    with bed.kept(folder + "/records.csv") as text:
        fed.write(folder + "/records.csv", "".join(line.split(",", 1)[1] + "\n" for line in text.splitlines()))
        ok.append(named(t, "records that do not fit the task", bed.doctor(), "records", ["column", "schema"], 65))
    return ok


def store(t, bed):
    ok, path = [], bed.fed.path("agents", ME, "store.db")
    with bed.settings(store=bed.fed.path("nowhere", "store.db")):
        ok.append(named(t, "a store in no folder", bed.doctor(), "files", ["cannot be written", "correct the path"], 74))
    held = sqlite3.connect(path, isolation_level=None)
    held.execute("create table other(x)")
    held.execute("begin exclusive")
    ok.append(named(t, "a store held by another process", bed.doctor(), "store",
                    ["another process holds", "python3", f"stop process {os.getpid()}"], 74))
    held.close()
    os.remove(path)
    bed.fed.write(path, "this was a store once " * 500)
    ok.append(named(t, "a damaged store", bed.doctor(), "store", ["damaged", "copy"], 74))
    os.remove(path)
    small = bed.fed.path("small")
    os.makedirs(small, mode=0o700)
    tmpfs = ["unshare", "-rm", "sh", "-c", f'mount -t tmpfs -o size=32k tmpfs {small} && exec "$@"', "sh"]
    if subprocess.run([*tmpfs, "true"], capture_output=True).returncode:
        t.say("a full disk: skipped, since this user may mount nothing")
        return ok
    with bed.settings(store=small + "/store.db"):
        ok.append(named(t, "a full disk", bed.doctor(before=tmpfs), "disk", ["disk is full", "free some space"], 74))
    return ok


def other_files(t, bed):
    """--config of what is no agent's configuration."""
    ok, own = [], "agents/NAME/config.yaml"
    for name, text, words, code in (
            ("a federation's document", f"domain: {DOMAIN}\nhospitals: [{ME}]\n", ["document of a federation", "--data"], 78),
            ("a roster", "members: []\n", ["a roster", own], 78),
            ("a task", "name: t\nmodel: {arch: logistic}\n", ["a task", "--task"], 78),
            ("a policy", "min_cohort: 2\n", ["a policy", own], 78),
            ("some other document", "title: x\n", ["no `jid`", own], 78),
            ("a list", "- title: x\n", ["no `jid`", own], 78),
            ("a text", "To whom it may concern.\n", ["no `jid`", own], 78),
            ("a table", "id;age\n1;2\n", ["no `jid`", own], 78),
            ("an empty file", "", ["is empty", own], 65),
            ("no text", "\x7fELF\x02\x01", ["control characters", own], 65)):
        path = bed.fed.write("other.yaml", text)
        ok.append(named(t, f"--config of {name}", bed.doctor("--config", path), "settings", [path, *words], code))
    return ok


# -- on the way

def way(t, bed):
    ok = []
    with bed.settings(broker_host="no-such-host.invalid"):
        ok.append(named(t, "a name that DNS does not know", bed.doctor(), "host", ["is not known", "broker_host"], 69))
    with bed.settings(broker_port=places.free_ports(1)[0]):
        done = bed.doctor("--config", bed.config)
        ok.append(named(t, "a closed port", done, "port", ["is closed", "broker_port"], 69))
    for name, says, words, code in (("a proxy that answers HTTP", PROXY, ["HTTP", "proxy", "broker_port"], 69),
                                    ("a broker without TLS", NO_TLS, ["offers no TLS", "certificate"], 69)):
        with bed.server(says):
            ok.append(named(t, name, bed.doctor(), "greeting", words, code))
    with open(os.path.join(bed.fed.broker.folder, "ports"), encoding="ascii") as f:
        https = next(line.split("=")[1].strip() for line in f if line.startswith("https="))
    with bed.settings(broker_port=https):
        ok.append(named(t, "a port with TLS from the first byte", bed.doctor(), "greeting",
                        ["without a word", "TLS", "5222"], 69))
    with bed.settings(ca_file=certificates.authority(bed.fed.path("other.crt"))):
        ok.append(named(t, "a wrong authority", bed.doctor(), "login", ["certificate", "set ca_file"], 69))
    for name, how, words in (("an expired certificate", {"begins": -3 * DAY, "ends": -DAY}, ["expired", "rotate-cert"]),
                             ("a certificate not yet valid", {"begins": DAY, "ends": 3 * DAY}, ["not valid yet", "clock"]),
                             ("a certificate of another name", {"name": "else.example"}, ["another name", "jid"])):
        with bed.certificate(**how):
            ok.append(named(t, name, bed.doctor(), "login", words, 69))
    bed.again()
    return ok


def account(t, bed):
    ok, secret = [], bed.fed.path("broker", "secrets", ME + ".password")
    with bed.contents(secret, "0" * 64 + "\n"):
        words = ["refused the password", "password_file"] if PROSODY else ["password", "or does not know"]
        ok.append(named(t, "a bad password", bed.doctor(), "login", words, 77))
        done = bed.doctor("--config", bed.config)
        ok.append(named(t, "account or password, from afar", done, "login", ["password", "or does not know"], 77))
    if PROSODY:
        name = os.path.join(bed.fed.broker.folder, "data", "himas%2elocal", "accounts", "hospital%2da.dat")
        os.rename(name, name + ".away")
        ok.append(named(t, "a missing account", bed.doctor(), "login", ["has no account", "broker.sh account"], 77))
        os.rename(name + ".away", name)
    with bed.settings(jid=ME + "@else.example", roster=bed.fed.path("other.yaml")):
        with open(bed.fed.path("roster.yaml"), encoding="utf-8") as f:
            bed.fed.write("other.yaml", f.read().replace("@" + DOMAIN, "@else.example"))
        ok.append(named(t, "a domain the broker does not serve", bed.doctor(), "greeting",
                        ["does not serve", "jid"], 77))
    return ok


def clocks(t, bed):
    if not shutil.which("faketime"):
        t.say("clocks: skipped, faketime is not installed; see tools/install-deps.sh")
        return []
    env = {"NO_FAKE_STAT": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
           "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
    return [named(t, f"a clock that is {name}", bed.doctor(before=["faketime", "-f", by], **env), check, words, 78)
            for name, by, check, words in (("ahead", "+2h", "time", ["ahead of", "2 h", "NTP"]),
                                           ("behind", "-2d", "clock", ["clock is behind", "NTP"]))]


# -- what the broker bears

UPLOAD = 'Component("upload." .. domain) "http_file_share"'
BEARS = (
    ("a stanza limit too small", [("c2s_stanza_size_limit = 512 * 1024", "c2s_stanza_size_limit = 100 * 1024")],
     "stanza", ["no stanza of 256 KiB", "c2s_stanza_size_limit"], 75),
    ("a rate limit too low", [('rate = "256kb/s", burst = "4s"', 'rate = "20kb/s"'), ('lines(dir .. "/agents")', "{}")],
     "pace", ["rate limit", "unlimited_jids"], 75),
    ("no upload service", [(UPLOAD, 'Component("upload." .. domain) "muc"')],
     "upload", ["no upload service", "http_file_share"], 66),
    ("uploads refused", [('http_file_share_access = { domain }', 'http_file_share_access = { "else.example" }')],
     "upload", ["gives this account no place", "http_file_share_access"], 77),
    ("uploads too small", [("http_file_share_size_limit = most", "http_file_share_size_limit = 100 * 1024")],
     "upload", ["size limit", "http_file_share_size_limit"], 75),
    ("uploads to a closed port", [('https://127.0.0.1:', 'https://127.0.0.1:1')],
     "upload", ["HTTPS port", "http_external_url"], 69),
    ("no stream management", [('"smacks", ', "")], "modules", ["XEP-0198", "smacks"], 78),
)


def bears(t, bed):
    if not PROSODY:
        t.say("a missing account and what the broker bears: not tried, the faults are put into Prosody's own files")
        return []
    ok = []
    for name, changes, check, words, code in BEARS:
        with bed.broker(*changes), bed.settings(stream_management="yes"):
            ok.append(named(t, name, bed.doctor(), check, words, code))
    bed.again()
    return ok


def versions(t, bed):
    with bed.fed.peer("coordinator", resource="agent") as other:
        other.client["xep_0030"].add_feature("urn:himas:schema:99")
        return [named(t, "a coordinator of another version", bed.doctor(), "versions",
                      ["version 99", "same version"], 76)]


GUARD = "min_cohort: 1\nmin_records: 11\nwithout_noise: yes\nmin_noise: 0\nepsilon_max: 8\ndelta: 1.0e-5\n" \
        "permit_minutes: 60\n"


class Guarded(Federation):
    """With a guardian, which is not started."""

    def __init__(self):
        super().__init__(hospitals=1, extra={"guardian": "guardian"})

    def _agents(self):
        super()._agents()
        self._agent("guardian", "guardian", places.free_ports(1)[0],
                    {"policy": self.write("agents/guardian/policy.yaml", GUARD)})


def guardian(t):
    """It is away, has no policy, signs with another key than the roster's; and it is well."""
    ok = []
    with Guarded() as fed:
        bed, agent = Bed(fed, guardian="yes"), fed.agents["guardian"]
        policy = fed.path("agents/guardian/policy.yaml")
        ok.append(named(t, "a guardian that is away", bed.doctor(), "guardian",
                        ["does not answer", "himas up --guardian"], 66))
        done = bed.doctor("--config", bed.config)
        ok.append(named(t, "and looked at from afar", done, "guardian", ["does not answer", "keeper start it"], 66))
        agent.start(policy="").wait_ready()
        ok.append(named(t, "a guardian without policy", bed.doctor(), "guardian", ["has no policy", "docs/GUARDIAN.md"],
                        78))
        agent.stop()
        with open(fed.path("roster.yaml"), encoding="utf-8") as f:
            roster = f.read()
        other = roster.replace(fed.keys["guardian"].sign_hex(), seal.Identity().sign_hex())
        agent.start().wait_ready()
        done = bed.doctor()
        t.ok(done.returncode == 0 and "guardian has a policy, and its log of " in done.stdout, "a guardian that is well",
             done)
        done = bed.doctor("guardian")
        t.ok(done.returncode == 0 and "at least 1 hospitals" in done.stdout, "a guardian itself, which is well", done)
        done = bed.doctor("--config", fed.path("agents/guardian/config.yaml"))
        t.ok(done.returncode == 0 and "this is it" in done.stdout, "and by its configuration", done)
        with bed.contents(policy, GUARD.replace("min_noise", "noise_min")):
            ok.append(named(t, "a guardian's policy with a mistake", bed.doctor("guardian"), "policy",
                            [policy, "noise_min", "docs/GUARDIAN.md"], 78))
            done = subprocess.run([places.program("himas-guardian"), "--config", fed.path("agents/guardian/config.yaml"),
                                   "--store", fed.path("agents/guardian/no.db")], capture_output=True, text=True, timeout=30)
            t.ok(done.returncode == 78 and "noise_min" in done.stderr and "docs/GUARDIAN.md" in done.stderr,
                 "and what the guardian itself says of it", done)
        with bed.settings(roster=fed.write("other.yaml", other)):
            ok.append(named(t, "another key than the roster's", bed.doctor(), "guardian",
                            ["another key than the roster's", "himas keys show"], 76))
    return ok


def healthy(t, bed):
    done = bed.doctor()
    t.ok(done.returncode == 0 and done.stdout.endswith("No fault found.\n") and not done.stderr,
         "nothing is found where nothing is wrong", done)
    done = bed.fed.himas("audit", "export", "--out", bed.fed.path("himas.log"))
    t.ok(done.returncode == 66 and "no guardian" in done.stderr and "himas up --guardian" in done.stderr,
         "a log that nobody keeps cannot be exported: why, and what to do", done)
    bed.fed.start_all()
    done = bed.doctor()
    t.ok(done.returncode == 0 and "running agent" in done.stdout, "nor beside the running agents", done)
    done = bed.doctor("--json")
    t.ok('"ok":true' in done.stdout and '"check":"stanza"' in done.stdout, "nor in JSON", done)
    bed.fed.coordinator.stop()
    bed.fed.agents[ME].stop()


def test(t):
    with Federation(hospitals=1) as fed:
        bed = Bed(fed)
        healthy(t, bed)
        ok = []
        for part in (files, other_files, store, way, account, clocks, bears, versions):
            ok += part(t, bed)
        ok += guardian(t)
        fed.broker.stop()
        ok.append(named(t, "a federation that is down", bed.doctor(), "port", ["is closed", "himas up"], 69))
        t.ok(len(ok) >= 20 and all(ok), f"{sum(ok)} of {len(ok)} faults named")


if __name__ == "__main__":
    tap.run("doctor", test)
