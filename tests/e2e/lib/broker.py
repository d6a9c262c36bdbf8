"""A private broker in a temporary folder, from broker-config/ as shipped; for the end-to-end cases.

    with Broker() as broker:                      # started, and stopped and removed at the end, whatever happens
        broker.accounts("toy", "op:person")
        broker.port, broker.ca, broker.secret("toy"), broker.jid("toy")
"""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from . import places

SCRIPT = places.BROKER


class Broker:
    def __init__(self, domain="himas.test"):
        self.domain = domain
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="himas-broker-"))
        self.run("init", domain)
        lines = (self.dir / "ports").read_text().split()
        self.ports = {key: int(value) for key, value in (line.split("=") for line in lines) if key != "domain"}
        self.port = self.ports["c2s"]
        self.ca = str(self.dir / "certs" / "ca.crt")

    def run(self, command, *words, env=None):
        done = subprocess.run(["/bin/sh", SCRIPT, command, str(self.dir), *words], capture_output=True, text=True,
                              timeout=60, env={**os.environ, **(env or {})})
        if done.returncode:
            raise RuntimeError(f"broker.sh {command}: {done.stderr.strip()}")
        return done.stdout

    def __enter__(self):
        self.run("start")
        return self

    def __exit__(self, *_):
        try:
            self.run("stop")
        finally:
            shutil.rmtree(self.dir, ignore_errors=True)

    def jid(self, name):
        return f"{name}@{self.domain}"

    def secret_file(self, name):
        return str(self.dir / "secrets" / f"{name}.password")

    def secret(self, name):
        return pathlib.Path(self.secret_file(name)).read_text().strip()

    def accounts(self, *names):
        """Names, each an agent's unless it ends with ":person"."""
        listing = self.dir / "run" / "wanted"
        listing.write_text("".join(f"{self.jid(n.split(':')[0])} {(n.split(':') + ['agent'])[1]}\n" for n in names))
        self.run("accounts", str(listing))

    def pid(self):
        return int((self.dir / "run" / "started").read_text())

    def kill(self):
        """As a power cut would."""
        pid = self.pid()
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while pathlib.Path(f"/proc/{pid}/cmdline").exists() and pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
            if time.monotonic() > deadline:
                raise RuntimeError("the broker does not die")
            time.sleep(0.02)

    def start(self):
        self.run("start")

    def new_certificate(self, days=30):
        self.run("rotate-cert", env={"BROKER_CERT_DAYS": str(days)})

    def certificate_for(self, names, days=30):
        """Replaces the server's certificate by one of the same authority for other names."""
        certs = self.dir / "certs"
        key, crt = certs / f"{self.domain}.key", certs / f"{self.domain}.crt"
        extension = certs / "other.ext"
        extension.write_text(f"subjectAltName={names}\n")
        request = subprocess.run(["openssl", "req", "-new", "-key", str(key), "-subj", "/CN=other"],
                                 check=True, capture_output=True).stdout
        subprocess.run(["openssl", "x509", "-req", "-CA", self.ca, "-CAkey", str(certs / "ca.key"), "-CAcreateserial",
                        "-days", str(days), "-extfile", str(extension), "-out", str(crt)],
                       input=request, check=True, capture_output=True)
        self.run("reload")
