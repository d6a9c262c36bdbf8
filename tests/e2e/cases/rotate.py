"""Certificate, authority, passwords and keys changed in the middle of a run: it ends with the model of the undisturbed one, and what
is replaced is good for nothing.  A hospital taken off the roster is refused at once."""
import json
import os
import secrets
import subprocess
import time

from lib import tap, tensors
from lib.federation import Federation, task
from lib.relay import Relay
from lib.stream import Stream
from lib.wait import until

ROUNDS = 10
MODEL = "{arch: mlp, hidden: [256, 128], seed: 1}"  # long enough to be sealed and to travel out of band
REFUSED_S = 5.0


class Login:
    """An account as lib.stream wants it."""

    def __init__(self, fed, password):
        self.domain, self.port, self.ca, self.password = "himas.local", fed.broker.port, fed.broker.ca, password

    def secret(self, _name):
        return self.password


def may_log_in(fed, name, password):
    try:
        Stream(Login(fed, password), name).cut()
    except PermissionError:
        return False
    return True


def shown_certificate(fed):
    s = Stream(Login(fed, fed.broker.password("operator")), "operator")
    shown = s.socket.getpeercert(binary_form=True)
    s.cut()
    return shown


def all_back(fed, relay):
    """Every link is cut, and everybody logs in again."""
    name = "himas_xmpp_connects_total"
    before = {n: a.count(name) for n, a in fed.agents.items() if n != "hospital-c"}  # that one is held
    relay.drop(1)
    until(lambda: all(fed.agents[n].count(name) > logins for n, logins in before.items()), "all to be back", 30)


def certificate(t, fed, relay, name="certificate"):
    old = shown_certificate(fed)
    fed.broker.tool("rotate-cert", fed.broker.folder)
    until(lambda: shown_certificate(fed) != old, "the new certificate to be shown")
    all_back(fed, relay)
    t.ok(True, f"{name}: everybody takes the new certificate")


def authority(t, fed, relay):
    """Another authority signs; the file of authorities names both, and then only the new one."""
    certs = os.path.join(fed.broker.folder, "certs")
    subprocess.run(["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days",
                    "2", "-subj", "/CN=another authority", "-keyout", f"{certs}/ca.key", "-out", f"{certs}/another.crt"],
                   check=True, capture_output=True)
    with open(f"{certs}/another.crt", encoding="ascii") as new, open(fed.broker.ca, encoding="ascii") as old:
        both = new.read() + old.read()
    fed.write(fed.broker.ca, both)
    certificate(t, fed, relay, "authority: beside the old one")
    os.replace(f"{certs}/another.crt", fed.broker.ca)
    all_back(fed, relay)
    t.ok(True, "authority: without the old one, everybody is back")


def passwords(t, fed, relay):
    old = {n: fed.broker.password(n) for n in fed.agents}
    for name in fed.agents:
        fed.write(f"broker/secrets/{name}.password", secrets.token_hex(32) + "\n")
    fed.broker.tool("accounts", fed.broker.folder, fed.path("run", "accounts"))
    all_back(fed, relay)
    t.ok(not any(may_log_in(fed, n, p) for n, p in old.items()), "passwords: the old ones are refused")
    t.ok(all(may_log_in(fed, n, fed.broker.password(n)) for n in ("operator", "hospital-c")), "the new ones are not")


def put_roster(fed, text):
    fed.write("roster.new", text)
    os.replace(fed.path("roster.new"), fed.path("roster.yaml"))


def keys(t, fed, relay):
    """hospital-c is held, and was sent a model sealed to its old key; it comes back with a new one."""
    held = fed.agents["hospital-c"]
    held.kill()
    with open(fed.path("roster.yaml"), encoding="utf-8") as f:
        roster = f.read()
    for name in fed.agents:
        path = fed.path("agents", name, "identity.key")
        old = json.loads(fed.himas("--json", "keys", "show", path).stdout)
        new = json.loads(fed.himas("--json", "keys", "rotate", path).stdout)
        t.ok(old["key"] in roster and len(new["key"]) == 64 and new["key"] != old["key"], f"keys: {name} has a new one")
        t.ok(fed.himas("keys", "rotate", path).returncode != 0, "which is not replaced while the one before is kept")
        for half in ("key", "sign"):
            roster = roster.replace(old[half], new[half])
    held.start().wait_ready()
    put_roster(fed, roster)
    until(lambda: all("file.taken setting=roster" in a.log() for a in fed.agents.values()), "the roster to be taken")
    until(lambda: all("file.taken setting=identity" in a.log() for a in fed.agents.values() if a is not held),
          "the keys to be taken")


def revoked(t, fed):
    with open(fed.path("roster.yaml"), encoding="utf-8") as f:
        lines = f.read().splitlines()
    before = fed.coordinator.count("himas_strangers_total")
    put_roster(fed, "\n".join(line for line in lines if "hospital-c" not in line) + "\n")
    began = time.monotonic()
    until(lambda: fed.coordinator.count("himas_strangers_total") > before, "the revoked hospital to be refused")
    took = time.monotonic() - began
    t.ok(took < REFUSED_S, f"a hospital taken off the roster is refused after {took:.1f} s", took)


def hold_in_training(fed):
    """A run that waits in its first round for hospital-c, which is held.  Each phase wants all three, so that it cannot
    get away while one of the two is held."""
    held, other = fed.agents["hospital-c"], fed.agents["hospital-a"]
    held.hold()
    run = fed.begin()

    def waits():
        rows = fed.ask("coordinator", "status")["rows"]
        return next((r for r in rows if r["run"] == run and r["waits_for"] == held.name), None)
    while until(waits, f"{run} to wait for {held.name}", 30)["state"] != "training":
        other.hold()
        held.let_go()
        held, other = other, held
    return run, held


def disturbed(t, fed, relay):
    run, held = hold_in_training(fed)
    t.need(held.name == "hospital-c", "the run waits for hospital-c, which is held")
    certificate(t, fed, relay)
    authority(t, fed, relay)
    passwords(t, fed, relay)
    keys(t, fed, relay)
    row = fed.wait_end(run, 90)
    t.need(row["state"] == "done", "the run is done", row)
    shown = fed.ask("coordinator", "runs", "show", run)["rows"]
    t.ok([r["hospitals"] for r in shown] == ["3/3"] * ROUNDS, "each round counts each hospital once", shown)
    rounds = {h: len(fed.rounds_sent(h, run)) for h in fed.hospitals}
    t.same(set(rounds.values()), {ROUNDS}, "each update is computed once")
    t.ok(tensors.same_numbers(fed.weights(version=1), fed.weights(version=2)),
         "its model is that of the undisturbed run, bit for bit")


def without_old_keys(t, fed):
    for name, agent in fed.agents.items():
        os.unlink(fed.path("agents", name, "identity.key.previous"))
        agent.kill()
    fed.start_all()
    run = fed.begin()
    t.ok(fed.wait_end(run, 90)["state"] == "done", "a run with the new keys alone is done")


def test(t):
    tasks = {"breast-cancer": task(model=MODEL, rounds=ROUNDS, quorum=3)}
    with Federation(tasks=tasks) as fed, Relay(fed.broker.port) as relay:
        fed.dial(relay.port)
        fed.start_all()
        t.need(fed.wait_end(fed.begin())["state"] == "done", "an undisturbed run is done")
        disturbed(t, fed, relay)
        without_old_keys(t, fed)
        revoked(t, fed)


if __name__ == "__main__":
    tap.run("rotate", test)
