"""Ten rounds with three hospitals, told by `runs show`, the registry and the probes."""
import json
import os
import shutil
import subprocess

from lib import tap, tensors
from lib.federation import Federation


def probes(t, fed):
    for agent in fed.agents.values():
        t.same(agent.get("/healthz")[0], 200, f"{agent.name}: /healthz")
        t.same(agent.get("/readyz")[0], 200, f"{agent.name}: /readyz")
        t.same(agent.get("/nothing")[0], 404, f"{agent.name}: no such page")
        text = agent.get("/metrics")[1]
        if shutil.which("promtool"):
            said = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
            t.ok(said.returncode == 0, f"{agent.name}: promtool accepts /metrics", said.stdout + said.stderr)
        else:
            t.skip(f"{agent.name}: promtool accepts /metrics", "promtool is not installed")


def rounds(t, fed, run):
    shown = fed.ask("coordinator", "runs", "show", run)
    t.same([int(r["round"]) for r in shown["rows"]], list(range(1, 11)), "ten rounds are shown")
    t.ok(all(r["hospitals"] == "3/3" for r in shown["rows"]), "all three were in each", shown["rows"])
    t.ok(float(shown["rows"][-1]["auc"]) > 0.97, "the last model is good", shown["rows"][-1])


def registry(t, fed, run):
    models = fed.ask("coordinator", "models", "list")["rows"]
    t.ok(len(models) == 1 and models[0]["run"] == run and models[0]["outcome"] == "done", "the model is listed", models)
    blob = fed.weights()
    t.same(sorted(tensors.decode(blob)), ["input.mean", "input.scale", *sorted(
        f"layer{i}.{p}" for i in range(3) for p in ("weight", "bias"))], "its weights are exported")
    with open(fed.path("models", "breast-cancer-1.card.json"), encoding="utf-8") as f:
        card = json.load(f)
    t.has(json.dumps(card), run, "its card names the run")
    out = fed.path("copy.safetensors")
    done = fed.himas("models", "export", "breast-cancer", "--file", out)
    t.ok(done.returncode == 0 and open(out, "rb").read() == blob and os.path.exists(out + ".card.json"),
         "`himas models export --file` copies it", done)


def test(t):
    with Federation() as fed:
        fed.start_all()
        run = fed.begin()
        row = fed.wait_end(run)
        t.need(row["state"] == "done", "the run is done", row)
        rounds(t, fed, run)
        registry(t, fed, run)
        probes(t, fed)
        for agent in fed.agents.values():
            t.same(agent.stop(), 0, f"{agent.name}: SIGTERM ends it with 0")


if __name__ == "__main__":
    tap.run("run", test)
