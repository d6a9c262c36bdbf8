"""A model of 9 MB over a slow way to the broker that is cut ten times; another run goes on meanwhile.

All that agents and broker say to each other, stanzas and chunks, passes two relays that carry so many bits a second and
are cut whenever another eleventh of what is to be carried has passed.  A round takes longer than its deadline, which only
says how long nothing may move.
"""
import asyncio
import os
import re
import threading
import time

from lib import tap, tensors
from lib.federation import POLICY, Federation, task
from lib.relay import Relay
from lib.wait import until

BITS_PER_S = 36e6
CUTS = 10
MIB = 1 << 20
HELD_MB = 32
PIECE = 16384
MODEL = "{arch: mlp, hidden: [2048, 1100], seed: 1}"
PARAMETERS = 30 * 2048 + 2048 + 2048 * 1100 + 1100 + 1100 + 1
ROUNDS = 2
TRANSFERS = 2 + ROUNDS * 4  # out; then, each round, back and out to be scored: once up to the broker and once down from it
DEADLINE_S = 5


class SlowRelay(Relay):
    """Each way carries BITS_PER_S; what comes waits its turn."""

    def __init__(self, target):
        super().__init__(target)
        self.passed, self._free = {True: 0, False: 0}, {True: 0.0, False: 0.0}

    async def _carry(self, source, target):
        up = target.get_extra_info("peername")[1] == self.target
        try:
            while data := await source.read(PIECE):
                now = time.monotonic()
                self._free[up] = max(self._free[up], now) + len(data) * 8 / BITS_PER_S
                await asyncio.sleep(self._free[up] - now)
                self.passed[up] += len(data)
                target.write(data)
                await target.drain()
            target.write_eof()
        except OSError:
            target.transport.abort()

    def bytes(self):
        return sum(self.passed.values())


class SlowFederation(Federation):
    """The broker tells its agents to store chunks by way of a relay."""

    def _agents(self):
        super()._agents()
        path = next(self.path("broker", n) for n in ("prosody.cfg.lua", "ejabberd.yml")
                    if os.path.exists(self.path("broker", n)))
        with open(path, encoding="utf-8") as f:
            text = f.read()
        place = re.compile(r"(https://127\.0\.0\.1:)(\d+)/")
        self.chunks = SlowRelay(int(place.search(text)[2]))
        self.stanzas = SlowRelay(self.broker.port)
        with open(path, "w", encoding="utf-8") as f:
            f.write(place.sub(rf"\g<1>{self.chunks.port}/", text))

    def __enter__(self):
        super().__enter__()
        self.chunks.__enter__()
        self.stanzas.__enter__()
        self.dial(self.stanzas.port)
        return self

    def __exit__(self, *what):
        try:
            return super().__exit__(*what)
        finally:
            self.chunks.__exit__(*what)
            self.stanzas.__exit__(*what)


def memory_mb(agent, what="RssAnon"):
    with open(f"/proc/{agent.process.pid}/status", encoding="ascii") as f:
        return int(re.search(what + r":\s+(\d+) kB", f.read())[1]) / 1024


def sanitized(agent):
    with open(f"/proc/{agent.process.pid}/maps", encoding="ascii", errors="replace") as f:
        return re.search(r"lib(asan|tsan)|\[shadow\]", f.read()) is not None


def doing(log):
    """What the hospital is at, by its log: a model comes, is trained, the update leaves, a model to be scored comes."""
    fetched = len(re.findall(r"attachment\.fetched .*bytes=\d{7}", log))
    if fetched == 0:
        return "receives"
    if fetched > 1:
        return "scores"
    return "sends" if re.search(r"update\.sent .*run=large", log) else "trains"


class Watcher(threading.Thread):
    """Cuts the relays as bytes pass, and notes what the agents hold at most, by what they are doing."""

    def __init__(self, fed, payload):
        super().__init__(daemon=True)
        self.fed, self.payload, self.cuts, self.over = fed, payload, 0, False
        self.held = {}

    def look(self, agent, what):
        key = (agent.name, what)
        self.held[key] = max(self.held.get(key, 0), memory_mb(agent))

    def run(self):
        trainer, began = self.fed.agents["hospital-a"], self.fed.chunks.bytes()
        while not self.over:
            self.look(self.fed.coordinator, "all along")
            self.look(trainer, doing(trainer.log()))
            if self.cuts < CUTS and self.fed.chunks.bytes() - began > (self.cuts + 1) * self.payload / (CUTS + 1):
                self.fed.chunks.drop(1)
                self.fed.stanzas.drop(1)
                self.cuts += 1
            time.sleep(0.02)


def rounds_of(fed, run):
    return fed.run(run)["state"]


def both_runs(t, fed):
    payload = TRANSFERS * PARAMETERS * 4
    big = fed.begin("large")
    watcher = Watcher(fed, payload)
    passed = fed.chunks.bytes()
    watcher.start()
    until(lambda: fed.chunks.bytes() - passed > 2 * MIB, "the model to be under way", 30)
    small = fed.begin("breast-cancer")
    until(lambda: rounds_of(fed, small) == "done", "the small run to be done", 60)
    t.ok(rounds_of(fed, big) not in ("done", "failed"), "a small run begins and ends while the model is under way")
    row = fed.wait_end(big, 90)
    watcher.over = True
    watcher.join()
    t.need(row["state"] == "done", f"a model of {PARAMETERS * 4 / 1e6:.0f} MB is trained over a link of "
           f"{BITS_PER_S / 1e6:.0f} Mbit/s that is cut", row)
    took = float(fed.ask("coordinator", "runs", "show", big)["rows"][0]["seconds"])
    t.ok(took > 2 * DEADLINE_S, f"its first round took {took:.1f} s: the deadline of {DEADLINE_S} s is one of progress")
    return watcher, fed.chunks.bytes() - passed, payload


def memory(t, fed, base, held):
    if sanitized(fed.coordinator):
        t.skip("memory", "a sanitizer holds some of its own")
        return
    model = PARAMETERS * 4 / MIB
    rows = [("coordinator", "all along"), ("hospital-a", "receives"), ("hospital-a", "sends")]
    for name, what in rows:
        more = held.get((name, what), 0) - base[name]
        t.ok(more <= model + HELD_MB, f"{name} ({what}) held {more:.1f} MB more than before; "
             f"one model and {HELD_MB} MB are {model + HELD_MB:.1f}")
    for what in ("trains", "scores"):
        t.say(f"hospital-a ({what}) held {held.get(('hospital-a', what), 0) - base['hospital-a']:.1f} MB more")


def test(t):
    tasks = {"large": task("large", model=MODEL, rounds=ROUNDS, quorum=1, epochs=1, deadline=f"{DEADLINE_S}s"),
             "breast-cancer": task(rounds=2, quorum=2, epochs=1, deadline="120s")}
    policy = {"hospital-a": POLICY, "hospital-b": POLICY.replace("tasks: any", "tasks: [breast-cancer]")}
    with SlowFederation(hospitals=2, tasks=tasks, policy=policy) as fed:
        fed.start_all()
        base = {n: memory_mb(a) for n, a in fed.agents.items()}
        watcher, wire, payload = both_runs(t, fed)
        t.ok(watcher.cuts == CUTS, f"it was cut {watcher.cuts} times")
        weights = tensors.decode(fed.weights("large", version=1))
        t.same(sum(len(v) for n, (_, v) in weights.items() if n.startswith("layer")), PARAMETERS, "all of it is there")
        most = 1.02 * payload + CUTS * MIB + 2 * MIB  # a cut costs a chunk at most; TLS and the small run a little
        t.ok(wire <= most, f"{wire / 1e6:.1f} MB passed for {payload / 1e6:.1f} MB: {wire / payload:.3f}",
             f"{most / 1e6:.1f} MB are allowed")
        memory(t, fed, base, watcher.held)


if __name__ == "__main__":
    tap.run("slowlink", test)
