"""The XMPP transport by itself on a real broker: TLS and its refusals, chat, commands, hostile stanzas, files,
reconnects.  Arguments: names of functions below; all when none."""
import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

from slixmpp.exceptions import IqError

from lib import places, stock
from lib.broker import Broker

DATA, COMMANDS = stock.DATA, stock.COMMANDS


class Context:
    def __init__(self, broker):
        self.peer = os.path.join(os.environ["HIMAS_BIN_DIR"], "e2e-peer")
        self.broker = broker
        self.toy = broker.jid("toy")
        self.toy_agent = self.toy + "/agent"

    def words(self, what, name, *rest, port=None, ca=None, secret=None):
        b = self.broker
        return [self.peer, what, b.jid(name), secret or b.secret_file(name), str(port or b.port), ca or b.ca,
                *map(str, rest)]

    def client(self, what, *rest, name="op", **how):
        """Runs a client; exit code, output, error."""
        done = subprocess.run(self.words(what, name, *rest, **how), capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout.strip(), done.stderr.strip()

    @contextlib.contextmanager
    def agent(self, name="toy", *options, port=None):
        process = subprocess.Popen(self.words("agent", name, *options, port=port), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        agent = Agent(process)
        try:
            agent.wait("link up")
            yield agent
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
            agent.thread.join(5)
        assert process.returncode == 0, f"the agent ended with {process.returncode}: {process.stderr.read()}"


class Agent:
    def __init__(self, process):
        self.process, self.lines, self.news = process, [], threading.Condition()
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            with self.news:
                self.lines.append(line.strip())
                self.news.notify_all()

    def wait(self, text, timeout=20, after=0):
        """The first line from number `after` on that holds the text."""
        def found():
            return next((line for line in self.lines[after:] if text in line), None)
        with self.news:
            if not self.news.wait_for(found, timeout):
                raise AssertionError(f"no line with '{text}' in {self.lines[after:]}")
            return found()


def expect(got, wanted):
    assert got == wanted, f"got {got!r}, wanted {wanted!r}"


def case_chat(c):
    """a person talks to an agent, markup and all"""
    with c.agent():
        text = "a <b> & \"c\" 'd' \u00e9\u2603\U0001f600 ]]>"
        expect(c.client("say", c.toy, text), (0, "you said " + text, ""))
        code, _, error = c.client("say", c.broker.jid("nobody"), "hello")
        expect((code, error), (66, f"ERR_ABSENT: {c.broker.jid('nobody')} is not online"))


def case_large(c):
    """stanzas of 64 KiB go both ways without waiting for a tick"""
    with c.agent():
        slowest = []
        while not slowest or (slowest[-1] >= 190 and len(slowest) < 12):  # a busy machine is slow now and then
            code, out, error = c.client("echo", c.toy, 20, 65536)
            expect((code, out.split(",")[0]), (0, "20 of 20 came back"))
            slowest.append(int(out.split("slowest ")[1].split()[0]))
        assert slowest[-1] < 190, f"slowest of each run: {slowest} ms; a stall lasts until the next tick, 200 ms"


def case_ask(c):
    """the client runs a command in one stage and reads the result"""
    with c.agent():
        code, out, _ = c.client("ask", c.toy, "add", "a=3", "b=4", "colour=green")
        answer = json.loads(out)
        expect((code, answer["ok"], answer["text"], answer["fields"]), (0, True, "7 green apples.", {"sum": "7"}))
        answer = json.loads(c.client("ask", c.toy, "add", "a=3000")[1])
        expect((answer["ok"], answer["code"]), (False, "ERR_INPUT"))
        assert "between 0 and 1000 apples" in answer["text"], answer
        answer = json.loads(c.client("ask", c.toy, "table")[1])
        expect(answer["rows"][1]["state <&>"], '"in" & <well>')
        answer = json.loads(c.client("ask", c.toy, "long")[1])
        assert "of 5000 rows are shown" in answer["text"] and len(answer["rows"]) > 500, answer["text"]
        expect(c.client("ask", c.toy, "secret")[0], 77)
        expect(c.client("ask", c.toy, "nothing")[0], 66)
        expect(c.client("ask", c.broker.jid("nobody"), "add")[0], 66)


def case_stock_discovery(c):
    """a stock client finds what an agent is and which commands it may run"""
    async def talk():
        async with stock.Stock(c.broker, "op") as op:
            info = await op["xep_0030"].get_info(jid=c.toy_agent)
            assert COMMANDS in info["disco_info"]["features"] and ("client", "bot", None, "himas") in \
                info["disco_info"]["identities"], info
            items = await op["xep_0030"].get_items(jid=c.toy_agent, node=COMMANDS)
            expect({i[1] for i in items["disco_items"]["items"]}, {"add", "table", "long"})
            expect((await op["xep_0092"].get_version(c.toy_agent))["software_version"]["name"], "himas")
            await op["xep_0199"].ping(c.toy_agent)
            iq = op.make_iq_get(ito=c.toy_agent, queryxmlns="urn:example:unknown")
            try:
                await iq.send(timeout=5)
                raise AssertionError("an unknown request was answered")
            except IqError as e:
                expect(e.condition, "service-unavailable")
        async with stock.Stock(c.broker, "officer") as officer:
            items = await officer["xep_0030"].get_items(jid=c.toy_agent, node=COMMANDS)
            expect({i[1] for i in items["disco_items"]["items"]}, {"secret"})
    with c.agent():
        stock.run(talk())


def case_stock_command(c):
    """a stock client fills in a form, cancels one, and is refused with the right conditions"""
    async def refused(wanted, answer):
        try:
            await answer
        except IqError as e:
            return expect(e.condition, wanted)
        raise AssertionError(f"nothing was refused, wanted {wanted}")

    async def talk():
        async with stock.Stock(c.broker, "op") as op:
            form = await op.command(c.toy_agent, "add")
            expect(form.get("status"), "executing")
            fields = {f.get("var"): f for f in form.iter(f"{{{DATA}}}field")}
            assert fields["a"].find(f"{{{DATA}}}required") is not None and "apples" in fields["a"].get("label")
            options = [o.findtext(f"{{{DATA}}}value") for o in fields["colour"].iter(f"{{{DATA}}}option")]
            expect(options, ["red", "green"])
            done = await op.command(c.toy_agent, "add", {"a": "5", "b": "6"}, "complete", form.get("sessionid"))
            expect((done.get("status"), stock.note(done), stock.values(done)),
                   ("completed", "11 red apples.", {"sum": "11"}))
            await refused("bad-request", op.command(c.toy_agent, "add", {"a": "5"}, "complete", form.get("sessionid")))
            form = await op.command(c.toy_agent, "add")
            done = await op.command(c.toy_agent, "add", None, "cancel", form.get("sessionid"))
            expect(done.get("status"), "canceled")
            await refused("bad-request", op.command(c.toy_agent, "add", {"a": "1"}, "complete", "made-up"))
            await refused("item-not-found", op.command(c.toy_agent, "no such thing"))
            await refused("forbidden", op.command(c.toy_agent, "secret"))
            wrong = await op.command(c.toy_agent, "add", {"a": "-1"})
            expect((wrong.find(f"{{{COMMANDS}}}note").get("type"), stock.values(wrong)["code"]), ("error", "ERR_INPUT"))
            async with stock.Stock(c.broker, "officer") as officer:  # a session belongs to who began it
                form = await op.command(c.toy_agent, "add")
                stolen = officer.command(c.toy_agent, "add", {"a": "1"}, "complete", form.get("sessionid"))
                await refused("forbidden", stolen)
    with c.agent():
        stock.run(talk())


SPADE = """<message to='{to}' type='chat' id='s1'><body>{{"round":3}}</body><x xmlns='jabber:x:data' type='form'>{first}
<field var='performative' type='text-single'><value>request</value></field>
<field var='ontology' type='text-single'><value>himas</value></field>{last}</x></message>"""


def case_spade(c):
    """SPADE's metadata form is read with its title first or last, and written back"""
    title = "<title>spade:x:metadata</title>"

    async def talk():
        async with stock.Stock(c.broker, "op") as op:
            for first, last in ((title, ""), ("", title)):
                op.send_raw(SPADE.format(to=c.toy_agent, first=first, last=last))
                message = await op.hear(c.toy)
                form = message.xml.find(f"{{{DATA}}}x")
                expect((message["body"], form.get("type"), form.findtext(f"{{{DATA}}}title")),
                       ('{"round":3}', "form", "spade:x:metadata"))
                expect(stock.values(message.xml), {"performative": "inform", "ontology": "himas", "_thread_node": "t"})
            op.send_raw(SPADE.format(to=c.toy, first="<title>another</title>", last=""))
            expect((await op.hear(c.toy))["body"], 'you said {"round":3}')
    with c.agent():
        stock.run(talk())


def case_hostile(c):
    """oversize, deeply nested and odd stanzas are survived, refused and counted"""
    # 7 bytes a level; as deep as a stanza of the broker's limit can carry, or the broker itself survives
    deep = {"prosody": 36000, "ejabberd": 2000}[places.KIND]
    odd = [
        "<message to='{0}'/>", "<message to='{0}' type='groupchat'><body>x</body></message>",
        "<message to='{0}'><body/><body>second</body></message>", "<iq to='{0}' type='result' id='q1'/>",
        "<iq to='{0}' type='error' id='q1'/>",
        "<iq to='{0}' type='set' id='x'><command xmlns='" + COMMANDS + "'/></iq>",
        "<presence to='{0}' type='subscribe'/>", "<presence to='{0}' type='probe'/>",
        "<message to='{0}' type='error'><body>x</body></message>",
        "<message to='{0}'><body>m</body><x xmlns='jabber:x:data'/><x xmlns='jabber:x:data'><title/></x></message>",
        "<iq to='{0}' type='set' id='y'><command xmlns='" + COMMANDS + "' node='add'>"
        + "<x xmlns='jabber:x:data' type='submit'>" + "<field var='a'><value>1</value></field>" * 100
        + "</x></command></iq>",
        "<message to='{0}'><body>" + "x" * 65537 + "</body></message>",
        "<message to='{0}'>" + "<a>" * deep + "</a>" * deep + "</message>",
    ]

    async def talk():
        async with stock.Stock(c.broker, "op") as op:
            for text in odd:
                op.send_raw(text.format(c.toy_agent))

            async def refusal():
                while True:
                    message = await op.heard.get()
                    if message["type"] == "error":
                        return message.xml.find("*/{urn:ietf:params:xml:ns:xmpp-stanzas}policy-violation") is not None
            expect(await asyncio.wait_for(refusal(), 10), True)
            op.send_message(c.toy, "still there?")
            while (await op.hear(c.toy))["body"] != "you said still there?":
                continue
    with c.agent() as agent:
        stock.run(talk())
    agent.wait('himas_xmpp_refused_total{reason="oversize"} 1')
    agent.wait("himas_xmpp_bounces_total 1")


def case_presence(c):
    """directed presence comes and goes with every session of a person, the last one counts"""
    async def talk(agent):
        async with stock.Stock(c.broker, "op", "one") as one:
            one.send_presence(pto=c.toy)
            await asyncio.to_thread(agent.wait, f"presence {c.broker.jid('op')} online")
            async with stock.Stock(c.broker, "op", "two") as two:
                two.send_presence(pto=c.toy)
                two.send_message(c.toy, "here")
                await two.hear(c.toy)
            expect([line for line in agent.lines if "away" in line], [])
        await asyncio.to_thread(agent.wait, f"presence {c.broker.jid('op')} away")
    with c.agent() as agent:
        stock.run(talk(agent))


def case_files(c):
    """5 MB go out of band in chunks and come back; of a chunk longer than was said nothing is taken"""
    code, out, error = c.client("store", 5000000)
    assert code == 0 and out.startswith("OK"), out + error
    code, out, error = c.client("store", 5000000, 1)
    assert code != 0 and out.startswith("ERR_LIMIT"), out + error


def case_reconnect(c):
    """a killed broker comes back and the agent with it"""
    with c.agent() as agent:
        seen = len(agent.lines)
        c.broker.kill()
        agent.wait("link down", after=seen)
        c.broker.start()
        agent.wait("link up", after=seen)
        expect(c.client("say", c.toy, "again"), (0, "you said again", ""))


class Cable:
    """A way to the broker that can be cut."""

    def __init__(self, port):
        self.port, self.ends, self.cut_off = port, [], False
        self.server = socket.create_server(("127.0.0.1", 0))
        self.mine = self.server.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                here, _ = self.server.accept()
                if self.cut_off:
                    here.close()
                    continue
                there = socket.create_connection(("127.0.0.1", self.port))
                self.ends += [here, there]
                for source, target in ((here, there), (there, here)):
                    threading.Thread(target=self.carry, args=(source, target), daemon=True).start()

    def carry(self, source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)

    def cut(self):
        self.cut_off = True
        for end in self.ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.ends = []

    def mend(self):
        self.cut_off = False


def case_cut(c):
    """what is said while the link of an agent with stream management is cut arrives when it is back, once"""
    cable = Cable(c.broker.port)

    async def talk(agent):
        async with stock.Stock(c.broker, "op") as op:
            for round_number in range(2):
                seen = len(agent.lines)
                cable.cut()
                await asyncio.to_thread(agent.wait, "link down", after=seen)
                for i in range(20):
                    op.send_message(c.toy_agent, f"{round_number}.{i}")
                cable.mend()
                heard = [(await op.hear(c.toy))["body"] for _ in range(20)]
                expect(heard, [f"you said {round_number}.{i}" for i in range(20)])
            with contextlib.suppress(asyncio.TimeoutError):
                raise AssertionError(f"said twice: {await op.hear(c.toy, 1)}")
    with c.agent("toy", "sm", port=cable.mine) as agent:
        stock.run(talk(agent))


def refusal_of(c, *words, **how):
    began = time.monotonic()
    code, _, error = c.client("say", c.toy, "x", **how)
    assert time.monotonic() - began < 10, f"it took {time.monotonic() - began:.1f} s"
    for word in words:
        assert word in error, f"'{word}' is not in: {error}"
    return code


def case_password(c):
    """a wrong password is refused in words"""
    with tempfile.NamedTemporaryFile("w") as wrong:
        wrong.write("not the password\n")
        wrong.flush()
        expect(refusal_of(c, "ERR_AUTH", "password", c.broker.jid("op"), secret=wrong.name), 77)


def case_unknown_authority(c):
    """a certificate of an unknown authority is refused in words"""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-keyout", f"{folder}/key", "-out", f"{folder}/ca", "-subj", "/CN=somebody else"],
                       check=True, capture_output=True)
        expect(refusal_of(c, "ERR_TLS", "unknown authority", f"{folder}/ca", ca=f"{folder}/ca"), 69)


def case_certificates(c):
    """an expired certificate and one for another name are refused in words"""
    try:
        c.broker.new_certificate(days=-1)
        expect(refusal_of(c, "ERR_TLS", "expired", "clock"), 69)
        c.broker.certificate_for("DNS:elsewhere.example,IP:127.0.0.1")
        expect(refusal_of(c, "ERR_TLS", "another name", c.broker.domain), 69)  # ejabberd does not even show it
    finally:
        c.broker.new_certificate()
    with c.agent():
        expect(c.client("say", c.toy, "back")[0], 0)


STREAM = ("<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
          "id='1' version='1.0' from='himas.test'>")
TLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"


def speak(server, lines):
    """Says one line each time something was heard, then nothing more."""
    connection, _ = server.accept()
    connection.settimeout(20)
    with contextlib.suppress(OSError):
        for line in lines:
            connection.recv(65536)
            connection.sendall(line.encode())
        while connection.recv(65536):
            continue
    connection.close()


def case_mute(c):
    """a server that falls silent, even inside the TLS handshake, and one without TLS: refused within the time limit"""
    features = STREAM + "<stream:features>{}</stream:features>"
    for lines, word in (([], "ERR_TIMEOUT"), ([features.format(TLS)], "ERR_TIMEOUT"),
                        ([features.format(TLS), "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"], "ERR_TIMEOUT"),
                        ([features.format("<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN"
                                          "</mechanism></mechanisms>")], "ERR_TLS"),
                        (["this is not XML <<<"], "ERR_")):
        with socket.create_server(("127.0.0.1", 0)) as server:
            threading.Thread(target=speak, args=(server, lines), daemon=True).start()
            refusal_of(c, word, port=server.getsockname()[1])
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    refusal_of(c, "Connection refused", port=port)


CASES = [case_chat, case_large, case_ask, case_stock_discovery, case_stock_command, case_spade, case_hostile,
         case_presence, case_files, case_reconnect, case_cut, case_password, case_unknown_authority, case_certificates,
         case_mute]


def passed(number, case, context):
    try:
        case(context)
    except Exception:  # a failed one must not hide the next
        print(f"not ok {number} - transport: {case.__doc__}", flush=True)
        print("".join(f"# {line}\n" for line in traceback.format_exc().splitlines()), end="", flush=True)
        return False
    print(f"ok {number} - transport: {case.__doc__}", flush=True)
    return True


def main():
    chosen = [case for case in CASES if case.__name__ in sys.argv[1:] or not sys.argv[1:]]
    with Broker() as broker:
        broker.accounts("toy", "op", "officer:person")
        context = Context(broker)
        results = [passed(number, case, context) for number, case in enumerate(chosen, 1)]
    print(f"1..{len(results)}", flush=True)
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
