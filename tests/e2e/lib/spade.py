"""A bare XMPP account, and a member of the federation made of it: SPADE's metadata form around our JSON.

Written from docs/PROTOCOL.md: an envelope of ten fields and the message's own; acked messages are sent again until
their id comes back; whoever gets one says its id in an `ack`.
"""
import asyncio
import json
import logging
import threading
import time

from slixmpp import ClientXMPP

from . import seal
from .wait import Late

logging.getLogger("slixmpp").setLevel(logging.CRITICAL)
TITLE = "spade:x:metadata"
RESEND_S = 3.0
ACKED = {"join", "data.new", "run.invite", "run.accept", "run.decline", "stats.ask", "stats", "round.start", "update",
         "round.decline", "evaluate", "evaluation", "run.end"}


class Received:
    def __init__(self, kind, sender, body, xml, envelope=None):
        self.kind, self.sender, self.body, self.xml = kind, sender, body, xml
        self.envelope = envelope or {}

    def __repr__(self):
        return f"<{self.kind} from {self.sender}: {self.body[:300]}>"


class Client(ClientXMPP):
    async def get_dns_records(self, domain, port=None):
        """The address is given; a private broker's domain is in no DNS."""
        return []


class Peer:
    """One account, logged in, with a queue of all that comes.  slixmpp runs in a thread of its own."""

    def __init__(self, jid, password, port, ca, resource="e2e"):
        self.jid, self.full = jid, f"{jid}/{resource}"
        self.address, self.ca, self.password = ("127.0.0.1", port), ca, password
        self.inbox, self.news, self.over = [], threading.Condition(), False
        self.streams = 0  # sessions begun
        self.stream_errors = []
        self.where = {}  # bare -> full, of who shows presence

    # -- life

    def __enter__(self):
        started = threading.Event()
        self.thread = threading.Thread(target=self._live, args=(started,), daemon=True)
        self.thread.start()
        started.wait(10)
        self.await_(lambda: self.streams > 0, "the login", 20)
        return self

    def __exit__(self, *_):
        self.over = True
        self.loop.call_soon_threadsafe(self._leave)
        self.thread.join(10)

    def _leave(self):
        self.client.abort()
        self.loop.stop()

    def _live(self, started):
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        self.loop.set_exception_handler(lambda *_: None)
        self.client = c = Client(self.full, self.password)
        c.ca_certs = self.ca
        for plugin in ("xep_0004", "xep_0030", "xep_0050", "xep_0115", "xep_0199"):
            c.register_plugin(plugin)
        c.add_event_handler("session_start", self._on_start)
        c.add_event_handler("stream_error", lambda e: self._add(self.stream_errors, str(e["condition"])))
        c.add_event_handler("message", self._on_message)
        c.add_event_handler("message_error", self._on_message)
        c.add_event_handler("presence_available", lambda p: self._on_presence(p, True))
        c.add_event_handler("presence_unavailable", lambda p: self._on_presence(p, False))
        c.add_event_handler("disconnected", lambda _: None if self.over else c.connect(self.address))
        c.connect(self.address)
        started.set()
        self.loop.run_forever()
        left = asyncio.all_tasks(self.loop)
        for task in left:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self.loop.close()

    def _add(self, to, what):
        with self.news:
            to.append(what)
            self.news.notify_all()

    def _on_start(self, _):
        self.client.send_presence()
        with self.news:
            self.streams += 1
            self.news.notify_all()

    def _on_presence(self, p, here):
        with self.news:
            if here:
                self.where[p["from"].bare] = p["from"].full
            self.news.notify_all()

    def _on_message(self, m):
        title = m.xml.find("{jabber:x:data}x/{jabber:x:data}title")
        kind = "error" if m["type"] == "error" else "message" if title is not None and title.text == TITLE else "chat"
        envelope = None
        if kind == "message":
            envelope = json.loads(m["body"])
            self.before(m["from"].bare, envelope)
        self._add(self.inbox, Received(kind, m["from"].bare, m["body"], str(m), envelope))

    def before(self, sender, envelope):
        """Called in slixmpp's thread with every message of the schema."""

    # -- doing

    def do(self, fn, *args):
        """Runs fn in slixmpp's thread and returns what it returns; awaits what can be awaited."""
        async def call():
            value = fn(*args)
            return await value if asyncio.iscoroutine(value) or isinstance(value, asyncio.Future) else value
        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(20)

    def show(self, to):
        """Directed presence, and waiting for the answer: the full JID."""
        self.do(lambda: self.client.send_presence(pto=to))
        self.await_(lambda: to in self.where, f"presence of {to}")
        return self.where[to]

    def say(self, to, text):
        self.do(lambda: self.client.send_message(mto=to, mbody=text, mtype="chat"))

    def ask(self, to, text, seconds=10):
        """What it answers in words."""
        self.say(to, text)
        return self.expect(lambda r: r.kind == "chat" and r.sender == to, f"an answer to {text!r}", seconds).body

    def send_body(self, to, body, performative="inform", thread="", as_from=None):
        """A message as SPADE makes it, whatever the body is."""
        def send():
            m = self.client.make_message(mto=to, mbody=body, mtype="chat", mfrom=as_from)
            form = self.client["xep_0004"].make_form(ftype="form", title=TITLE)
            fields = {"performative": performative, "ontology": "himas"}
            if thread:
                fields["_thread_node"] = thread
            for var, value in fields.items():
                form.add_field(var=var, ftype="text-single", value=value)
            m.append(form)
            m.send()
        self.do(send)

    def raw(self, text):
        self.do(lambda: self.client.send_raw(text))

    # -- waiting

    def await_(self, condition, what, seconds=10.0):
        with self.news:
            if not self.news.wait_for(condition, seconds):
                raise Late(f"{self.jid}: waited {seconds:g} s for {what}; came: {self.inbox[-5:]}")

    def expect(self, wanted, what, seconds=10.0):
        """The first thing that came and is wanted, taken out of the queue."""
        def find():
            return next((i for i, r in enumerate(self.inbox) if wanted(r)), None)
        with self.news:
            if not self.news.wait_for(lambda: find() is not None, seconds):
                raise Late(f"{self.jid}: waited {seconds:g} s for {what}; came: {self.inbox[-5:]}")
            return self.inbox.pop(find())

    def drop_all(self):
        with self.news:
            self.inbox.clear()


class Member(Peer):
    """Speaks the schema.  `roster` maps JIDs to public keys."""

    def __init__(self, jid, password, port, ca, identity=None, roster=None, acking=True, resource="e2e"):
        super().__init__(jid, password, port, ca, resource)
        self.identity, self.roster, self.acking = identity, roster or {}, acking
        self.epoch = f"{time.time_ns() // 1000000 << 12:x}"
        self.number, self.acked = {}, set()

    def next_id(self, to):
        self.number[to] = self.number.get(to, 0) + 1
        return f"{self.epoch}-{self.number[to]}"

    def envelope(self, kind, id_="", ack=(), **fields):
        about = {k: fields.pop(k) for k in ("in_reply_to", "run", "round", "stage", "ttl_ms") if k in fields}
        return {"version": 1, "type": kind, "id": id_, "in_reply_to": "", "run": "", "round": 0, "stage": "",
                "sent_at_ms": int(time.time() * 1000), "ttl_ms": 0, "ack": list(ack), **about, **fields}

    def send(self, to, envelope):
        self.send_body(to, json.dumps(envelope), thread=envelope.get("run", ""))

    def before(self, sender, envelope):
        with self.news:
            self.acked.update(envelope.get("ack", []))
        if envelope.get("id") and self.acking:
            asyncio.ensure_future(self._ack(sender, envelope["id"]), loop=self.loop)

    async def _ack(self, to, id_):
        m = self.client.make_message(mto=to, mbody=json.dumps(self.envelope("ack", ack=[id_])), mtype="chat")
        form = self.client["xep_0004"].make_form(ftype="form", title=TITLE)
        form.add_field(var="performative", ftype="text-single", value="inform")
        m.append(form)
        m.send()

    def tell(self, to, kind, within=15.0, **fields):
        """Sends, again and again while nobody says it was handled; returns the id."""
        id_ = self.next_id(to) if kind in ACKED else ""
        end = time.monotonic() + within
        while True:
            self.send(to, self.envelope(kind, id_, **fields))
            if not id_:
                return id_
            with self.news:
                if self.news.wait_for(lambda: id_ in self.acked, RESEND_S):
                    return id_
            if time.monotonic() > end:
                raise Late(f"{self.jid}: {kind} {id_} was not acknowledged; came: {self.inbox[-5:]}")

    def hear(self, kind, seconds=15.0, wanted=lambda e: True):
        """The envelope of the next message of the type."""
        return self.expect(lambda r: r.kind == "message" and r.envelope["type"] == kind and wanted(r.envelope),
                           f"a message {kind}", seconds).envelope

    def attach(self, plain, to):
        return self.seal(plain, bytes.fromhex(self.roster[to]))

    def seal(self, plain, key, digest=None):
        return seal.manifest(plain, key, digest)
