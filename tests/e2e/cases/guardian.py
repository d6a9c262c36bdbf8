"""The privacy guardian: no round without its permit, a veto and a spent budget in words, also when it is killed."""
import random
import re

from lib import places, tap
from lib.federation import POLICY, Federation, task
from lib.wait import until

GUARD = """min_cohort: {cohort}
min_records: 11
without_noise: yes
min_noise: 0
epsilon_max: {epsilon}
delta: 1.0e-5
permit_minutes: 60
{more}"""
# At delta 1e-5 one such round costs 1, two 1.5, and three 1.84.
NOISY = task(model="{arch: logistic, seed: 1}", standardise="ranges", rounds=4, epochs=1, quorum=3,
             more="privacy: {mechanism: gaussian, epsilon: 1, delta: 0.00001, clip: 1}")
HOSPITALS = ("hospital-a", "hospital-b", "hospital-c")


class Guarded(Federation):
    def __init__(self, cohort=2, epsilon=8, rule="", **more):
        super().__init__(extra={"guardian": "guardian"}, **more)
        self.policy_text = GUARD.format(cohort=cohort, epsilon=epsilon, more=rule)

    def _agents(self):
        super()._agents()
        self._agent("guardian", "guardian", places.free_ports(1)[0],
                    {"policy": self.write("agents/guardian/policy.yaml", self.policy_text)})

    def begin_all(self):
        self.agents["guardian"].start().wait_ready()
        self.start_all()


def refused_by_policy(t):
    with Guarded(cohort=4, tasks={"breast-cancer": task(rounds=2, quorum=3)}) as fed:
        fed.begin_all()
        run = fed.begin()
        row = fed.wait_end(run)
        t.same(row["state"], "failed", "a cohort below the guardian's minimum")
        said = fed.ask("guardian", "permits", as_="officer")
        t.has(str(said), "`min_cohort` is 4; 3 hospitals take part", "the veto names the rule")
        t.ok(not any(fed.rounds_sent(name, run) for name in HOSPITALS), "no update left a hospital")


def runs_out(t):
    """Killed at random meanwhile, the ledger has every round that was permitted."""
    dice = random.Random(5)
    with Guarded(epsilon=1.65, tasks={"breast-cancer": NOISY}) as fed:
        guardian = fed.agents["guardian"]
        fed.begin_all()
        run = fed.begin()
        for _ in range(3):
            wanted = guardian.metrics().get("himas_log_entries", 0) + dice.randrange(1, 4)
            until(lambda least=wanted: guardian.metrics().get("himas_log_entries", 0) >= least or
                  fed.coordinator.metrics().get("himas_runs") == 0, "the guardian to go on")
            guardian.kill()
            guardian.start().wait_ready()
        row = fed.wait_end(run, 120)
        t.same(row["state"], "failed", "the budget allows two rounds of four")
        said = str(fed.ask("guardian", "permits", as_="officer"))
        t.has(said, "another round like this does not fit", "the refusal says why")
        budget = fed.ask("guardian", "budget", as_="officer")
        charged = {r["hospital"].split("@")[0]: int(r["rounds charged"]) for r in budget["rows"]}
        sent = {name: len(set(fed.rounds_sent(name, run))) for name in HOSPITALS}
        t.ok(all(charged.get(n, 0) >= sent[n] > 0 for n in HOSPITALS), "never under-counted", (charged, sent))
        t.ok(fed.ask("guardian", "verify", as_="officer")["ok"], "all permits are signed, all ledgers whole")


def lasts(t):
    """The budget covers two rounds of four as asked for; with more noise it covers them all."""
    with Guarded(epsilon=1.65, rule="noise_max: 50\n", tasks={"breast-cancer": NOISY}) as fed:
        fed.begin_all()
        shown = fed.himas("start", "breast-cancer", "--watch", seconds=120)
        raised = re.findall(r"raised the noise from ([\d.]+) to ([\d.]+): with what was asked for, the budget covers 2 of "
                            r"the 4 rounds", shown.stdout)
        t.ok(len(raised) == 1 and float(raised[0][1]) > float(raised[0][0]) > 0, "told before round 1", shown)
        print("# the noise was raised from {} to {}".format(*raised[0] if raised else ("?", "?")))
        t.ok("\ndone" in shown.stdout, "the run ends", shown)
        permits = fed.ask("guardian", "permits", as_="officer")["rows"]
        rounds = [r for r in permits if r["for"] == "round"]
        t.ok(len(rounds) == 4 and all(", not " in r["noise"] for r in rounds), "each permit says so", permits)
        budget = fed.ask("guardian", "budget", as_="officer")["rows"]
        t.ok(len(budget) == 3 and all(1.6 < float(r["spent"]) <= 1.65 and r["data set"] == "records" for r in budget),
             "within the budget, and nearly all of it", budget)
        said = str(fed.ask("guardian", "report", as_="officer"))
        t.ok("Alarm" not in said, "what was done is what was permitted", said)


def counts(t):
    """A table over three hospitals is what their records say."""
    with Guarded(rule="queries: yes\n", policy=POLICY + "counts: yes\n") as fed:
        fed.begin_all()
        said = fed.ask("coordinator", "count", "breast-cancer", "diagnosis")
        t.ok(said["ok"], "the hospitals are counted", said)
        t.has(said["text"], "at 3 of 3 hospitals; for research", "all of them, and the purpose is told")
        dealt = {"0": 0, "1": 0}
        for name in HOSPITALS:
            with open(fed.path("agents", name, "records.csv"), encoding="utf-8") as f:
                for line in f.read().splitlines()[1:]:
                    dealt[line.rsplit(",", 1)[1]] += 1
        wanted = {**{k: str(v) for k, v in dealt.items()}, "total": str(sum(dealt.values()))}
        t.same({row["diagnosis"]: row["total"] for row in said["rows"]}, wanted, "each record is counted once")
        permits = fed.ask("guardian", "permits", as_="officer")["rows"]
        t.same([(p["for"], p["run"]) for p in permits], [("query", "count-1")], "with the guardian's permit")
        refused = fed.ask("coordinator", "count", "breast-cancer", "radius")
        t.ok(not refused["ok"], "a column without classes is refused", refused)


def test(t):
    refused_by_policy(t)
    runs_out(t)
    lasts(t)
    counts(t)


if __name__ == "__main__":
    tap.run("guardian", test)
