"""One agent's process: started, stopped, killed, held; its probes."""
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request

from . import places
from .wait import until

STOP_S = 10


class Agent:
    def __init__(self, fed, name, kind, probe_port):
        self.fed, self.name, self.kind, self.probe_port = fed, name, kind, probe_port
        self.jid = fed.jid(name)
        self.folder = os.path.join(fed.root, "agents", name)
        self.log_path = os.path.join(fed.root, "logs", name + ".log")
        self.process, self.settings, self.environment = None, {}, {}

    # -- the process

    def start(self, **settings):
        """settings: said on the command line, over those of its file and self.settings."""
        words = [f"--{k}={v}" for k, v in {**self.settings, **settings}.items()]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [places.program("himas-" + self.kind), "--config", os.path.join(self.folder, "config.yaml"), *words],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **self.environment})
        return self

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        os.kill(self.process.pid, number)

    def hold(self):
        self.signal(signal.SIGSTOP)

    def let_go(self):
        self.signal(signal.SIGCONT)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait(STOP_S)

    def stop(self):
        """SIGTERM; returns the exit code."""
        if not self.alive():
            return None if self.process is None else self.process.returncode
        self.signal(signal.SIGTERM)
        self.signal(signal.SIGCONT)
        try:
            return self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def log(self):
        if not os.path.exists(self.log_path):
            return ""
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    # -- its probes

    def get(self, path):
        """(status, text); (0, reason) when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.probe_port}{path}", timeout=5) as r:
                return r.status, r.read().decode()
        except urllib.error.HTTPError as e:
            return e.code, e.read().decode()
        except OSError as e:
            return 0, str(e)

    def ready(self):
        return self.get("/readyz")[0] == 200

    def wait_ready(self, seconds=20):
        def look():
            if not self.alive():
                raise RuntimeError(f"{self.name} ended with {self.process.returncode}; its log ends:\n"
                                   + self.log()[-2000:])
            return self.ready()
        until(look, f"{self.name} to be ready: {self.get('/readyz')}", seconds)

    def metrics(self):
        """name{labels} -> number."""
        _, text = self.get("/metrics")
        return {m[1]: float(m[2]) for m in re.finditer(r"^([a-z_]+(?:\{[^}]*\})?) (\S+)$", text, re.M)}

    def count(self, name):
        return self.metrics().get(name, 0.0)

    def wait_count(self, name, at_least, seconds=20):
        until(lambda: self.count(name) >= at_least, f"{self.name}: {name} >= {at_least}", seconds)
