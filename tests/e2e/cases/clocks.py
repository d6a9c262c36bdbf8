"""Agents whose clocks are set forward and back in the middle of runs, and one that starts with a wrong clock: the runs end
as if nothing had been, nothing is lost or counted twice."""
import datetime
import glob
import os

from lib import tap, tensors
from lib.federation import Federation
from lib.wait import until

LIBRARY = "/usr/lib/*/faketime/libfaketimeMT.so.1"
HOUR, DAY = 3600, 86400


class Clock:
    """An agent's wall clock; its monotonic one goes on as it was."""

    def __init__(self, fed, agent, library):
        self.agent, self.path = agent, fed.path("run", agent.name + ".clock")
        self.set(0)
        agent.environment = {
            "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": self.path, "FAKETIME_NO_CACHE": "1", "NO_FAKE_STAT": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_DISABLE_SHM": "1",
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}

    def set(self, seconds):
        with open(self.path + ".new", "w", encoding="ascii") as f:
            f.write(f"{seconds:+d}\n")
        os.replace(self.path + ".new", self.path)

    def off(self):
        """By how much, as its log's last line says."""
        lines = [line for line in self.agent.log().splitlines() if line[10:11] == "T"]
        said = datetime.datetime.fromisoformat(lines[-1].split()[0].replace("Z", "+00:00"))
        return (said - datetime.datetime.now(datetime.timezone.utc)).total_seconds()


def held(fed, agent):
    """A run that waits for this one only."""
    agent.hold()
    run = fed.begin()
    until(lambda: next((r for r in fed.ask("coordinator", "status")["rows"] if r["run"] == run), {}).get("waits_for")
          == agent.name, f"the run to wait for {agent.name}", 30)
    return run


def whole(t, fed, run, name):
    """The run ended with the model of the first one, and counted everybody once a round."""
    row = fed.wait_end(run, 90)
    t.need(row["state"] == "done", f"{name}: the run is done", row)
    shown = fed.ask("coordinator", "runs", "show", run)["rows"]
    t.ok([r["hospitals"] for r in shown] == ["3/3"] * 10, f"{name}: each round counts each hospital once", shown)
    t.ok(tensors.same_numbers(fed.weights(version=1), fed.weights()), f"{name}: the model is the same, bit for bit")


def jump(t, fed, clocks, to, name):
    b = fed.agents["hospital-b"]
    run = held(fed, b)
    for agent, seconds in to.items():
        clocks[agent].set(seconds)
    b.let_go()
    whole(t, fed, run, name)
    off = {agent: clocks[agent].off() - seconds for agent, seconds in to.items()}
    t.ok(all(abs(v) < HOUR / 2 for v in off.values()), f"{name}: the agents did see it", off)


def begins_ahead(t, fed, clocks):
    """All deadlines are over when it comes back, by its clock."""
    b = fed.agents["hospital-b"]
    run = held(fed, b)
    clocks["coordinator"].set(30 * DAY)
    fed.coordinator.kill()
    fed.coordinator.start().wait_ready()
    b.let_go()
    whole(t, fed, run, "killed, back a month later")


def begins_behind(t, fed, clocks):
    a = fed.agents["hospital-a"]
    a.stop()
    clocks["hospital-a"].set(-30 * DAY)
    a.start()
    until(lambda: "not valid yet" in a.get("/readyz")[1], "the trainer to say why it is not ready")
    t.ok(a.alive(), "behind the certificate: not ready, says so, and lives")
    clocks["hospital-a"].set(0)
    a.wait_ready(60)
    fed.coordinator.wait_count("himas_trainers_online", 3)
    whole(t, fed, fed.begin(), "set right again")


def test(t):
    library = next(iter(glob.glob(LIBRARY)), None)
    if library is None:
        t.skip("clocks", "faketime is not installed; see tools/install-deps.sh")
        return
    with Federation() as fed:
        clocks = {name: Clock(fed, agent, library) for name, agent in fed.agents.items()}
        fed.start_all()
        t.need(fed.wait_end(fed.begin())["state"] == "done", "an undisturbed run is done")
        jump(t, fed, clocks, {"coordinator": 2 * HOUR, "hospital-a": -DAY, "hospital-b": 400 * DAY}, "forward and back")
        jump(t, fed, clocks, {"coordinator": -3 * DAY, "hospital-b": -DAY, "hospital-c": HOUR}, "back and forward")
        begins_ahead(t, fed, clocks)
        begins_behind(t, fed, clocks)


if __name__ == "__main__":
    tap.run("clocks", test)
