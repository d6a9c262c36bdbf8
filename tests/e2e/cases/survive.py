"""Coordinator and broker killed, links cut, at random points of runs of ten rounds: each run ends with the model of the
undisturbed one, bit for bit; nothing is lost, computed twice or counted twice, and nobody lends a hand.

How often: HIMAS_E2E_KILLS, HIMAS_E2E_BROKER_KILLS, HIMAS_E2E_CUTS; of how many rounds a run is: HIMAS_E2E_ROUNDS.
HIMAS_E2E_SEED repeats the same waits.
"""
import os
import random
import re
import statistics
import time

from lib import tap, tensors
from lib.federation import Federation, task
from lib.relay import Relay
from lib.wait import until

ROUNDS = int(os.environ.get("HIMAS_E2E_ROUNDS", 10))
SENT = 'himas_trainer_updates_total{outcome="sent"}'
STEP = re.compile(r"^(\S+)Z info coordinator feed kind=(?!phase)\w+ run=(\S+)", re.M)
RECOVERY_S = 5.0
GOES_ON_S = 20.0  # links stay away for up to 3 s and 0.5 s more, and what was lost goes again after 3 and 6 s


def times(name, fallback):
    return int(os.environ.get("HIMAS_E2E_" + name, fallback))


class Steps:
    """What the coordinator's log says of steps, from where it was last looked at."""

    def __init__(self, agent):
        self.agent, self.at = agent, 0
        self.mark()

    def mark(self):
        self.at = os.path.getsize(self.agent.log_path)

    def since(self):
        with open(self.agent.log_path, "rb") as f:
            f.seek(self.at)
            return STEP.findall(f.read().decode(errors="replace"))


class Ordeal:
    """Begins runs while there are blows left to strike, and looks at each when it is over."""

    def __init__(self, t, fed, seed):
        self.t, self.fed, self.dice, self.steps = t, fed, random.Random(seed), Steps(fed.coordinator)
        self.runs = 0

    def going(self):
        """Whether the run is not over, as told by the log: a dead coordinator answers nobody."""
        return f"kind=ended run={self.run} " not in self.fed.coordinator.log()

    def step_or_end(self, seconds=60):
        return until(lambda: self.steps.since() or not self.going(), f"{self.run}: a step", seconds)

    def strike(self, count, blow, pause_s, name):
        """Runs in which `blow` comes after random pauses, until it has come `count` times; how often it came."""
        struck = 0
        while struck < count:
            self.begin()
            while struck < count and self.going():
                time.sleep(self.dice.uniform(0, pause_s))
                if not self.going():
                    break
                blow()
                struck += 1
            self.end(name)
        self.t.ok(True, f"{name}: {struck} times in {self.runs} runs")

    def begin(self):
        self.before = self.sent()
        self.steps.mark()
        self.run = self.fed.begin()
        self.runs += 1

    def sent(self):
        return {h: self.fed.agents[h].count(SENT) for h in self.fed.hospitals}

    def end(self, name):
        self.fed.coordinator.wait_ready(60)
        row = self.fed.wait_end(self.run, 120)
        if row["state"] != "done":
            self.t.need(False, f"{name}: {self.run} is done", row)
        rows = self.fed.ask("coordinator", "runs", "show", self.run)["rows"]
        right = [r["hospitals"] for r in rows] == ["3/3"] * ROUNDS and len({r["bytes"] for r in rows}) == 1
        if not right:
            self.t.ok(False, f"{name}: {self.run}: every update is counted once", rows)
        rose = {h: n - self.before[h] for h, n in self.sent().items()}
        if set(rose.values()) != {ROUNDS}:
            self.t.ok(False, f"{name}: {self.run}: every update is computed once", rose)
        if not tensors.same_numbers(self.fed.weights(version=1), self.fed.weights()):
            self.t.ok(False, f"{name}: {self.run}: the model is that of the undisturbed run", rows)


def coordinator_killed(t, fed, seed):
    ordeal, took, early = Ordeal(t, fed, seed), [], 0

    def blow():
        nonlocal early
        fed.coordinator.kill()
        while ordeal.dice.random() < 0.2:  # and again before it has come up
            fed.coordinator.start()
            time.sleep(ordeal.dice.uniform(0, 0.3))
            fed.coordinator.kill()
            early += 1
        ordeal.steps.mark()
        began = time.monotonic()
        fed.coordinator.start()
        ordeal.step_or_end()
        took.append(time.monotonic() - began)

    ordeal.strike(times("KILLS", 15), blow, 0.3, "coordinator killed")
    t.say(f"coordinator: {len(took)} kills and {early} while starting; process start to next step: "
          f"median {statistics.median(took):.2f} s, max {max(took):.2f} s")
    t.ok(max(took) < RECOVERY_S, f"coordinator killed: the run goes on within {RECOVERY_S:g} s each time", took)


def broker_killed(t, fed, seed):
    ordeal, took = Ordeal(t, fed, seed), []

    def blow():
        fed.broker.kill()
        time.sleep(ordeal.dice.uniform(0, 1))
        fed.broker.start()
        ordeal.steps.mark()
        began = time.monotonic()
        ordeal.step_or_end()
        took.append(time.monotonic() - began)

    ordeal.strike(times("BROKER_KILLS", 5), blow, 0.4, "broker killed")
    t.say(f"broker: {len(took)} kills; its return to the next step: median {statistics.median(took):.2f} s, "
          f"max {max(took):.2f} s")


def links_cut(t, fed, relay, seed):
    ordeal, gone, took = Ordeal(t, fed, seed), 0, [0.0]

    def blow():
        nonlocal gone
        if ordeal.dice.random() < 0.3:
            gone += relay.links()
            relay.cut()
            time.sleep(ordeal.dice.uniform(0, 0.5))
            relay.mend()
        else:
            gone += relay.drop(0.5)
        if ordeal.dice.random() < 0.5:
            ordeal.steps.mark()
            began = time.monotonic()
            ordeal.step_or_end()
            took.append(time.monotonic() - began)

    ordeal.strike(times("CUTS", 15), blow, 0.4, "links cut")
    t.say(f"links: {gone} cut; to the next step: median {statistics.median(took):.2f} s, max {max(took):.2f} s")
    t.ok(max(took) < GOES_ON_S, f"links cut: the run goes on within {GOES_ON_S:g} s each time", took)


def test(t):
    seed = times("SEED", time.time_ns() % 100000)
    t.say(f"HIMAS_E2E_SEED={seed}")
    with Federation(tasks={"breast-cancer": task(rounds=ROUNDS, quorum=3, epochs=8)}) as fed, \
            Relay(fed.broker.port, seed) as relay:
        fed.dial(relay.port)
        fed.start_all()
        t.need(fed.wait_end(fed.begin())["state"] == "done", "an undisturbed run is done")
        coordinator_killed(t, fed, seed)
        broker_killed(t, fed, seed)
        links_cut(t, fed, relay, seed)
        t.same({n: fed.agents[n].count("himas_rebuilds_total") for n in fed.hospitals},
               {n: 0 for n in fed.hospitals}, "no agent had to be rebuilt")


if __name__ == "__main__":
    tap.run("survive", test)
