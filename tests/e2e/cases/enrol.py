"""A hospital makes its key, asks, is let in by its fingerprint, learns with the others, and is revoked: five commands."""
import json
import os
import shutil
import subprocess
import tempfile
import time

from lib import places, tap
from lib.federation import POLICY
from lib.process import Agent
from lib.wait import until

ME = "hospital-d"
REVOKED_S = 5.0
LONGEST = 8192  # bytes of a request


class Office:
    """The operator's machine, with what `himas up` made; and the hospital's, which has nothing but its own folder."""

    def __init__(self):
        folder = tempfile.mkdtemp(prefix="enrol-", dir=os.environ.get("HIMAS_E2E_DIR"))
        self.root, self.hospital = os.path.join(folder, "fed"), os.path.join(folder, "hospital")
        os.makedirs(os.path.join(self.root, "logs"))
        os.makedirs(self.hospital, mode=0o700)

    def himas(self, *words, seconds=90, cwd=None):
        return subprocess.run([places.program("himas"), "--data", self.root, "--json", *words], capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, timeout=seconds, cwd=cwd)

    def tell(self, *words, **how):
        done = self.himas(*words, **how)
        if done.returncode:
            raise RuntimeError(f"himas {' '.join(words)}: {done}")
        return json.loads(done.stdout or "{}")

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def mine(self, name):
        return os.path.join(self.hospital, name)

    def jid(self, name):
        return f"{name}@himas.local"

    def coordinator(self):
        agent = Agent(self, "coordinator", "coordinator", 0)
        with open(self.path("agents", "coordinator", "config.yaml"), encoding="utf-8") as f:
            agent.probe_port = next(int(x.split()[-1]) for x in f if x.startswith("probe_port:"))
        return agent

    def write(self, name, text):
        with open(os.open(self.mine(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as f:
            f.write(text)

    def rosters(self):
        found = {}
        for name in ("roster.yaml", "roster.yaml.sig"):
            with open(self.path(name), encoding="utf-8") as f:
                found[name] = f.read()
        return found

    def put(self, texts):
        """Over the operator's own files, as whoever broke in would."""
        for name, text in texts.items():
            with open(self.path(name) + ".new", "w", encoding="utf-8") as f:
                f.write(text)
            os.replace(self.path(name) + ".new", self.path(name))

    def bring(self, *names):
        """Somebody carries files of the operator's to the hospital."""
        for name in names:
            shutil.copyfile(self.path(name), self.mine(name) + ".new")
            os.replace(self.mine(name) + ".new", self.mine(name))

    def trainer(self, accepted):
        """The hospital's own agent, from what it was told."""
        shutil.copyfile(accepted["password_file"], self.mine("password"))
        os.chmod(self.mine("password"), 0o600)
        shutil.copyfile(accepted["ca_file"], self.mine("ca.crt"))
        shutil.copyfile(self.path("agents", "hospital-a", "records.csv"), self.mine("records.csv"))
        os.chmod(self.mine("records.csv"), 0o600)
        self.write("policy.yaml", POLICY)
        with open(self.path("broker", "ports"), encoding="ascii") as f:
            port = next(line.split("=")[1].strip() for line in f if line.startswith("c2s="))
        agent = Agent(self, ME, "trainer", places.free_ports(1)[0])
        agent.folder = self.hospital
        lines = {"jid": self.jid(ME), "password_file": self.mine("password"), "broker_host": "127.0.0.1",
                 "broker_port": port, "ca_file": self.mine("ca.crt"), "roster": self.mine("roster.yaml"),
                 "roster_key": accepted["roster_key"], "identity": self.mine("d.key"), "store": self.mine("store.db"),
                 "records": self.mine("records.csv"), "policy": self.mine("policy.yaml"), "heartbeat_ms": 500,
                 "probe_port": agent.probe_port}
        self.write("config.yaml", "".join(f'{k}: "{v}"\n' for k, v in lines.items()))
        return agent


def asks(t, office):
    """The hospital's two commands."""
    made = office.tell("keys", "new", "d.key", cwd=office.hospital)
    asked = office.tell("enrol", "request", "d.key", "--jid", office.jid(ME), "--file", "d.request",
                        cwd=office.hospital)["fields"]
    t.same(asked["fingerprint"], made["fingerprint"], "the request tells the key's fingerprint")
    with open(office.mine("d.key"), encoding="ascii") as key, open(office.mine("d.request"), encoding="utf-8") as request:
        t.ok(key.read().strip() not in request.read(), "the secret half stays")
    return asked["fingerprint"]


def is_compared(t, office, fingerprint):
    """The operator's command; what is not the hospital's own request is refused."""
    request = office.mine("d.request")
    with open(request, encoding="utf-8") as f:
        text = f.read()
    with open(request + ".changed", "w", encoding="utf-8") as f:
        f.write(text.replace(ME, "hospital-x"))
    before = office.rosters()
    other = ("1" if fingerprint[0] == "0" else "0") + fingerprint[1:]
    for name, file, said in (("a request that was changed", request + ".changed", fingerprint),
                             ("another fingerprint", request, other)):
        done = office.himas("enrol", "accept", file, "--fingerprint", said)
        t.ok(done.returncode == 76 and file in done.stdout and office.rosters() == before,
             f"{name} is refused", done)
    with open(request + ".long", "w", encoding="utf-8") as f:
        f.write(text + "#" * LONGEST)
    done = office.himas("enrol", "accept", request + ".long", "--fingerprint", fingerprint)
    t.ok(done.returncode != 0 and f"it is longer than {LONGEST} bytes" in done.stdout and request + ".long" in done.stdout,
         "one too long is refused", done)
    accepted = office.tell("enrol", "accept", request, "--fingerprint", fingerprint)["fields"]
    t.ok(int(accepted["version"]) > 1 and accepted["jid"] == office.jid(ME), "the right one is accepted", accepted)
    return accepted


def run_of(office, coordinator, hospitals):
    """A run's number of hospitals in each round."""
    coordinator.wait_count("himas_trainers_online", hospitals)
    run = office.tell("start", "breast-cancer", "--rounds", "3")["fields"]["run"]
    until(lambda: coordinator.metrics().get("himas_runs") == 0, f"{run} to end", 60)
    return [r["hospitals"] for r in office.tell("runs", "show", run)["rows"]]


def forged(t, office, coordinator, old):
    """Whoever can write the roster's file, but has not the federation's key, changes nothing."""
    present = office.rosters()
    unsigned = {"roster.yaml": present["roster.yaml"].replace("hospital-a", "hospital-z")}
    for name, texts, words in (
            ("a roster nobody signed", unsigned, "not the one that was signed"),
            ("an old roster with its old signature", old, "older than")):
        seen = len(coordinator.log())
        office.put(texts)
        until(lambda: words in coordinator.log()[seen:], f"the coordinator to refuse {name}")
        t.same(int(coordinator.count("himas_trainers_online")), 3, f"{name} changes nothing")
    office.put(present)


def revoked(t, office, coordinator, trainer):
    """Of a broker that is not the operator's: the account stays, and the agents refuse it."""
    before = coordinator.count("himas_strangers_total")
    old = office.rosters()
    began = time.monotonic()
    done = office.tell("enrol", "revoke", ME, "--roster", office.path("roster.yaml"),
                       "--key", office.path("federation.key"))["fields"]
    until(lambda: coordinator.count("himas_trainers_online") == 3
          and coordinator.count("himas_strangers_total") > before, "the revoked one to be refused", 30)
    took = time.monotonic() - began
    t.ok(took < REVOKED_S, f"revoked: refused {took:.1f} s after the command began")
    t.ok(trainer.alive() and trainer.ready(), "the revoked agent itself goes on talking, to nobody")
    t.has(done["account"], f"prosodyctl deluser {office.jid(ME)}", "how its account is closed is said")
    return old


def closed(t, office, coordinator, trainer, fingerprint):
    """Let in again, and revoked where the broker is the operator's own."""
    office.tell("enrol", "accept", office.mine("d.request"), "--fingerprint", fingerprint)
    office.bring("roster.yaml", "roster.yaml.sig")
    trainer.stop()
    trainer.start().wait_ready()
    coordinator.wait_count("himas_trainers_online", 4)
    began = time.monotonic()
    done = office.tell("enrol", "revoke", ME)["fields"]
    until(lambda: coordinator.count("himas_trainers_online") == 3 and not trainer.ready(), "its session to end", 30)
    took = time.monotonic() - began
    t.ok(took < REVOKED_S, f"revoked: gone {took:.1f} s after the command began")
    t.same(done["account"], "closed, and its sessions ended", "its account is closed")
    t.ok(not os.path.exists(office.path("broker", "secrets", ME + ".password")), "and its password forgotten")
    until(lambda: "password" in trainer.get("/readyz")[1], f"it to be refused at login: {trainer.get('/readyz')}", 30)


def test(t):
    office, trainer = Office(), None
    try:
        office.tell("up")
        coordinator = office.coordinator()
        fingerprint = asks(t, office)
        accepted = is_compared(t, office, fingerprint)
        office.bring("roster.yaml")  # the wrong way round: the signature comes later
        trainer = office.trainer(accepted).start()
        until(lambda: not trainer.alive(), "the trainer to refuse a roster without a signature")
        t.has(trainer.log(), "roster.yaml.sig", "without the signature it does not start, and names the file")
        office.bring("roster.yaml.sig")
        trainer.start().wait_ready()
        t.same(run_of(office, coordinator, 4), ["4/4"] * 3, "it learns with the others")
        old = revoked(t, office, coordinator, trainer)
        forged(t, office, coordinator, old)
        closed(t, office, coordinator, trainer, fingerprint)
        t.same(run_of(office, coordinator, 3), ["3/3"] * 3, "the others go on")
        office.tell("down")
        roster = office.rosters()
        office.tell("up")
        t.ok(office.rosters() == roster, "up again: the same roster and signature")
        office.tell("enrol", "revoke", "hospital-b")
        office.tell("down")
        office.tell("up")
        t.ok(not os.path.exists(office.path("broker", "secrets", "hospital-b.password")), "up again: no account anew")
        t.ok("hospital-b" not in office.himas("status").stdout, "up again: who was revoked is not started")
    finally:
        office.himas("down")
        if trainer and trainer.alive():
            trainer.kill()


if __name__ == "__main__":
    tap.run("enrol", test)
