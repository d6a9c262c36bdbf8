"""A private federation in a folder of its own, laid out as `himas up` does, but with every part under the case's hand.

    with Federation(hospitals=3) as fed:        # broker up, accounts and settings made, no agent started
        fed.start_all()
        run = fed.begin("breast-cancer")
        fed.wait_end(run)
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from . import places, seal
from .process import Agent
from .spade import Member, Peer
from .wait import until

DOMAIN = "himas.local"
SANITIZER = re.compile(r"ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer|: runtime error: ")
PEOPLE = {"operator": "[operator, scientist]", "officer": "privacy-officer", "leader": "leadership"}
POLICY = """tasks: any
models: any
min_cohort: 20
max_rounds: 100
statistics: yes
privacy: {mode: optional, epsilon_max: 8, delta: 1.0e-5, epsilon_per_round_max: 1}
"""


def task(name="breast-cancer", model="{arch: mlp, hidden: [64, 32], seed: 1}", rounds=10, quorum=2, epochs=2,
         standardise="moments", more="", join="30s", deadline="60s"):
    """The example's data contract with another tail."""
    with open(os.path.join(places.EXAMPLE, "task.yaml"), encoding="utf-8") as f:
        contract = f.read().split("\nstandardise:")[0].replace("name: breast-cancer\n", f"name: {name}\n")
    return f"""{contract}
standardise: {standardise}
model: {model}
train: {{optimizer: sgd, learning_rate: 0.1, weight_decay: 0.001, epochs: {epochs}, batch: 16, test_fraction: 0.3, seed: 1}}
rounds: {{count: {rounds}, quorum: {quorum}, join_deadline: {join}, round_deadline: {deadline}}}
{more}
"""


def names(count):
    return ["hospital-" + "abcdefgh"[i] for i in range(count)]


class Broker:
    """Prosody by broker.sh, or ejabberd by ejabberd.sh, as a child of ours."""

    def __init__(self, folder):
        self.folder, self.process = folder, None

    def tool(self, *words, **env):
        done = subprocess.run(["/bin/sh", places.BROKER, *words], capture_output=True, text=True, timeout=60,
                              env={**os.environ, **env})
        if done.returncode:
            raise RuntimeError(f"broker.sh {' '.join(words)}: {done.stderr}")

    def make(self):
        ports = [str(p) for p in places.free_ports(3)]
        self.tool("init", self.folder, DOMAIN, *ports)
        self.port = int(ports[0])
        self.ca = os.path.join(self.folder, "certs", "ca.crt")

    def start(self):
        with open(os.path.join(self.folder, "run", "console.log"), "ab") as log:
            self.process = subprocess.Popen(["/bin/sh", places.BROKER, "run", self.folder],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.wait()
        return self

    def wait(self):
        started = os.path.join(self.folder, "run", "started")
        until(lambda: os.path.exists(started) and open(started, encoding="ascii").read().strip()
              == str(self.process.pid), "the broker to start")
        self.tool("wait", self.folder)

    def kill(self):
        self.process.kill()
        self.process.wait(10)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()

    def password(self, name):
        with open(os.path.join(self.folder, "secrets", name + ".password"), encoding="ascii") as f:
            return f.read().strip()


class Federation:
    """extra: further members, name -> role; strangers: accounts that the roster does not know."""

    def __init__(self, hospitals=3, extra=None, strangers=(), policy=POLICY, tasks=None, settings=None):
        self.hospitals = names(hospitals)
        self.extra, self.strangers = dict(extra or {}), list(strangers)
        self.policy, self.tasks = policy, tasks or {"breast-cancer": task()}
        self.settings = {"heartbeat_ms": 500, "patrol_ms": 200, **(settings or {})}
        self.agents, self.keys, self.peers = {}, {}, []

    def jid(self, name):
        return f"{name}@{DOMAIN}"

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def write(self, path, text, mode=0o600):
        os.makedirs(os.path.dirname(self.path(path)), exist_ok=True)
        with open(os.open(self.path(path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as f:
            f.write(text)
        return self.path(path)

    # -- making

    def __enter__(self):
        self.root = tempfile.mkdtemp(prefix="himas-e2e-", dir=os.environ.get("HIMAS_E2E_DIR"))
        try:
            self._make()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def _make(self):
        for folder in ("logs", "tasks", "models", "run"):
            os.makedirs(self.path(folder), exist_ok=True)
        self.broker = Broker(self.path("broker"))
        self.broker.make()
        for name, text in self.tasks.items():
            self.write(f"tasks/{name}.yaml", text)
        self._identities()
        self._roster()
        self._accounts()
        self._deal_records()
        self._agents()
        self.write("federation.yaml", f"domain: {DOMAIN}\nhospitals: [{', '.join(self.hospitals)}]\n")
        self.broker.start()

    def _machines(self):
        """name -> role, of all that have a key."""
        return {"coordinator": "coordinator", **{h: "trainer" for h in self.hospitals}, **self.extra}

    def _identities(self):
        for name in self._machines():
            self.keys[name] = seal.Identity()
            self.write(f"agents/{name}/identity.key", self.keys[name].secret_hex() + "\n")

    def _roster(self):
        lines = [f'  - {{jid: "{self.jid(n)}", role: {r}, name: "{n}", key: "{self.keys[n].public_hex()}", '
                 f'sign: "{self.keys[n].sign_hex()}"}}' for n, r in self._machines().items()]
        lines += [f'  - {{jid: "{self.jid(n)}", role: {r}, name: "{n}"}}' for n, r in PEOPLE.items()]
        self.write("roster.yaml", "members:\n" + "\n".join(lines) + "\n")

    def _accounts(self):
        lines = [f"{self.jid(n)} agent" for n in self._machines()]
        lines += [f"{self.jid(n)} person" for n in [*PEOPLE, *self.strangers]]
        self.broker.tool("accounts", self.broker.folder, self.write("run/accounts", "\n".join(lines) + "\n"))

    def _deal_records(self):
        with open(os.path.join(places.EXAMPLE, "breast_cancer.csv"), encoding="utf-8") as f:
            head, *rows = f.read().splitlines()
        for i, name in enumerate(self.hospitals):
            mine = rows[i::len(self.hospitals)]
            self.write(f"agents/{name}/records.csv", "\n".join([head, *mine]) + "\n")

    def _agents(self):
        ports = places.free_ports(1 + len(self.hospitals))
        self._agent("coordinator", "coordinator", ports[0],
                    {"tasks": self.path("tasks"), "export_dir": self.path("models"),
                     "patrol_ms": self.settings["patrol_ms"],
                     **{k: v for k, v in self.settings.items() if k in ("grace_ms",)}})
        for name, port in zip(self.hospitals, ports[1:]):
            policy = self.policy.get(name) if isinstance(self.policy, dict) else self.policy
            settings = {"records": self.path("agents", name, "records.csv"),
                        "heartbeat_ms": self.settings["heartbeat_ms"]}
            if policy:
                settings["policy"] = self.write(f"agents/{name}/policy.yaml", policy)
            self._agent(name, "trainer", port, settings)

    def _agent(self, name, kind, port, settings):
        folder = self.path("agents", name)
        common = {"jid": self.jid(name), "password_file": self.path("broker", "secrets", name + ".password"),
                  "broker_host": "127.0.0.1", "broker_port": self.broker.port, "ca_file": self.broker.ca,
                  "roster": self.path("roster.yaml"), "identity": os.path.join(folder, "identity.key"),
                  "store": os.path.join(folder, "store.db"), "probe_port": port}
        self.write(f"agents/{name}/config.yaml", "".join(f'{k}: "{v}"\n' for k, v in {**common, **settings}.items()))
        self.agents[name] = Agent(self, name, kind, port)

    # -- ending

    def __exit__(self, kind, why, _trace):
        codes = {a.name: a.stop() for a in self.agents.values() if a.alive()}
        if getattr(self, "broker", None):
            self.broker.stop()
        bad = [f"{n}: exit code {c}" for n, c in codes.items() if c != 0]
        bad += [f"{a.name}: a sanitizer reported" for a in self.agents.values() if SANITIZER.search(a.log())]
        failed = kind is not None or bad
        if failed:
            self.tell_logs()
        if not (failed and os.environ.get("HIMAS_E2E_KEEP")):
            shutil.rmtree(self.root, ignore_errors=True)
        if bad and kind is None:
            raise RuntimeError("; ".join(bad))
        return False

    def tell_logs(self, lines=15):
        for name in [*self.agents, "broker"]:
            path = self.path(f"broker/run/{places.KIND}.log") if name == "broker" else self.agents[name].log_path
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as f:
                    for line in f.read().splitlines()[-lines:]:
                        print(f"{name}: {line}", file=sys.stderr)

    # -- using

    @property
    def coordinator(self):
        return self.agents["coordinator"]

    def dial(self, port):
        """Agents started from now on reach the broker by another port: a relay's."""
        for agent in self.agents.values():
            agent.settings["broker_port"] = port

    def start_all(self, only=None):
        chosen = [self.agents[n] for n in (only or ["coordinator", *self.hospitals])]
        for agent in chosen:
            agent.start()
        for agent in chosen:
            agent.wait_ready()
        trainers = sum(a.kind == "trainer" for a in chosen)
        if self.coordinator.alive():
            self.coordinator.wait_count("himas_trainers_online", trainers)
            self.coordinator.wait_count('himas_messages_received_total{type="join"}', trainers)

    def himas(self, *words, seconds=60):
        return subprocess.run([places.program("himas"), "--data", self.root, *words], capture_output=True, text=True,
                              timeout=seconds, stdin=subprocess.DEVNULL)

    def ask(self, agent, *words, as_="operator"):
        """A command's answer, as a program gets it."""
        done = self.himas("--as", as_, "--json", "ask", agent, *[str(w) for w in words])
        return json.loads(done.stdout)

    def begin(self, name="breast-cancer", **arguments):
        said = self.ask("coordinator", "start", name, *[f"--{k}={v}" for k, v in arguments.items()])
        if not said["ok"]:
            raise RuntimeError(f"start {name}: {said}")
        return said["fields"]["run"]

    def run(self, run):
        """The run's row of `runs list`."""
        rows = self.ask("coordinator", "runs", "list")["rows"]
        return next(r for r in rows if r["run"] == run)

    def wait_end(self, run, seconds=60):
        """Its row, when it is over."""
        until(lambda: self.coordinator.metrics().get("himas_runs") == 0, f"{run} to end", seconds)
        return self.run(run)

    def rounds_sent(self, hospital, run):
        """Whose update left, by the log: counters begin anew when an agent's state does."""
        return re.findall(rf"update\.sent run={run} round=(\d+) ", self.agents[hospital].log())

    def weights(self, name="breast-cancer", version=None):
        said = self.ask("coordinator", "models", "export", name, *([f"--version={version}"] if version else []))
        with open(said["fields"]["weights"], "rb") as f:
            return f.read()

    def peer(self, name, kind=Peer, **more):
        return kind(self.jid(name), self.broker.password(name), self.broker.port, self.broker.ca, **more)

    def member(self, name, **more):
        return self.peer(name, Member, identity=self.keys.get(name),
                         roster={self.jid(n): k.public_hex() for n, k in self.keys.items()}, **more)
