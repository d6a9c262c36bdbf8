"""A model too large for a stanza: sealed chunks by HTTP upload, also when the broker dies meanwhile."""
import os

from lib import tap, tensors
from lib.federation import Federation, task
from lib.wait import until

PARAMETERS = 30 * 700 + 700 + 700 * 400 + 400 + 400 + 1
AWAITED = 'himas_round_trainers{state="awaited"}'


def uploads(fed):
    """Bytes of all files the broker keeps, and all of them together."""
    out = []
    for folder, _, names in os.walk(fed.path("broker", "data")):
        if "http_file_share" in folder or "/data/upload/" in folder:
            out += [os.path.join(folder, n) for n in names if not n.endswith((".list", ".dat", ".lidx"))]
    return out


def sealed(t, fed, weights):
    files = uploads(fed)
    t.ok(len(files) >= 8, "models and updates lie on the broker in chunks", files)
    t.ok(all(os.path.getsize(f) <= (1 << 20) + 16 for f in files), "none above 1 MiB and its seal")
    part = weights[-4096:]
    plain = [f for f in files if part in open(f, "rb").read()]
    t.ok(not plain and not any(b"layer0.weight" in open(f, "rb").read() for f in files), "and it cannot read them")


def test(t):
    tasks = {"breast-cancer": task(model="{arch: mlp, hidden: [700, 400], seed: 1}", rounds=2, epochs=1)}
    with Federation(tasks=tasks) as fed:
        fed.start_all()
        first = fed.begin()
        row = fed.wait_end(first, 60)
        t.need(row["state"] == "done", "a run of a model of 1.2 MB is done", row)
        weights = fed.weights(version=1)
        t.same(sum(len(v) for n, (_, v) in tensors.decode(weights).items() if n.startswith("layer")), PARAMETERS,
               "all its parameters are there")
        sealed(t, fed, weights)
        held = fed.agents["hospital-b"]
        run = fed.begin()
        until(lambda: int(fed.run(run)["rounds"].split("/")[0]) > 1, "round 1 to close", 60)
        held.hold()
        until(lambda: fed.coordinator.count(AWAITED) == 1, "only hospital-b to be awaited", 60)
        fed.broker.kill()
        held.let_go()
        fed.broker.start()
        row = fed.wait_end(run, 90)
        t.need(row["state"] == "done", "and so is one in which the broker is killed", row)
        t.ok(tensors.same_numbers(weights, fed.weights(version=2)), "with the same model, bit for bit")


if __name__ == "__main__":
    tap.run("large", test)
