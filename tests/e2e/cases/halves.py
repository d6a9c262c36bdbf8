"""Half a stanza, and half a link: a broker that goes on reading where it was cut hears us again, and an agent that is
heard no more notices, though it hears others."""
import re
import socket

from lib import tap
from lib.broker import Broker
from lib.stream import Stream
from lib.wait import until
from transport import Cable, Context

PING = "<iq type='get' id='p' to='{}'><ping xmlns='urn:xmpp:ping'/></iq>"
BIND = "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>cut</resource></bind></iq>"


def cut_session(broker, last_words):
    """A session with stream management whose link is cut after these words; its token."""
    s = Stream(broker, "toy")
    s.write(BIND)
    s.read("</iq>")
    s.write("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
    token = re.search(r"<enabled [^>]*\bid=['\"]([^'\"]+)", s.read("<enabled"))[1]
    s.write("<presence/>" + PING.format(broker.domain) + last_words)
    s.read("type='result'")
    s.cut()
    return token


def half_stanza(t, broker):
    for name, last_words in (("between stanzas", ""), ("inside of a stanza", "<message to='nobody'><body>half of")):
        token = cut_session(broker, last_words)
        s = Stream(broker, "toy")
        s.write(f"<resume xmlns='urn:xmpp:sm:3' h='0' previd='{token}'/>")
        s.read("<resumed")
        s.write(PING.format(broker.domain))
        try:
            t.ok(bool(s.read("type='result'")), f"a session cut {name} is heard when it is resumed")
        except (socket.timeout, EOFError) as why:
            t.ok(False, f"a session cut {name} is heard when it is resumed", why)
        s.write("</stream:stream>")


class DeafCable(Cable):
    """Swallows what the agent says while it is deaf; what the broker says passes."""
    deaf = False

    def carry(self, source, target):
        to_broker = target.getpeername()[1] == self.port
        try:
            while data := source.recv(65536):
                if not (to_broker and self.deaf):
                    target.sendall(data)
        except OSError:
            pass


def half_link(t, broker):
    c = Context(broker)
    cable = DeafCable(broker.port)
    other = Stream(broker, "op")
    other.write(BIND)
    other.read("</iq>")
    for how in ("", "sm"):
        with c.agent("toy", *([how] if how else []), port=cable.mine) as agent:
            name = "with stream management" if how else "without"
            t.same(c.client("say", c.toy, "one")[0], 0, f"{name}: an agent answers")
            seen = len(agent.lines)
            cable.deaf = True

            def noticed():
                other.write(f"<message type='chat' to='{c.toy}'><body>who hears me?</body></message>")  # it hears this
                return any("link down" in line for line in agent.lines[seen:])
            until(noticed, "the agent to notice that it is not heard", 60)
            cable.deaf = False
            agent.wait("link up", after=seen)
            until(lambda: c.client("say", c.toy, "two")[1] == "you said two", "it to be heard", 60)
            t.ok(True, f"{name}: it noticed, and is heard again")


def test(t):
    with Broker() as broker:
        broker.accounts("toy", "op")
        half_stanza(t, broker)
        half_link(t, broker)


if __name__ == "__main__":
    tap.run("halves", test)
