"""Coordinator, hospitals and guardian killed at random points of secure runs: each run ends as if nothing had been, the
ledgers hold every vector that left, the log is whole, and of each peer one kind of share leaves, ever.

How often: HIMAS_E2E_KILLS, 200 with HIMAS_DEEP.  HIMAS_E2E_SEED repeats the same choices.
"""
import os
import random
import re
import time

from lib import overheard, places, tap, tensors
from lib.federation import Federation, task
from lib.wait import until

KILLS = int(os.environ.get("HIMAS_E2E_KILLS", 200 if os.environ.get("HIMAS_DEEP") else 8))
PLAIN_ROUNDS, NOISY_ROUNDS = 8, 30
SPARE = NOISY_ROUNDS // 10  # sums that a run with noise is reckoned for beyond its rounds (secure_plan.h)
GUARD = """min_cohort: 3
min_records: 11
without_noise: yes
min_noise: 0
epsilon_max: 1000
delta: 1.0e-5
permit_minutes: 60
"""
POLICY = """tasks: any
models: any
min_cohort: 20
max_rounds: 100
statistics: yes
privacy: {mode: optional, epsilon_max: 1000, delta: 1.0e-5, epsilon_per_round_max: 100}
"""
SHAPE = {"model": "{arch: logistic, seed: 1}", "standardise": "ranges", "epochs": 1, "quorum": 3}
TASKS = {"plain": task("plain", rounds=PLAIN_ROUNDS, more="aggregation: {secure: yes}", **SHAPE),
         "noisy": task("noisy", rounds=NOISY_ROUNDS, more="aggregation: {secure: yes}\nprivacy: {mechanism: "
                       "distributed, unit: site, epsilon: 8, delta: 1.0e-6, clip: 1}", **SHAPE)}
RAN_OUT = "so many were charged"  # says a hospital whose run has no sums left


class Watched(Federation):
    """With a guardian, and a broker that writes down what is said in secure sums."""

    def __init__(self):
        super().__init__(hospitals=3, extra={"guardian": "guardian"}, policy=POLICY, tasks=TASKS)

    def _agents(self):
        super()._agents()
        self._agent("guardian", "guardian", places.free_ports(1)[0],
                    {"policy": self.write("agents/guardian/policy.yaml", GUARD), "export_dir": self.path("log")})
        overheard.install(self)
        self.heard = overheard.Overheard(self)

    def begin_all(self):
        self.agents["guardian"].start().wait_ready()
        self.start_all()


class Ordeal:
    def __init__(self, t, fed, seed):
        self.t, self.fed, self.dice = t, fed, random.Random(seed)
        self.killed, self.runs, self.ran_out = {}, {"plain": 0, "noisy": 0}, 0
        self.models = {}

    def going(self):
        return f"kind=ended run={self.run} " not in self.fed.coordinator.log()

    def strike(self):
        name = self.dice.choice(["coordinator", "guardian", self.dice.choice(self.fed.hospitals)])
        agent = self.fed.agents[name]
        agent.kill()
        time.sleep(self.dice.uniform(0, 0.3))
        agent.start().wait_ready()
        kind = "hospital" if name in self.fed.hospitals else name
        self.killed[kind] = self.killed.get(kind, 0) + 1

    def one_run(self, name, kills):
        """Until it is over, and at most so many kills in it; how many there were."""
        self.run, struck = self.fed.begin(name, quorum=3), 0
        while struck < kills and self.going():
            time.sleep(self.dice.uniform(0, 0.6))
            if self.going():
                self.strike()
                struck += 1
        self.runs[name] += 1
        self.end(name, self.fed.wait_end(self.run, 120))
        return struck

    def end(self, name, row):
        out = name == "noisy" and row["state"] == "failed" and RAN_OUT in str(row)
        self.ran_out += out
        if not out and row["state"] != "done":
            self.t.need(False, f"{self.run}, killed at random, ends well", row)
        if name == "plain":
            weights = self.fed.weights(name)
            if not tensors.same_numbers(self.models.setdefault(name, weights), weights):
                self.t.ok(False, f"{self.run}: its model is that of the undisturbed run")
        self.look()

    # -- what must hold after each run

    def look(self):
        heard = self.fed.heard.look()
        if heard.twofold:
            self.t.ok(False, f"{self.run}: one kind of share of each peer", heard.twofold)
        for who, (charged, left) in {**self.hospitals(heard), **self.guardian(heard)}.items():
            if charged < left:
                self.t.ok(False, f"{self.run}: {who} never under-counts", (charged, left))
        path = self.fed.path("himas.log")
        for words in (["export", "--out", path], ["verify", path, "--roster", self.fed.path("roster.yaml")]):
            done = self.fed.himas("audit", *words)
            if done.returncode != 0:
                self.t.ok(False, f"{self.run}: the log is whole", done)

    def hospitals(self, heard):
        """What each hospital's ledger was charged for, and how many vectors with noise left it."""
        out = {}
        for name in self.fed.hospitals:
            said = self.fed.ask(name, "budget", as_="officer")["text"]
            charged = int(re.search(r"over (\d+) rounds so far", said)[1])
            out[name] = (charged, heard.updates(name, "noisy"))
        return out

    def guardian(self, heard):
        """The same of the guardian's ledgers."""
        rows = self.fed.ask("guardian", "budget", as_="officer")["rows"]
        charged = {r["hospital"].split("@")[0]: int(r["rounds charged"]) for r in rows
                   if r["hidden"] == "the whole of it"}
        return {f"guardian of {name}": (charged.get(name, 0), left)
                for name, (_, left) in self.hospitals(heard).items()}


def control(t, fed):
    """What must not be would be seen."""
    spy = overheard.Overheard(fed)
    for half in overheard.KINDS:
        spy.note(("hospital-a", "run", 1, 2), half)
    t.ok(len(spy.twofold) == 1, "control: a second kind of share would be seen", spy.twofold)


def test(t):
    seed = int(os.environ.get("HIMAS_E2E_SEED", time.time_ns() % 10000))
    t.say(f"HIMAS_E2E_SEED={seed}")
    with Watched() as fed:
        control(t, fed)
        fed.begin_all()
        ordeal = Ordeal(t, fed, seed)
        ordeal.one_run("plain", 0)
        done = 0
        while done < KILLS:
            noisy = ordeal.runs["noisy"] < ordeal.runs["plain"]
            done += ordeal.one_run("noisy" if noisy else "plain", min(KILLS - done, SPARE if noisy else 8))
        heard = fed.heard
        t.say(f"killed: {ordeal.killed}; runs: {ordeal.runs}, {ordeal.ran_out} of them out of sums; "
              f"{len(heard.vectors)} vectors and {heard.answers} answers left")
        t.ok(heard.answers > 0 and not heard.twofold, f"{done} kills: of each peer one kind of share left in a sum")
        charged = {**ordeal.hospitals(heard), **ordeal.guardian(heard)}
        t.ok(all(c >= n > 0 for c, n in charged.values()), "no ledger under-counts", charged)
        t.ok(fed.ask("guardian", "verify", as_="officer")["ok"], "all permits are signed, all ledgers whole")


if __name__ == "__main__":
    tap.run("securekills", test)
