"""Files kept by nginx beside the broker: a run with a model too large for a stanza, and who may write what there."""
import hashlib
import hmac
import http.client
import os
import pathlib
import shutil
import ssl
import subprocess
import tempfile
import time
import xml.etree.ElementTree as ET

from slixmpp.exceptions import IqError

from lib import places, tap
from lib.federation import DOMAIN, Federation, task
from lib.wait import until

MODULE = "/usr/lib/nginx/modules/ngx_http_js_module.so"
FOLDER = "/0a1b2c3d-0000-4000-8000-00000000000"
BODY = b"some bytes"


OLD_S = 25 * 3600
MOST, DAILY = 128 << 20, 50 << 30  # bytes of a file, and of an account a day: broker-config/prosody.cfg.lua

class Files:
    def __init__(self, fed):
        self.folder = pathlib.Path(fed.path("broker"))
        ports = dict(line.split("=") for line in (self.folder / "ports").read_text().split())
        self.port = int(ports["upload"])
        self.key = (self.folder / "secrets" / "upload.key").read_text().strip().encode()
        self.tls = ssl.create_default_context(cafile=fed.broker.ca)

    def kept(self):
        return sorted(p for p in (self.folder / "data" / "upload").glob("*/*"))

    def token(self, path, length):
        return hmac.new(self.key, f"{path[1:]} {length}".encode(), hashlib.sha256).hexdigest()

    def ask(self, method, path, body=None, **headers):
        c = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.tls, timeout=20)
        try:
            c.request(method, path, body, headers, encode_chunked="Transfer-Encoding" in headers)
            answer = c.getresponse()
            return answer.status, answer.read()
        finally:
            c.close()


def slots(peer, sizes):
    """How many of these slots it gets, and the condition of each refusal (XEP-0363)."""
    async def ask():
        got, refused = 0, []
        for size in sizes:
            iq = peer.client.make_iq_get(ito=f"upload.{DOMAIN}")
            iq.append(ET.Element("{urn:xmpp:http:upload:0}request", filename="a", size=str(size)))
            try:
                await iq.send(timeout=10)
                got += 1
            except IqError as e:
                refused.append(e.condition)
        return got, refused
    return peer.do(ask)


def bounded(t, fed, keeper):
    whole = DAILY // MOST
    with fed.peer("greedy") as greedy, fed.peer("modest") as modest:
        got, refused = slots(greedy, [DAILY, MOST + 1, -DAILY, 1.5])
        t.ok(got == 0 and "resource-constraint" not in refused, f"{keeper} gives no slot for what is no file's length",
             (got, refused))
        t.same(slots(greedy, [MOST] * (whole + 1)), (whole, ["resource-constraint"]),
               f"{keeper} gives an account its {DAILY >> 30} GiB a day and no more, whatever was refused before")
        t.same(slots(modest, [MOST]), (1, []), f"{keeper} gives others theirs")


def leave_old(fed):
    """A file of yesterday, as a service that was stopped leaves it."""
    path = pathlib.Path(fed.path("broker", "data", "upload") + FOLDER + "9", "old")
    path.parent.mkdir(parents=True)
    path.write_bytes(BODY)
    os.utime(path, (time.time() - OLD_S,) * 2)
    return path


def guarded(t, files):
    path, other = FOLDER + "1/a", FOLDER + "2/b"
    right = files.token(path, len(BODY))
    rows = [("without a token", "PUT", path, {}, 403),
            ("with another's", "PUT", f"{path}?v={files.token(other, len(BODY))}", {}, 403),
            ("with one of another length", "PUT", f"{path}?v={files.token(path, len(BODY) + 1)}", {}, 403),
            ("with half of one", "PUT", f"{path}?v={right[:32]}", {}, 403),
            ("of a length not told", "PUT", f"{path}?v={right}", {"Transfer-Encoding": "chunked"}, 403),
            ("to another place", "PUT", f"/elsewhere?v={files.token('/elsewhere', len(BODY))}", {}, 404),
            ("as signed", "PUT", f"{path}?v={right}", {}, 201),
            ("a second time", "PUT", f"{path}?v={right}", {}, 409),
            ("by another word", "DELETE", f"{path}?v={right}", {}, 405)]
    for name, method, where, headers, want in rows:
        body = iter([BODY]) if headers else BODY
        t.same(files.ask(method, where, body, **headers)[0], want, f"{method} {name} is answered {want}")
    t.same(files.ask("GET", path), (200, BODY), "what was written is read")
    hidden = ["/", FOLDER + "1", FOLDER + "1/", FOLDER + "1/../" + FOLDER[1:] + "1/", "/upload.key"]
    t.ok(all(files.ask("GET", p)[0] in (400, 404) for p in hidden), "and nothing is listed")


def without_its_secret(t, files):
    """The script that allows a write breaks off: nothing is allowed."""
    path, secret = FOLDER + "3/c", files.folder / "secrets" / "upload.key"
    before, away = files.kept(), secret.with_suffix(".away")
    secret.rename(away)
    try:
        said = [files.ask("PUT", f"{path}?v={v}", BODY)[0] for v in ("", "0" * 64, files.token(path, len(BODY)))]
    finally:
        away.rename(secret)
    t.same((said, files.kept()), ([500] * 3, before), "without its secret the service writes nothing")


def folders(t):
    """Names that nginx would read as two words, or as a variable; what it refuses is not chosen, so init goes on."""
    words = ["init", DOMAIN], ["upload", "external"], ["init", DOMAIN]
    for name, want in (("two words", [0, 0, 0]), ("dol$lar", [0, 64, 0])):
        with tempfile.TemporaryDirectory(dir=os.environ.get("HIMAS_E2E_DIR")) as above:
            folder = os.path.join(above, name)
            done = [subprocess.run(["/bin/sh", places.BROKER, verb, folder, word], capture_output=True, text=True)
                    for verb, word in words]
            t.same([d.returncode for d in done], want, f"a folder of the name {name}")


def refused(t, fed):
    """nginx cannot read a certificate: its words are told, and the choice is as it was."""
    crt = pathlib.Path(fed.path("broker", "certs", f"{DOMAIN}.crt"))
    ports = pathlib.Path(fed.path("broker", "ports"))
    text, before = crt.read_text(), ports.read_text()
    ports.write_text("".join(line + "\n" for line in before.split() if not line.startswith("upload=")))
    without = ports.read_text()
    crt.write_text("none")
    try:
        done = subprocess.run(["/bin/sh", places.BROKER, "upload", fed.broker.folder, "external"], capture_output=True,
                              text=True)
        t.ok(done.returncode == 70 and "[emerg]" in done.stderr and "certs" in done.stderr and
             ports.read_text() == without, "what nginx refuses is told, and not chosen", done)
    finally:
        crt.write_text(text)
        ports.write_text(before)


def test(t):
    if not shutil.which("nginx") or not os.path.exists(MODULE):
        raise tap.Skip("nginx with its JavaScript is not installed: tools/install-deps.sh upload")
    tasks = {"breast-cancer": task(model="{arch: mlp, hidden: [700, 400], seed: 1}", rounds=1, epochs=1)}
    with Federation(tasks=tasks, strangers=["greedy", "modest"]) as fed:
        bounded(t, fed, "Prosody")
        fed.broker.kill()
        fed.broker.tool("upload", fed.broker.folder, "external")
        old = leave_old(fed)
        fed.broker.start()
        files = Files(fed)
        fed.start_all()
        row = fed.wait_end(fed.begin(), 60)
        t.need(row["state"] == "done", "a run of a model of 1.2 MB is done", row)
        kept = [p for p in files.kept() if p != old]
        t.need(len(kept) >= 8, "models and updates lie with nginx", kept)
        one = kept[0]
        t.same(files.ask("GET", f"/{one.parent.name}/{one.name}"), (200, one.read_bytes()), "who has an address reads")
        guarded(t, files)
        without_its_secret(t, files)
        folders(t)
        until(lambda: not old.exists(), "what is older than a day to be removed", 20)
        t.ok(all(p.exists() for p in kept), "what is older than a day is removed, and nothing else", files.kept())
        bounded(t, fed, "nginx's slot service")
        fed.broker.kill()
        refused(t, fed)


if __name__ == "__main__":
    tap.run("upload", test)
