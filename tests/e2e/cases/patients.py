"""Training that hides each patient: the example with noise in every step learns, is paid for, and ends when spent."""
import json
import os

from lib import places, tap
from lib.federation import Federation


def example(file):
    with open(os.path.join(places.EXAMPLE, file), encoding="utf-8") as f:
        return f.read()


def learns(t, fed):
    run = fed.begin("breast-cancer-dp", quorum=2)
    t.same(fed.wait_end(run)["state"], "done", "a run with noise in every step ends well")
    last = fed.ask("coordinator", "runs", "show", run)["rows"][-1]
    t.ok(float(last["auc"]) > .95, "and its model is worth something", last)


def spent(t, fed):
    said = fed.ask("hospital-a", "budget", as_="officer")["text"]
    t.has(said, "For each patient, counted apart: of epsilon 8", "the officer sees the patients' ledger")
    t.has(said, "hide each patient and can still be afforded: 0", "and that it is spent")
    t.has(said, "0.0000 is spent and 8.0000 is left", "and that of whole updates, untouched")


def audited(t, fed):
    """The hospital's trainer, and the same on files; both with the task's noise."""
    ways = {"trainer": ["hospital-a", "--canaries", "400"],
            "files": ["--task", os.path.join(places.EXAMPLE, "task-dp.yaml"), "--canaries", "400",
                      "--records", os.path.join(places.EXAMPLE, "breast_cancer.csv")]}
    for way, words in ways.items():
        done = fed.himas("--as", "officer", "--json", "privacy", "audit", *words)
        t.same(done.returncode, 0, f"audit by {way}: is answered")
        said = json.loads(done.stdout or "{}")
        t.has(said.get("text", ""), "What the canaries prove is within what was claimed", f"audit by {way}: claim holds")
        rows = {r["attack"]: r for r in said.get("rows", [])}
        t.same(set(rows), {"threshold", "loss", "canary"}, f"audit by {way}: a row an attack")
        t.ok(all({"accuracy", "auc_roc", "privacy_grade", "is_vulnerable", "interpretation"} <= set(r)
                 for r in rows.values()), f"audit by {way}: each says what it must", rows)
    refused = fed.himas("--as", "leader", "privacy", "audit", "hospital-a")
    t.ok(refused.returncode != 0, "audit: not for everybody", refused.stdout + refused.stderr)


def stops(t, fed):
    hospital = fed.agents["hospital-a"]
    hospital.kill()
    hospital.start().wait_ready()
    before = hospital.count('himas_messages_sent_total{type="update"}')
    run = fed.begin("breast-cancer-dp", quorum=2)
    t.same(fed.wait_end(run)["state"], "failed", "a second run finds nobody who may take part")
    t.same(hospital.count('himas_messages_sent_total{type="update"}'), before, "and no update left")


def test(t):
    policy = {f"hospital-{x}": example("policy-dp.yaml") for x in "abc"}
    with Federation(hospitals=3, policy=policy, tasks={"breast-cancer-dp": example("task-dp.yaml")},
                    settings={"grace_ms": 1000}) as fed:
        fed.start_all(["coordinator", "hospital-a", "hospital-b", "hospital-c"])
        learns(t, fed)
        spent(t, fed)
        audited(t, fed)
        stops(t, fed)


if __name__ == "__main__":
    tap.run("patients", test)
