"""What the coordinator and the broker hold of one hospital's update, by looking at all of their memory and files.

Each hospital's records lie on one line through the origin, another one in each hospital: whatever is learned from them
alone points along that line, statistics of the inputs too.  The scan finds that direction at any length, as floats or
whole numbers, plain or in base64.
"""
import base64
import glob
import os
import struct
import subprocess

from lib import places, tap
from lib.federation import Federation
from lib.wait import until

LINES = {
    "hospital-a": [1.009, -.523, 1.847, .311, -1.499, .733, 1.297, -.887],
    "hospital-b": [-.641, 1.213, .457, -1.723, .919, 1.571, -.383, .769],
    "hospital-c": [.563, .877, -1.109, 1.433, .347, -.659, 1.901, 1.283],
}
RECORDS, LOOKS = 120, 3
CLOSED = 'himas_rounds_total{outcome="closed"}'
TASK = """name: {name}
data:
  header: yes
  columns:
{columns}
    - {{ name: label, role: label, classes: ["0", "1"] }}
model: {{arch: logistic, seed: 1}}
train: {{optimizer: sgd, learning_rate: 0.1, epochs: 1, batch: 20, test_fraction: 0.2, seed: 1}}
rounds: {{count: {rounds}, quorum: 3, join_deadline: 30s, round_deadline: 60s}}
{more}
"""


def task(name, rounds, more=""):
    columns = "".join(f"    - {{ name: x{i}, kind: real, min: -8, max: 8 }}\n" for i in range(8)).rstrip("\n")
    return TASK.format(name=name, columns=columns, rounds=rounds, more=more)


def records(line):
    """Points on the line; their side of the origin is the label."""
    rows = ["x0,x1,x2,x3,x4,x5,x6,x7,label"]
    for i in range(RECORDS):
        at = (1 + i % 7 / 7) * (1 if i % 2 else -1)
        rows.append(",".join(f"{at * v:.9g}" for v in line) + f",{i % 2}")
    return "\n".join(rows) + "\n"


def scan(lines, *where):
    done = subprocess.run([places.program("e2e-scan"), "/".join(",".join(map(str, line)) for line in lines), *where], capture_output=True,
                          text=True, check=True, timeout=60)
    return sum(int(row.rsplit(" ", 2)[1]) for row in done.stdout.splitlines())


def files(*folders):
    return [p for folder in folders for p in glob.glob(os.path.join(folder, "**"), recursive=True)
            if os.path.isfile(p) and os.path.getsize(p)]


def control(t, fed):
    """What is planted is found: in our own memory's like, in each shape."""
    line = LINES["hospital-a"]
    shapes = {"float32": struct.pack("<8f", *(v * -3e-4 for v in line)), "float64": struct.pack("<8d", *line),
              "whole": struct.pack("<8i", *(round(v * 1e6) for v in line)),
              "wide": struct.pack("<8q", *(round(v * 1e9) for v in line))}
    shapes["base64"] = b'"' + base64.b64encode(b"x" * 31 + shapes["float64"]) + b'"'
    for name, planted in shapes.items():
        path = fed.path("run", "planted-" + name)
        with open(path, "wb") as f:
            f.write(b"around" + planted + b"around")
        t.ok(scan([line], path) >= 1, f"control: {name} is found")
        t.same(scan([LINES["hospital-b"]], path), 0, f"control: {name} is not another hospital's")


def told_in_clear(t, fed):
    """The broker's memory does hold what is said to it unsealed; now and then, for it tidies up."""
    line = LINES["hospital-a"]
    text = base64.b64encode(struct.pack("<32d", *line * 4)).decode()
    with fed.peer("operator") as person:
        def shown():
            person.say(fed.coordinator.jid, text)
            return scan([line], f"pid:{fed.broker.process.pid}") >= 1
        t.ok(until(shown, "the text"), "control: the broker's memory shows what is told in clear")


def looked_at(fed, name):
    """Finds in the processes while a run goes on, again and again with one hospital held: the others' answers wait."""
    held, finds = fed.agents["hospital-c"], {"coordinator": 0, "broker": 0}
    run = fed.begin(name)
    for look in range(LOOKS):
        before = fed.coordinator.count(CLOSED)
        held.hold()
        for who, pid in (("coordinator", fed.coordinator.process.pid), ("broker", fed.broker.process.pid)):
            finds[who] += scan(LINES.values(), f"pid:{pid}")
        held.let_go()
        if look < LOOKS - 1:
            until(lambda: fed.coordinator.count(CLOSED) > before, "the next round")
    return finds, fed.wait_end(run)


def kept(fed):
    """In the files of coordinator and broker."""
    where = {"coordinator": files(fed.coordinator.folder), "broker": files(os.path.join(fed.broker.folder, "data"))}
    return {who: scan(LINES.values(), *paths) if paths else 0 for who, paths in where.items()}


def plain(t, fed):
    finds, row = looked_at(fed, "planted")
    t.same(row["state"], "done", "plain: the run is done")
    held = kept(fed)
    t.ok(finds["coordinator"] + held["coordinator"] > 0, "plain: the coordinator holds single updates", (finds, held))
    t.same(finds["broker"] + held["broker"], 0, "plain: the broker never does, in memory and files")


def secure(t, fed):
    """Nobody but the hospital itself has seen a hospital's update: not since these programs began."""
    finds, row = looked_at(fed, "masked")
    t.same(row["state"], "done", "secure: the run is done")
    nothing = {"coordinator": 0, "broker": 0}
    t.same(finds, nothing, "secure: no single update is in their memory")
    t.same(kept(fed), nothing, "secure: nor in their files")


def test(t):
    tasks = {"planted": task("planted", 100), "masked": task("masked", 30, "aggregation: {secure: yes}")}
    with Federation(hospitals=3, tasks=tasks) as fed:
        for name, line in LINES.items():
            fed.write(f"agents/{name}/records.csv", records(line))
        control(t, fed)
        fed.start_all()
        secure(t, fed)
        plain(t, fed)
        told_in_clear(t, fed)


if __name__ == "__main__":
    tap.run("canary", test)
