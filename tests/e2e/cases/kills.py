"""Coordinator, trainer and broker killed in the middle of a round: the run ends as if nothing had been."""
from lib import tap, tensors
from lib.federation import Federation
from lib.wait import until


def hold_round(t, fed, run, trainer, after):
    """Stops the trainer's process once `after` rounds are closed, so that the round stays open; whom it waits for."""
    until(lambda: int(fed.run(run)["rounds"].split("/")[0]) > after, f"round {after} to close", 30)
    trainer.hold()
    def held():
        rows = fed.ask("coordinator", "status")["rows"]
        return next((r for r in rows if r["run"] == run and r["waits_for"] == trainer.name), None)

    row = until(held, f"status to name only {trainer.name}", 30)
    t.ok(True, f"round {row['round']}: status names whom it waits for")
    return row


def kill_coordinator(t, fed, run):
    trainer = fed.agents["hospital-c"]
    before = hold_round(t, fed, run, trainer, 1)
    fed.coordinator.kill()
    fed.coordinator.start().wait_ready()
    after = next(r for r in fed.ask("coordinator", "status")["rows"] if r["run"] == run)
    t.same((after["state"], after["round"]), (before["state"], before["round"]), "coordinator: goes on where it was")
    trainer.let_go()


def kill_trainer(t, fed, run):
    trainer = fed.agents["hospital-b"]
    hold_round(t, fed, run, trainer, 4)
    trainer.kill()
    trainer.start().wait_ready()
    t.ok(True, "trainer: comes back")


def kill_broker(t, fed, run):
    trainer = fed.agents["hospital-a"]
    hold_round(t, fed, run, trainer, 7)
    fed.broker.kill()
    trainer.let_go()
    until(lambda: not any(a.ready() for a in fed.agents.values()), "everybody to see that the broker is gone", 20)
    status, why = fed.coordinator.get("/readyz")
    t.ok(status == 503 and f"port {fed.broker.port}" in why, "broker: /readyz says what cannot be reached", why)
    fed.broker.start()
    for agent in fed.agents.values():
        agent.wait_ready(60)
    t.ok(True, "broker: everybody comes back")


def test(t):
    with Federation() as fed:
        fed.start_all()
        first = fed.begin()
        t.need(fed.wait_end(first)["state"] == "done", "an undisturbed run is done")
        run = fed.begin()
        kill_coordinator(t, fed, run)
        kill_trainer(t, fed, run)
        kill_broker(t, fed, run)
        row = fed.wait_end(run, 90)
        t.need(row["state"] == "done", "the run with three kills is done", row)
        shown = fed.ask("coordinator", "runs", "show", run)["rows"]
        t.ok([r["hospitals"] for r in shown] == ["3/3"] * 10, "each round counts each hospital once", shown)
        t.ok(tensors.same_numbers(fed.weights(version=1), fed.weights(version=2)),
             "its model is that of the undisturbed run, bit for bit")


if __name__ == "__main__":
    tap.run("kills", test)
