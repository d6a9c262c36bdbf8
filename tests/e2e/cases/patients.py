"""Training that hides each patient: the example with noise in every step learns, is paid for, and ends when spent."""
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
        stops(t, fed)


if __name__ == "__main__":
    tap.run("patients", test)
