"""The command line, from `himas up` to `himas down`."""
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

from lib import places, tap
from lib.disk import Disk
from lib.wait import until

PROCESSES = ["broker", "coordinator", "hospital-a", "hospital-b", "hospital-c"]


class Home:
    def __init__(self):
        self.root = os.path.join(tempfile.mkdtemp(prefix="cli-", dir=os.environ.get("HIMAS_E2E_DIR")), "fed")

    def himas(self, *words, code=None, seconds=90):
        done = subprocess.run([places.program("himas"), "--data", self.root, *words], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=seconds)
        if code is not None and done.returncode != code:
            raise RuntimeError(f"himas {' '.join(words)}: {done}")
        return done

    def processes(self):
        said = json.loads(self.himas("status", "--json", code=0).stdout)
        return {r["process"]: r for r in said["processes"]["rows"]}


def reads(t, words, text, name):
    if not shutil.which(words[0]):
        t.skip(name, f"{words[0]} is not installed")
        return
    done = subprocess.run(words, input=text, capture_output=True, text=True)
    t.ok(done.returncode == 0 and not done.stderr, name, done.stderr)


def what_noise_costs(t, home):
    """The numbers are those of public accountants; the libraries' tests have many more."""
    settings = ["--q", "0.01", "--steps", "1000", "--delta", "1e-5", "--json"]
    for words, column, expected in ((["--sigma", "1.1"], "epsilon", {"RDP": 1.71177, "PLD": 1.51537}),
                                    (["--epsilon", "3"], "sigma", {"RDP": .864603, "PLD": .813594})):
        done = home.himas("privacy", column, *words, *settings)
        rows = json.loads(done.stdout or "{}").get("rows", [])
        t.ok(done.returncode == 0 and {r["method"] for r in rows} == set(expected) and
             all(abs(float(r[column]) - expected[r["method"]]) < 2e-4 for r in rows), f"himas privacy {column}", done)
    found = json.loads(home.himas("privacy", "sigma", "--distributed", "--epsilon", "3", *settings).stdout)
    sigma = found["rows"][0]["sigma"]
    cost = json.loads(home.himas("privacy", "epsilon", "--distributed", "--sigma", sigma, *settings).stdout)
    t.ok([r["method"] for r in found["rows"]] == ["RDP"] and float(sigma) > .864603 and
         found["fields"]["sums reckoned with"] == "1100" and 2.99 < float(cost["rows"][0]["epsilon"]) <= 3,
         "himas privacy --distributed: there and back", (found, cost))
    for words, part in ((["epsilon"], "sigma"), (["epsilon", "--sigma", "0"], "--sigma"),
                        (["sigma", "--epsilon", "1", "--q", "0"], "--q"), (["delta"], "privacy epsilon")):
        done = home.himas("privacy", *words)
        t.ok(done.returncode == 64 and part in done.stderr, f"himas privacy {' '.join(words)}: 64, and why", done)


def about_itself(t, home):
    """What needs no federation."""
    for words in (["help"], ["--help"], *([w, "--help"] for w in ("privacy", "runs", "models", "audit", "enrol")),
                  ["keys", "-h"], ["help", "up"], ["up", "--help"], ["version"], ["--version"], ["man"],
                  *(["completion", s] for s in ("bash", "zsh", "fish"))):
        done = home.himas(*words)
        t.ok(done.returncode == 0 and done.stdout.strip() and not done.stderr, f"himas {' '.join(words)}", done)
    for words, code, part in ((["stauts"], 64, "did you mean 'status'"), (["up", "--hospitals", "0"], 64, "hospitals"),
                              (["start"], 64, "task"), (["up", "--hopsitals", "3"], 64, "hospitals"),
                              (["completion", "tcsh"], 64, "bash, zsh, fish"), (["status"], 66, "himas up")):
        done = home.himas(*words)
        t.ok(done.returncode == code and part in done.stderr, f"himas {' '.join(words)}: {code}, and why", done)
    for shell in ("bash", "zsh", "fish"):
        reads(t, [shell, "-n"], home.himas("completion", shell).stdout, f"{shell} reads its completion")
    reads(t, ["groff", "-man", "-ww", "-Tutf8", "-z"], home.himas("man").stdout, "groff reads the manual page")
    for name in ("coordinator", "trainer"):
        for word in ("--help", "--describe", "--version"):
            done = subprocess.run([places.program("himas-" + name), word], capture_output=True, text=True)
            t.ok(done.returncode == 0 and done.stdout, f"himas-{name} {word}", done)
        done = subprocess.run([places.program("himas-" + name), "--probe_port", "70000"], capture_output=True,
                              text=True)
        t.ok(done.returncode in (64, 78) and "probe_port" in done.stderr, f"himas-{name}: a bad setting is named", done)


def keys(t, home):
    path = os.path.join(os.path.dirname(home.root), "a.key")
    made = home.himas("keys", "new", path, code=0).stdout
    shown = home.himas("keys", "show", path, code=0).stdout
    t.ok(shown.split()[-1] in made and os.stat(path).st_mode & 0o777 == 0o600, "keys new, keys show", made + shown)
    with open(path, encoding="ascii") as f:
        before = f.read()
    t.ok(home.himas("keys", "new", path).returncode != 0 and open(path, encoding="ascii").read() == before,
         "keys new never replaces a key")


def simulate(t, home):
    """A short file for many hospitals, and more rounds than its task has."""
    picture = os.path.join(os.path.dirname(home.root), "run.svg")
    said = json.loads(home.himas("simulate", "--sites", "30", "--rounds", "12", "--drop", "0.05", "--svg", picture,
                                 "--json", code=0).stdout)
    rows = said["rows"]
    t.ok(len(rows) == 12 and all(float(r["AUC"]) > 0.9 for r in rows), "simulate: as many rounds as asked", said)
    with open(picture, encoding="utf-8") as f:
        drawn = f.read()
    fields = {name: float(value) for name, value in said["fields"].items()}
    t.ok(fields["lost"] > 0 and all(word in drawn for word in ("<svg", "AUC", "megabytes", "virtual seconds")),
         "simulate: losses and a picture", said)
    updates = sum(int(r["in"].split("/")[0]) for r in rows)
    t.ok(1000 < fields["bytes_per_agent"] < fields["peak_bytes"] / 30, "simulate: memory of an agent, and of all", fields)
    t.ok(abs(fields["updates_per_minute"] * fields["real_seconds"] / 60 / updates - 1) < .1,
         "simulate: updates a minute are those of the run", fields)
    shown = home.himas("simulate", "--sites", "4", "--rounds", "3", code=0).stdout
    t.ok(all(any(line.startswith(name) and " to " in line for line in shown.splitlines())
             for name in ("loss", "AUC", "accuracy", "bytes", "time")), "simulate: a picture in the terminal", shown)


def ports_of(home):
    places_of = ["broker/ports", *(f"agents/{n}/config.yaml" for n in PROCESSES if n != "broker")]
    text = "".join(open(os.path.join(home.root, p), encoding="utf-8").read() + "\n" for p in places_of)
    return [int(p) for p in re.findall(r"^(?:c2s=|http=|https=|probe_port: )(\d+)$", text, re.M)]


def up_again(t, home):
    before = home.processes()
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as f:
        outgoing = int(f.read().split()[0])
    ports = ports_of(home)
    t.ok(len(ports) == len(PROCESSES) + 2 and max(ports) < outgoing, "up: no port that a connection may be given", ports)
    t.same(sorted(before), PROCESSES, "up: broker, coordinator and three hospitals")
    with open(home.root + "/roster.yaml", encoding="utf-8") as f:
        roster = f.read()
    done = home.himas("up", code=0)
    after = home.processes()
    t.same({n: p["pid"] for n, p in after.items()}, {n: p["pid"] for n, p in before.items()},
           "up again: the same processes")
    t.ok(open(home.root + "/roster.yaml", encoding="utf-8").read() == roster, "up again: the same keys", done)
    done = home.himas("up", "--secure")
    t.ok(done.returncode == 76 and "himas down" in done.stderr, "up again, otherwise: refused, and what to do", done)
    modes = {os.stat(os.path.join(home.root, p)).st_mode & 0o077 for p in (
        "agents/hospital-a/identity.key", "agents/hospital-a/records.csv", "broker/secrets/operator.password", ".")}
    t.same(modes, {0}, "up: secrets and records are their owner's alone")


def a_run(t, home):
    done = home.himas("start", "breast-cancer", "--watch")
    t.ok(done.returncode == 0 and "3 of 3 in" in done.stdout and "\ndone" in done.stdout, "start --watch", done)
    for words in (["compare"], ["runs", "list"], ["runs", "show", "breast-cancer-1"], ["models", "list"],
                  ["models", "show", "breast-cancer"], ["tasks", "list"], ["trainers"],
                  ["ask", "coordinator", "status"], ["ask", "coordinator", "help"], ["ask", "hospital-b", "status"]):
        done = home.himas(*words)
        t.ok(done.returncode == 0 and done.stdout.strip(), f"himas {' '.join(words)}", done)
        if "help" not in words:
            t.ok(json.loads(home.himas(*words, "--json").stdout)["ok"], f"himas {' '.join(words)} --json")
    t.has(home.himas("ask", "coordinator", "help", "runs", "show", code=0).stdout, "runs show -- a run round by round",
          "help of a command of two words")
    compared = json.loads(home.himas("--json", "compare").stdout)
    t.ok(float(compared["fields"]["auc_difference"]) <= 0.01, "compare: as good as pooled training", compared)
    t.same(len(compared["rows"]), 5, "compare: federation, pooled, each hospital alone")
    for words, code in ((["ask", "coordinator", "nosuch"], 66), (["start", "nosuch"], 66),
                        (["runs", "show", "nosuch"], 66), (["--as", "officer", "start", "breast-cancer"], 77),
                        (["ask", "nobody", "status"], 66), (["pause"], 66)):
        done = home.himas(*words)
        t.ok(done.returncode == code and done.stderr.strip(), f"himas {' '.join(words)}: {code}, and why", done)
        said = json.loads(home.himas("--json", *words).stdout)
        t.ok(said["ok"] is False and said["text"], f"himas {' '.join(words)} --json says so too", said)


def report(t, home):
    page = os.path.join(os.path.dirname(home.root), "hipaa.md")
    results = os.path.join(os.path.dirname(home.root), "results")
    os.mkdir(results)
    with open(os.path.join(results, "e2e.tap"), "w", encoding="utf-8") as f:
        f.write("1..2\nok 1 - tls: no login in clear\nnot ok 2 - kills: nothing is lost\n")
    home.himas("report", "hipaa", "--results", results, "--out", page, code=0)
    with open(page, encoding="utf-8") as f:
        said = f.read()
    t.has(said, "`c2s_require_encryption = true` in 1 file", "report hipaa: the broker's setting as it stands")
    t.has(said, "- passed: tls: no login in clear", "report hipaa: the test that shows it")
    t.has(said, "- a test fails: kills: nothing is lost", "report hipaa: the test that does not")
    t.has(said, "confirm what the other asks: the roster has 2", "report hipaa: the example has two officers")
    alone = home.himas("report", "hipaa", code=0).stdout
    t.ok("passed:" not in alone and "no results were given" in alone, "report hipaa: no evidence, no claim")


def comes_back(t, home):
    pid = int(home.processes()["hospital-a"]["pid"])
    os.kill(pid, signal.SIGKILL)
    row = until(lambda: (p := home.processes()["hospital-a"])["state"] == "ready" and int(p["pid"]) != pid and p,
                "hospital-a to come back", 20)
    t.same(row["restarts"], "1", "what dies is started again, and that is counted")


def left(home):
    """Processes that know the folder."""
    out = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                words = f.read()
        except OSError:
            continue
        if home.root.encode() in words and int(pid) != os.getpid():
            out.append((pid, words))
    return out


def ends(t, home):
    pids = [int(p["pid"]) for p in home.processes().values()]
    home.himas("down", code=0)
    t.ok(not any(os.path.exists(f"/proc/{p}") for p in pids) and not left(home), "down leaves no process", left(home))
    done = home.himas("down")
    t.ok(done.returncode == 0 and "nothing was running" in done.stdout, "down again", done)
    done = home.himas("status")
    t.ok(done.returncode == 69 and "himas up" in done.stderr, "status: not running, and what to do", done)
    done = home.himas("up", "--secure")
    t.ok(done.returncode == 76 and "agents/hospital-a/policy.yaml" in done.stderr and "--data" in done.stderr,
         "up --secure where the hospitals have policies: refused, and what to do", done)
    home.himas("up", code=0)
    said = json.loads(home.himas("runs", "list", "--json", code=0).stdout)
    t.same([r["run"] for r in said["rows"]], ["breast-cancer-1"], "up: what was is still there")
    home.himas("down", code=0)


RECORDS = [  # what is in the file; what is said of it
    ("", "empty"),
    ("patient;age;sick\np1;40;no\n", "semicolons"),
    ("patient\tage\tsick\np1\t40\tno\n", "tabs"),
    ("patient,age,sick\n", "nothing after the header"),
    ("patient,age,ill\np1,40,no\n", "the header does not name it"),
    ("patient,age,sick\np1,40,no\n".encode("utf-16"), "UTF-16"),
]
TASK = """name: own
data:
  header: yes
  columns:
    - {name: patient, role: patient}
    - {name: age, kind: integer, min: 18, max: 110}
    - {name: sick, role: label, classes: ["no", "yes"]}
model: {arch: logistic}
"""


def faulty_records(t, home):
    task, records = (os.path.join(os.path.dirname(home.root), name) for name in ("own.yaml", "own.csv"))
    with open(task, "w", encoding="utf-8") as f:
        f.write(TASK)
    for text, word in RECORDS:
        with open(records, "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        done = home.himas("simulate", "--sites", "2", "--records", records, "--task", task)
        t.ok(done.returncode == 65 and word in done.stderr and "/" not in done.stderr, f"simulate: {word}", done)


def at_once(t, home):
    """Two that make one federation, and one that is interrupted while it is made or waited for."""
    words = [places.program("himas"), "--data", home.root, "up"]
    both = [subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                             text=True) for _ in range(2)]
    said = [(p.communicate(timeout=90)[1], p.returncode) for p in both]
    t.ok(sorted(code for _, code in said) in ([0, 0], [0, 76]) and
         all(code == 0 or "wait until it is done" in text or "meanwhile" in text for text, code in said),
         "up, twice at once: one makes it, and the other says so", said)
    t.same(sorted(home.processes()), PROCESSES, "up, twice at once: all is there once")
    home.himas("down", code=0)
    started = home.root + "/broker/run/started"
    os.remove(started)
    up = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until(lambda: os.path.exists(started) or up.poll() is not None, "the broker to start", 20)
    up.send_signal(signal.SIGINT)
    text = up.communicate(timeout=90)[1]
    t.ok(up.returncode == 0 or "stopped again" in text and not left(home), "up, interrupted: nothing is left", text)
    home.himas("down", code=0)


SLOW_TOOL = "touch \"$HIMAS_SHARE/begun\"\nexec tail -f /dev/null\n"  # until it is interrupted, too


def cut_short(t, home):
    """Ctrl-C, which all of the terminal's processes get, while the broker is made."""
    share = os.path.join(os.path.dirname(home.root), "share")
    os.makedirs(share + "/broker-config")
    with open(share + "/broker-config/broker.sh", "w", encoding="utf-8") as f:
        f.write(SLOW_TOOL)
    up = subprocess.Popen([places.program("himas"), "--data", home.root, "up"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
                          env=dict(os.environ, HIMAS_SHARE=share))
    until(lambda: os.path.exists(share + "/begun") or up.poll() is not None, "the broker to be made", 20)
    os.killpg(up.pid, signal.SIGINT)
    text = up.communicate(timeout=30)[1]
    t.ok(up.returncode == 76 and "`himas up` goes on" in text and home.root in text and not left(home),
         "up, interrupted while it makes the broker: what is left, and how to go on", text)


FILLS_UP = """[ "$1" != run ] || dd if=/dev/zero of="{ballast}" bs=4096 2>/dev/null
exec sh "{broker}" "$@"
"""
LITTLE = 64 << 10  # bytes: the broker starts, the agents' stores do not


def told_at_once(t, home, disk, name, **env):
    since = time.monotonic()
    done = subprocess.run([places.program("himas"), "--data", home.root, "up", "--wait", "60"], capture_output=True,
                          text=True, stdin=subprocess.DEVNULL, timeout=90, env=dict(os.environ, **env))
    t.ok(done.returncode == 74 and "is full" in done.stderr and disk.path in done.stderr and
         "Free some space" in done.stderr, f"up, a disk that is full {name}: which, and what to do", done)
    t.ok(time.monotonic() - since < 30 and not left(home), f"up, a disk that is full {name}: long before its deadline")


def full_disk(t):
    """Nothing can be written about it, and so `up` looks for itself: before it starts anything, and while it waits."""
    home = Home()
    place = os.path.dirname(home.root)
    share = place + "/share"
    shutil.copytree(places.SOURCE + "/examples", share + "/examples")
    os.makedirs(share + "/broker-config")
    try:
        with Disk(place + "/disk") as disk:
            home.root = disk.path + "/fed"
            with open(share + "/broker-config/broker.sh", "w", encoding="utf-8") as f:
                f.write(FILLS_UP.format(ballast=disk.ballast, broker=places.SOURCE + "/broker-config/broker.sh"))
            home.himas("up", code=0)
            home.himas("down", code=0)
            disk.fill(LITTLE)
            told_at_once(t, home, disk, "before it starts")
            disk.free()
            told_at_once(t, home, disk, "while it starts", HIMAS_SHARE=share)
            disk.free()
            t.same(home.himas("up").returncode, 0, "up, with room again")
            home.himas("down", code=0)
    except tap.Skip as why:
        t.skip("up, a disk that is full", why)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def lines_fit(t, home):
    """In as many columns as the reader has; in a pipe of nobody's width they stay whole."""
    words = (["up"], ["status"], ["runs"], ["models"], ["tasks", "list"], ["trainers"], ["help"], ["privacy", "--help"],
             ["runs", "show", "breast-cancer-1"], ["ask", "coordinator", "help"], ["simulate", "--sites", "3"])
    for columns in (80, 100):
        for w in words:
            done = subprocess.run([places.program("himas"), "--data", home.root, *w], capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL, timeout=90, env=dict(os.environ, COLUMNS=str(columns)))
            long = [x for x in done.stdout.splitlines() if len(x) > columns and len(max(x.split(), key=len)) < columns - 20]
            t.ok(done.returncode == 0 and done.stdout and not long, f"himas {' '.join(w)}: {columns} columns", long or done)


def lines_for_programs(t, home):
    """As `himas status --help` says."""
    lines = home.himas("status", code=0).stdout.splitlines()
    head, *rows = [re.split("  +", line) for line in lines[:lines.index("")]]
    t.ok(head == ["process", "state", "pid", "since", "restarts"] and [r[0] for r in rows] == PROCESSES and
         all(len(r) == len(head) for r in rows), "status in a pipe: two blanks part the cells", lines)
    t.has(home.himas("status", "--help").stdout, "awk -F '  +'", "status --help says so")


def next_steps(t, home):
    """What `himas up` tells to do next are commands."""
    said = home.himas("up", code=0).stdout
    lines = [line.split("  ")[1].split() for line in said.split("Next\n")[1].split("\n\n")[0].splitlines()]
    wrong = [words for words in lines if home.himas(*[w for w in words[1:] if w != "TASK"], "--help").returncode != 0]
    t.ok(len(lines) >= 4 and not wrong, "up: the next steps are commands", (lines, wrong))
    done = home.himas("watch", "--wait", "1")
    t.ok(done.returncode == 75 and done.stdout.startswith("No run is going on"), "watch: nothing to see yet", done)


def test(t):
    home = Home()
    try:
        about_itself(t, home)
        what_noise_costs(t, home)
        keys(t, home)
        simulate(t, home)
        faulty_records(t, home)
        cut_short(t, home)
        full_disk(t)
        at_once(t, home)
        done = home.himas("up")
        t.need(done.returncode == 0, "himas up", done)
        up_again(t, home)
        next_steps(t, home)
        a_run(t, home)
        lines_fit(t, home)
        lines_for_programs(t, home)
        report(t, home)
        comes_back(t, home)
        ends(t, home)
    finally:
        home.himas("down")
        shutil.rmtree(os.path.dirname(home.root), ignore_errors=True)


if __name__ == "__main__":
    tap.run("cli", test)
