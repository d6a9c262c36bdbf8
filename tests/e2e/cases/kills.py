"""Coordinator, trainer and broker killed in the middle of a round: the run ends as if nothing had been."""
from lib import tap, tensors
from lib.federation import Federation
from lib.wait import until


def waits_for(t, fed, run, name):
    """The run's row of `status`, once it names only this one."""
    def named():
        return next((r for r in fed.ask("coordinator", "status")["rows"] if r["run"] == run and r["waits_for"] == name), None)

    row = until(named, f"status to name only {name}", 30)
    t.ok(True, f"{row['state']}, round {row['round']}: status names whom it waits for: {name}")
    return row


def pass_on(held, next_held):
    """The run, which waits for one hospital, goes on and stops at the next: it cannot get away in between."""
    next_held.hold()
    held.let_go()


def kill_coordinator(t, fed, run, held):
    before = waits_for(t, fed, run, held.name)
    fed.coordinator.kill()
    fed.coordinator.start().wait_ready()
    after = next(r for r in fed.ask("coordinator", "status")["rows"] if r["run"] == run)
    t.same((after["state"], after["round"]), (before["state"], before["round"]), "coordinator: goes on where it was")


def kill_trainer(t, fed, run, held, next_held):
    waits_for(t, fed, run, held.name)
    next_held.hold()
    held.kill()
    held.start().wait_ready()
    t.ok(True, "trainer: comes back")


def kill_broker(t, fed, run, held):
    waits_for(t, fed, run, held.name)
    fed.broker.kill()
    held.let_go()
    until(lambda: not any(a.ready() for a in fed.agents.values()), "everybody to see that the broker is gone", 20)
    status, why = fed.coordinator.get("/readyz")
    t.ok(status == 503 and f"port {fed.broker.port}" in why, "broker: /readyz says what cannot be reached", why)
    fed.broker.start()
    for agent in fed.agents.values():
        agent.wait_ready(60)
    t.ok(True, "broker: everybody comes back")


def kills(t, fed):
    """A run in which each is killed while it waits for a hospital whose process is held."""
    a, b, c = (fed.agents[h] for h in fed.hospitals)
    b.hold()
    run = fed.begin()
    waits_for(t, fed, run, b.name)
    pass_on(b, c)
    kill_coordinator(t, fed, run, c)
    pass_on(c, b)
    kill_trainer(t, fed, run, b, a)
    kill_broker(t, fed, run, a)
    return run


def test(t):
    with Federation() as fed:
        fed.start_all()
        first = fed.begin()
        t.need(fed.wait_end(first)["state"] == "done", "an undisturbed run is done")
        run = kills(t, fed)
        row = fed.wait_end(run, 90)
        t.need(row["state"] == "done", "the run with three kills is done", row)
        shown = fed.ask("coordinator", "runs", "show", run)["rows"]
        t.ok([r["hospitals"] for r in shown] == ["3/3"] * 10, "each round counts each hospital once", shown)
        t.ok(tensors.same_numbers(fed.weights(version=1), fed.weights(version=2)),
             "its model is that of the undisturbed run, bit for bit")


if __name__ == "__main__":
    tap.run("kills", test)
