"""A crowd of agents comes back after the network was away: soon, spread out, each by one login, with nothing lost."""
import os
import signal
import subprocess
import threading
import time

from lib import tap
from lib.broker import Broker
from lib.relay import Relay
from lib.wait import until

CROWD = int(os.environ.get("HIMAS_E2E_CROWD", 200))
A_PROCESS = 25
AWAY_S = 6.0  # long enough for every wait to have grown to its bound
BACK_S = 5.0
BIN_S = 0.1


class Process:
    """e2e-crowd, and what it says."""

    def __init__(self, broker, port, first, count):
        words = [os.path.join(os.environ["HIMAS_BIN_DIR"], "e2e-crowd"), str(broker.dir), broker.domain, str(port),
                 broker.ca, str(first), str(count)]
        self.log = open(broker.dir / "run" / f"crowd-{first}.log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log,
                                        text=True)
        self.up, self.metrics, self.coming = set(), None, {}
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            words = line.split()
            if words == ["end"]:
                self.metrics, self.coming = self.coming, {}
            elif words[0].isdigit():
                (self.up.add if words[2] == "up" else self.up.discard)(words[1])
            elif words[0] != "#":
                self.coming[words[0]] = self.coming.get(words[0], 0) + float(words[1])

    def look(self):
        self.metrics = None
        self.process.send_signal(signal.SIGUSR1)
        until(lambda: self.metrics is not None, "metrics")
        return self.metrics

    def stop(self):
        self.process.terminate()
        code = self.process.wait(20)
        self.log.close()
        return code


class Crowd:
    def __init__(self, broker, port):
        self.processes = [Process(broker, port, first, min(A_PROCESS, CROWD - first))
                          for first in range(0, CROWD, A_PROCESS)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for p in self.processes:
            p.process.kill()

    def here(self):
        dead = [p.process.returncode for p in self.processes if p.process.poll() is not None]
        if dead:
            raise RuntimeError(f"of the crowd have ended: {dead}")
        return sum(len(p.up) for p in self.processes)

    def metrics(self):
        all_ = [p.look() for p in self.processes]
        return {k: sum(m.get(k, 0) for m in all_) for k in all_[0]}


def picture(t, since, accepted, seconds):
    """How many connections came in each tenth of a second; the most."""
    bins = [0] * (int(seconds / BIN_S) + 1)
    for at in accepted:
        bins[min(int((at - since) / BIN_S), len(bins) - 1)] += 1
    while bins and bins[-1] == 0:
        bins.pop()
    for i, n in enumerate(bins):
        t.say(f"  {i * BIN_S:3.1f} s {n:4d} {'*' * n}")
    return max(bins)


def back(t, crowd, relay, before, name, most, within):
    since = time.monotonic()
    until(lambda: crowd.here() == CROWD, f"{name}: all to be back", 60)
    took = time.monotonic() - since
    coming = relay.accepted[before:]
    t.say(f"{name}: all {CROWD} are ready {took:.2f} s after the network's return; connections:")
    peak = picture(t, since, coming, took)
    t.ok(took < within, f"{name}: {CROWD} agents are back within {within:.1f} s", f"{took:.2f} s")
    t.ok(peak <= most * CROWD, f"{name}: they do not come all at once: at most {peak} in {BIN_S} s", most * CROWD)
    t.same(len(coming), CROWD, f"{name}: one connection each, no login fails")


def ordeal(t, relay, crowd, began):
    until(lambda: crowd.here() == CROWD, "the crowd to come", 60)
    first = time.monotonic() - began
    t.say(f"{CROWD} first logins took {first:.2f} s")
    within = max(BACK_S, 1.5 * first + 1)  # a machine that is busy with other things is no stampede
    before = len(relay.accepted)
    relay.drop()
    until(lambda: crowd.here() < CROWD, "the cut to be seen")
    back(t, crowd, relay, before, "all links cut", 0.45, within)
    relay.cut()
    until(lambda: crowd.here() == 0, "everybody to see that the network is away")
    time.sleep(AWAY_S)
    before = len(relay.accepted)
    relay.mend()
    back(t, crowd, relay, before, f"away for {AWAY_S:g} s", 0.15, within)
    until(lambda: crowd.metrics()["himas_outbox_messages"] == 0, "every message to be acknowledged", 60)
    m = crowd.metrics()
    t.ok(m["said"] == m["heard"] > 0 and m["said_sum"] == m["heard_sum"], "what they said was heard once",
         {k: m[k] for k in ("said", "heard", "said_sum", "heard_sum")})
    t.same([p.stop() for p in crowd.processes], [0] * len(crowd.processes), "all end with 0")


def test(t):
    with Broker() as broker, Relay(broker.port) as relay:
        (broker.dir / "roster.yaml").write_text("members:\n" + "".join(
            f'  - {{jid: "{broker.jid(f"crowd-{i}")}", role: trainer}}\n' for i in range(CROWD)))
        broker.accounts(*[f"crowd-{i}" for i in range(CROWD)])
        began = time.monotonic()
        with Crowd(broker, relay.port) as crowd:
            ordeal(t, relay, crowd, began)


if __name__ == "__main__":
    tap.run("reconnect", test)
