"""An agent talks to the broker it was told of, over TLS, or says why not."""
import datetime
import socket
import threading

from lib import certificates, tap
from lib.federation import DOMAIN, Federation
from lib.wait import until

DAY = datetime.timedelta(days=1)
STREAM = ("<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
          f"id='1' version='1.0' from='{DOMAIN}'><stream:features>"
          "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>"
          "</stream:features>")


class Plain:
    """A server that offers no TLS, and keeps what it is told."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.heard, self.visits = self.socket.getsockname()[1], b"", 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                c, _ = self.socket.accept()
                self.visits += 1
                c.settimeout(5)
                self.heard += c.recv(65536)
                c.sendall(STREAM.encode())
                while got := c.recv(65536):
                    self.heard += got
            except OSError:
                if self.socket.fileno() < 0:
                    return


def told(t, agent, name, words, code="ERR_TLS"):
    """/readyz and the log say it in these words; nobody logs in."""
    until(lambda: all(w in agent.get("/readyz")[1] for w in words), f"{name}: {words} in {agent.get('/readyz')}", 20)
    t.same(agent.get("/readyz")[0], 503, f"{name}: not ready, and says why: {words[0]}")
    t.same(agent.get("/healthz")[0], 200, f"{name}: but alive")
    t.ok(all(w in agent.log() for w in (code, *words)), f"{name}: the log says so too", agent.log()[-600:])
    t.same(agent.count("himas_xmpp_connects_total"), 0, f"{name}: no login")


def start(fed, agent, **settings):
    with open(agent.log_path, "w", encoding="utf-8"):
        pass
    agent.start(**settings)
    until(lambda: agent.get("/healthz")[0] == 200, "the probe to answer")


def with_certificate(t, fed, agent, case, words, **how):
    fed.broker.stop()
    certificates.issue(fed.broker.folder, DOMAIN, **how)
    fed.broker.start()
    start(fed, agent)
    told(t, agent, case, words)
    said = fed.himas("ask", "coordinator", "status")
    t.ok(said.returncode == 69 and words[0] in said.stderr, f"{case}: the command line too", said)
    agent.stop()


def plain(t, fed, agent):
    server = Plain()
    start(fed, agent, broker_port=server.port)
    told(t, agent, "no TLS", ["offers no TLS"])
    until(lambda: server.visits > 1, "it to try again", 20)
    t.ok(b"<auth" not in server.heard and b"response" not in server.heard, "no TLS: no word of a login", server.heard)
    agent.stop()
    server.socket.close()


def test(t):
    with Federation(hospitals=1) as fed:
        agent = fed.agents["hospital-a"]
        other = certificates.authority(fed.path("other.crt"))
        start(fed, agent, ca_file=other)
        told(t, agent, "another authority", ["certificate of " + DOMAIN, "other.crt"])
        agent.stop()
        plain(t, fed, agent)
        with_certificate(t, fed, agent, "expired", ["has expired", "rotate-cert"], begins=-3 * DAY, ends=-DAY)
        with_certificate(t, fed, agent, "not yet valid", ["not valid yet", "clock"], begins=DAY, ends=3 * DAY)
        with_certificate(t, fed, agent, "another name", ["another name"], name="elsewhere.example")
        fed.broker.stop()
        fed.broker.tool("rotate-cert", fed.broker.folder)
        fed.broker.start()
        start(fed, agent)
        agent.wait_ready()
        t.ok(True, "with a right certificate it comes up by itself")


if __name__ == "__main__":
    tap.run("tls", test)
