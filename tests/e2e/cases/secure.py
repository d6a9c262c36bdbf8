"""Secure sums: without noise the model is the plain one; with it, `himas up --secure` learns, pays, and ends when spent."""
import json
import os
import struct
import subprocess
import tempfile

from lib import places, tap
from lib.federation import Federation, task

STEP = 2 ** -20  # of a number of the sum: SECURE_STEP_BITS of common/privacy/secure_plan.h
RUN = "breast-cancer-secure-1"
ROUNDS = 40


def numbers(weights):
    """All of a safetensors' numbers: float32, whatever the order of the tensors."""
    size = struct.unpack("<Q", weights[:8])[0]
    tensors = {k: v["data_offsets"] for k, v in json.loads(weights[8:8 + size]).items() if k != "__metadata__"}
    return {k: struct.unpack(f"<{(b - a) // 4}f", weights[8 + size + a:8 + size + b]) for k, (a, b) in tensors.items()}


def like_the_plain_one(t):
    """Each update is rounded by half a unit, and the model once more to float32."""
    tasks = {"plain": task("plain", rounds=1, quorum=3, standardise="ranges"),
             "summed": task("summed", rounds=1, quorum=3, standardise="ranges",
                            more="aggregation: {secure: yes}")}
    with Federation(hospitals=3, tasks=tasks) as fed:
        fed.start_all(["coordinator", "hospital-a", "hospital-b", "hospital-c"])
        models = {}
        for name in tasks:
            run = fed.begin(name, quorum=3)
            t.same(fed.wait_end(run)["state"], "done", f"a run of the {name} task ends well")
            models[name] = numbers(fed.weights(name))
        plain, summed = models["plain"], models["summed"]
        t.same({k: len(v) for k, v in summed.items()}, {k: len(v) for k, v in plain.items()}, "the models are alike")
        off = max(abs(a - b) / (STEP / 2 + abs(a) * 2 ** -22) for k in plain for a, b in zip(plain[k], summed[k]))
        t.ok(off <= 1, "a secure sum's model is the plain one to half a step", off)
        sent = {n: a.count('himas_messages_sent_total{type="update"}') for n, a in fed.agents.items() if n != "coordinator"}
        t.same(set(sent.values()), {1}, "and only the plain task's updates left by themselves")


class Home:
    def __init__(self):
        self.root = os.path.join(tempfile.mkdtemp(prefix="secure-", dir=os.environ.get("HIMAS_E2E_DIR")), "fed")

    def himas(self, *words):
        return subprocess.run([places.program("himas"), "--data", self.root, *words], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=90)

    def told(self, *words):
        return json.loads(self.himas("--json", *words).stdout or "{}")


def learns(t, home):
    done = home.himas("start", "breast-cancer-secure", "--watch")
    t.ok(done.returncode == 0 and "\ndone" in done.stdout, "a run of secure sums with noise ends well", done)
    said = home.told("runs", "show", RUN)
    t.same(len(said["rows"]), ROUNDS, "every round was closed")
    t.has(said["text"], "learned: the coordinator learns", "the run tells what the coordinator learns of a sum")
    t.ok(float(said["rows"][-1]["auc"]) >= .97, "test AUC .97", said["rows"][-1])
    t.ok(0 < float(said["rows"][-1]["epsilon"]) <= 8, "within epsilon 8 at delta 1e-5, by the hospitals' ledgers",
         said["rows"][-1])
    for hospital in "abc":
        with open(f"{home.root}/logs/hospital-{hospital}.log", encoding="utf-8") as f:
            log = f.read()
        t.ok(log.count("input.sent") == 2 * ROUNDS and "update.sent" not in log,
             f"hospital-{hospital}: masked vectors left, of updates and of scores, and no update")


def is_paid_for(t, home):
    said = home.told("--as", "officer", "ask", "hospital-a", "budget")["text"]
    t.has(said, "For each patient, counted apart: of epsilon 8", "the officer sees the patients' ledger")
    t.has(said, f"is spent over {ROUNDS} rounds", "one charge a sum")
    rows = home.told("ask", "guardian", "budget")["rows"]
    t.ok(len(rows) == 3 and all(r["rounds charged"] == str(ROUNDS) and 7 < float(r["spent"]) <= 8 for r in rows),
         "the guardian's ledgers of the three hospitals say the same", rows)


def is_logged(t, home):
    file = os.path.join(home.root, "himas.log")
    done = home.himas("audit", "export", "--out", file)
    t.same(done.returncode, 0, "the log is exported, and holds")
    with open(file, "rb") as f:
        log = bytearray(f.read())
    t.ok(log.count(b"permit ") >= ROUNDS, "each round's permit is in it", log.count(b"permit "))
    log[len(log) // 2] ^= 1
    with open(file, "wb") as f:
        f.write(log)
    t.ok(home.himas("audit", "verify", file).returncode != 0, "a flipped bit is found")


def is_rationed(t, home):
    """What is left does for a second run only with more noise, and for a third not at all."""
    done = home.himas("start", "breast-cancer-secure", "--watch")
    t.ok(done.returncode == 0 and "the guardian raised the noise from" in done.stdout,
         "the second run ends with more noise", done.stdout[-400:])
    rows = home.told("ask", "guardian", "budget")["rows"]
    t.ok(all(float(r["spent"]) <= 8 for r in rows), "within the budgets", rows)
    done = home.himas("start", "breast-cancer-secure", "--watch")
    t.ok(done.returncode != 0 and "the guardian gives no permit" in done.stdout,
         "nothing is left for a third, and the guardian says so", done.stdout[-400:])


def test(t):
    like_the_plain_one(t)
    home = Home()
    try:
        done = home.himas("up", "--secure", "--guardian")
        t.need(done.returncode == 0, "himas up --secure --guardian", done)
        learns(t, home)
        is_paid_for(t, home)
        is_logged(t, home)
        is_rationed(t, home)
    finally:
        home.himas("down")


if __name__ == "__main__":
    tap.run("secure", test)
