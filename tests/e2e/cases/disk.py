"""A disk that is full, and one that cannot be written, for real: a file system of a few megabytes of its own under an
agent's store.  The agent says what is wrong and waits; when there is room again the run ends as if nothing had been."""
import os

from lib import tap, tensors
from lib.disk import Disk
from lib.federation import Federation, task
from lib.wait import until

ROUNDS = 6


def whole(t, fed, agent, run, name):
    row = fed.wait_end(run, 90)
    t.need(row["state"] == "done", f"{name}: with room again the run goes on and is done", row)
    shown = fed.ask("coordinator", "runs", "show", run)["rows"]
    t.ok([r["hospitals"] for r in shown] == ["3/3"] * ROUNDS, f"{name}: each update is counted once", shown)
    rounds = {h: fed.rounds_sent(h, run) for h in fed.hospitals}
    t.ok(all(len(set(r)) == ROUNDS for r in rounds.values()), f"{name}: none is missing", rounds)
    t.ok(all(len(r) == ROUNDS for h, r in rounds.items() if h != agent.name),
         f"{name}: hospitals that could write computed each once", rounds)
    t.ok(tensors.same_numbers(fed.weights(version=1), fed.weights()), f"{name}: the model is that of the undisturbed run")


def full(t, fed, agent, disk):
    name = f"{agent.name}, disk full"
    others = [a for a in fed.agents.values() if a.kind == "trainer" and a is not agent][0]
    others.hold()  # so that the run is not over before the disk is full
    run = fed.begin()
    t.same(agent.stop(), 0, f"{name}: stopped, so that its log of writes is short and must grow")
    agent.start().wait_ready()
    mark = len(agent.log())
    disk.fill()
    t.same(disk.room(), 0, f"{name}: there is no room at all")
    others.let_go()
    until(lambda: "full" in agent.log()[mark:], f"{name}: it to be noticed", 30)
    until(lambda: "agent.rebuild_failed" in agent.log()[mark:], f"{name}: it to try again", 30)
    status, why = agent.get("/readyz")
    t.ok(agent.alive() and status == 503, f"{name}: it lives and is not ready", (status, why))
    t.has(why, "disk", f"{name}: /readyz says why")
    disk.free()
    whole(t, fed, agent, run, name)


def read_only(t, agent, disk):
    name = f"{agent.name}, disk read-only"
    agent.stop()
    disk.may_write(False)
    mark = len(agent.log())
    agent.start()
    code = agent.process.wait(20)
    said = agent.log()[mark:]
    t.ok(code == 74, f"{name}: it does not start", code)
    t.has(said, disk.path, f"{name}: it names the file")
    t.has(said, "what to do", f"{name}: and says what to do")
    disk.may_write(True)
    agent.start().wait_ready()


def test(t):
    with Federation(tasks={"breast-cancer": task(rounds=ROUNDS, quorum=3)}) as fed:
        places = {n: fed.path("agents", n, "disk") for n in ("coordinator", "hospital-c")}
        with Disk(places["coordinator"]) as one, Disk(places["hospital-c"]) as other:
            disks = {"coordinator": one, "hospital-c": other}
            for name, disk in disks.items():
                fed.agents[name].settings["store"] = os.path.join(disk.path, "store.db")
            fed.start_all()
            t.need(fed.wait_end(fed.begin())["state"] == "done", "an undisturbed run is done")
            for name, disk in disks.items():
                full(t, fed, fed.agents[name], disk)
            for name, disk in disks.items():
                read_only(t, fed.agents[name], disk)
            fed.coordinator.wait_count("himas_trainers_online", 3)
            run = fed.begin()
            t.ok(fed.wait_end(run)["state"] == "done", "and runs go on")
            for agent in fed.agents.values():
                t.same(agent.stop(), 0, f"{agent.name}: ends with 0")


if __name__ == "__main__":
    tap.run("disk", test)
