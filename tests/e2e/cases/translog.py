"""The transparency log: checked by anybody, away from its keeper."""
import base64
import hashlib
import json
import os
import subprocess
import tempfile

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lib import places, tap

SAMPLE = os.path.join(places.SOURCE, "tests/fuzz/corpus/logbook/log")
STRIDE = 1 if os.environ.get("HIMAS_DEEP") else 25  # every byte of a log, or every so many


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


def test(t):
    by_itself(t, tempfile.mkdtemp(prefix="translog-", dir=os.environ.get("HIMAS_E2E_DIR")))


if __name__ == "__main__":
    tap.run("translog", test)
