"""The transparency log: what a guardian's holds after a run and after being killed; checked by anybody, away from it."""
import base64
import hashlib
import json
import os
import random
import subprocess
import tempfile

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lib import places, tap
from lib.federation import Federation, task
from lib.wait import until

SAMPLE = os.path.join(places.SOURCE, "tests/fuzz/corpus/logbook/log")
STRIDE = 1 if os.environ.get("HIMAS_DEEP") else 25  # every byte of a log, or every so many
GUARD = """min_cohort: 2
min_records: 11
without_noise: yes
min_noise: 0.5
epsilon_max: 8
delta: 1.0e-5
permit_minutes: 60
"""
KILLS = 25 if os.environ.get("HIMAS_DEEP") else 5


class Guarded(Federation):
    """With a guardian, whose log goes into the folder `log`."""

    def __init__(self, **more):
        super().__init__(extra={"guardian": "guardian"}, **more)

    def _agents(self):
        super()._agents()
        self._agent("guardian", "guardian", places.free_ports(1)[0],
                    {"policy": self.write("agents/guardian/policy.yaml", GUARD), "export_dir": self.path("log"), "checkpoint_ms": 500})

    @property
    def guardian(self):
        return self.agents["guardian"]

    def begin_all(self):
        self.guardian.start().wait_ready()
        self.start_all()

    def export(self, *words):
        path = self.path("himas.log")
        return path, self.himas("audit", "export", "--out", path, *words)


def audit(*words):
    return subprocess.run([places.program("himas"), "audit", *words], capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL, check=False)


def public(number):
    """The public half of a key of tests/support/logbooks.c."""
    secret = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
    return secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def sample_roster(path):
    """Who signed the sample: guardian and hospitals."""
    members = [("guardian", "guardian", 7)] + [(f"hospital-{'abc'[i]}", "trainer", 20 + i) for i in range(3)]
    with open(path, "w", encoding="ascii") as f:
        f.write("members:\n" + "".join(f'  - {{jid: {name}@himas.local, role: {role}, sign: "{public(n).hex()}"}}\n'
                                       for name, role, n in members))
    return path


def key_text(name, raw):
    """The text form of a log's key (C2SP signed-note)."""
    key = b"\x01" + raw
    number = hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8]
    return f"{name}+{number}+{base64.b64encode(key).decode()}"


def flipped(t, path, trust, what):
    """A bit of every so many bytes is changed: each is found, and a line named."""
    content, other, missed = open(path, "rb").read(), path + ".flipped", []
    places_tried = range(0, len(content), max(STRIDE, STRIDE * len(content) // 2000))
    for at in places_tried:
        with open(other, "wb") as f:
            f.write(content[:at] + bytes([content[at] ^ 1]) + content[at + 1:])
        done = audit("verify", other, *trust)
        if done.returncode not in (65, 76) or ": line " not in done.stderr:
            missed.append((at, done))
    t.ok(not missed, f"{what}: a flipped bit is found, and its line named ({len(places_tried)} places)", missed[:3])


def by_itself(t, folder):
    """A sample, checked and proven from."""
    path, proof = os.path.join(folder, "himas.log"), os.path.join(folder, "entry.proof")
    content = open(SAMPLE, "rb").read()
    trust = ["--roster", sample_roster(os.path.join(folder, "roster.yaml"))]
    with open(path, "wb") as f:
        f.write(content)
    done = audit("verify", path, *trust, "--json")
    fields = json.loads(done.stdout or "{}").get("fields", {})
    t.ok(done.returncode == 0 and fields["entries"] == str(content.count(b"\nentry ")), "a whole log", done)
    for quorum, code in (("2", 0), ("3", 76)):
        done = audit("verify", path, *trust, "--quorum", quorum)
        t.ok(done.returncode == code and "2 of " in done.stdout + done.stderr, f"a quorum of {quorum}, where two signed",
             done)
    done = audit("verify", path, "--key", key_text("guardian@himas.local", public(7)))
    t.ok(done.returncode == 76 and "somebody unknown" in done.stderr, "by its key alone, witnesses are strangers", done)
    done = audit("prove", path, "1", "--out", proof, *trust)
    t.ok(done.returncode == 0 and "himas audit verify" in done.stdout, "an entry's proof is cut", done)
    done = audit("verify", proof, *trust)
    t.ok(done.returncode == 0 and "permit serial=1" in done.stdout, "and holds", done)
    done = audit("prove", path, "99", "--out", proof, *trust)
    t.ok(done.returncode == 66 and "no entry 99" in done.stderr, "an entry that is not there has none", done)
    flipped(t, path, trust, "a sample")
    with open(path, "wb") as f:
        f.write(content.replace(b"permit serial=1", b"permit serial=2"))
    done = audit("verify", path, *trust)
    t.ok(done.returncode == 76 and "entry 1 is not what its hash says" in done.stderr, "a changed entry is named", done)
    for words, part in ((["--key", "guardian"], "--key"), (["--roster", os.path.join(folder, "none")], "none")):
        done = audit("verify", path, *words)
        t.ok(done.returncode in (64, 74) and part in done.stderr, f"{words[0]} {os.path.basename(words[1])}: refused",
             done)


def of_a_run(t):
    """What happened stands in the log; the model's entry is proven, and a quorum signed."""
    with Guarded(tasks={"breast-cancer": task(rounds=2, quorum=3)}) as fed:
        fed.begin_all()
        run = fed.begin()
        row = fed.wait_end(run)
        t.same(row["state"], "done", "a run with a guardian")
        path, done = fed.export("--quorum", "3")
        t.need(done.returncode == 0 and "3 of 3 witnesses" in done.stdout, "himas audit export, signed by all", done)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        t.has(text, " kind=publish run=", "the permit to publish is in it")
        t.same(text.count("\nhimas permit v1\n"), 3, "and all three permits, as they were signed")
        t.has(done.stdout, "3, as they were signed", "which is told")
        for part in ("roster version=", f"run by={fed.jid('coordinator')} run={run} ", f"model run={run} round=2 sha256=",
                     "permit "):
            t.has(text, part, f"the log has an entry: {part.split()[0]}")
        model = fed.path("model.safetensors")
        done = fed.himas("models", "export", "breast-cancer", "--file", model)
        digest = hashlib.sha256(open(model, "rb").read()).hexdigest()
        trust = ["--roster", fed.path("roster.yaml")]
        done = audit("verify", model + ".proof", "--quorum", "3", *trust)
        t.ok(done.returncode == 0 and digest in done.stdout, "the model's own proof, with three signatures", done)
        flipped(t, path, trust, "the run's log")
        said = fed.ask("guardian", "log", "verify", as_="officer")
        t.ok(said["ok"], "the guardian finds its log whole", said)


def of_a_new_key(t):
    """A hospital's signing key is changed: the roster's next version is in the log, and the new key signs the next model."""
    with Guarded(tasks={"breast-cancer": task(rounds=1, quorum=3, epochs=1)}) as fed:
        fed.begin_all()
        t.same(fed.wait_end(fed.begin())["state"], "done", "a run before the change of a key")
        key = fed.path("agents", "hospital-b", "identity.key")
        old, new = (json.loads(fed.himas("--json", "keys", verb, key).stdout) for verb in ("show", "rotate"))
        t.ok(old["sign"] != new["sign"], "himas keys rotate makes a new signing key, too", new)
        with open(fed.path("roster.yaml"), encoding="utf-8") as f:
            roster = f.read()
        fed.write("roster.new", roster.replace(old["key"], new["key"]).replace(old["sign"], new["sign"]))
        os.replace(fed.path("roster.new"), fed.path("roster.yaml"))
        until(lambda: all("file.taken setting=roster" in a.log() for a in fed.agents.values()), "the roster to be taken")
        t.same(fed.wait_end(fed.begin())["state"], "done", "a run after it")
        path, done = fed.export("--quorum", "3")
        t.ok(done.returncode == 0 and "3 of 3 witnesses" in done.stdout, "by the new roster, all three signed", done)
        text = open(path, encoding="utf-8").read()
        t.same(text.count("roster version="), 2, "both rosters stand in the log")


def of_one_killed(t):
    """Killed at random in the midst of a run, its log goes on where it was."""
    dice = random.Random(11)
    with Guarded(tasks={"breast-cancer": task(rounds=12, quorum=3, epochs=1, deadline="120s")}) as fed:
        fed.begin_all()
        run = fed.begin()
        sizes = []
        for _ in range(KILLS):
            wanted = fed.guardian.metrics().get("himas_log_entries", 0) + dice.randrange(1, 5)
            until(lambda least=wanted: fed.guardian.metrics().get("himas_log_entries", 0) >= least or
                  fed.coordinator.metrics().get("himas_runs") == 0, "the log to grow")
            fed.guardian.kill()
            fed.guardian.start().wait_ready()
            path, done = fed.export()
            sizes.append(open(path, encoding="utf-8").read().count("\nentry ") if done.returncode == 0 else -1)
        t.ok(sizes == sorted(sizes) and sizes[0] > 0, f"killed {KILLS} times, it is whole and only grows", sizes)
        t.same(fed.wait_end(run, 120)["state"], "done", "and the run ends well")
        path, done = fed.export("--quorum", "3")
        t.ok(done.returncode == 0, "with the hospitals' signatures", done)


def test(t):
    of_a_run(t)
    of_a_new_key(t)
    of_one_killed(t)
    by_itself(t, tempfile.mkdtemp(prefix="translog-", dir=os.environ.get("HIMAS_E2E_DIR")))


if __name__ == "__main__":
    tap.run("translog", test)
