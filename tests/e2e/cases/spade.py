"""A bare slixmpp script in SPADE's metadata form takes the third hospital's place in a run."""
from lib import tap, tensors
from lib.federation import Federation, task
from lib.stranger import Stranger

ROUNDS = 4


def test(t):
    tasks = {"breast-cancer": task(model="{arch: logistic, seed: 1}", rounds=ROUNDS, quorum=3, epochs=1)}
    with Federation(tasks=tasks) as fed:
        fed.start_all(["coordinator", "hospital-a", "hospital-b"])
        with fed.peer("hospital-c", Stranger, fed=fed) as stranger, stranger.working():
            rows = fed.ask("coordinator", "trainers")["rows"]
            mine = next(r for r in rows if r["hospital"] == "hospital-c")
            t.same((mine["is"], mine["software"]), ("here", "a stranger"), "the coordinator knows that it is here")
            run = fed.begin()
            row = fed.wait_end(run)
            t.need(row["state"] == "done", "the run, which needs all three, is done", row)
            shown = fed.ask("coordinator", "runs", "show", run)["rows"]
            t.ok([r["hospitals"] for r in shown] == ["3/3"] * ROUNDS, "it is in, in each round", shown)
            t.same(stranger.rounds, list(range(1, ROUNDS + 1)), "it trained once a round")
            stranger.await_(lambda: stranger.ended, "the run's end", 10)
            t.same(stranger.ended[0]["outcome"], "done", "it was told the run's end")
            t.ok(float(row["auc"]) > 0.95, "the model, of two engines that share no code, is good", row)
            weights = tensors.decode(fed.weights())
            t.same(weights["layer0.weight"][0], [1, 30], "and is a logistic regression")


if __name__ == "__main__":
    tap.run("spade", test)
