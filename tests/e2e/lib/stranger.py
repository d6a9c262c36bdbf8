"""A trainer that shares no code with himas: it speaks SPADE's metadata form and the schema, and learns by itself."""
import contextlib
import threading

from . import learn, seal, tensors
from .spade import Member, Received


class Stranger(Member):
    def __init__(self, jid, password, port, ca, fed=None, records=None):
        name = jid.split("@")[0]
        super().__init__(jid, password, port, ca, identity=fed.keys[name],
                         roster={fed.jid(n): k.public_hex() for n, k in fed.keys.items()})
        self.coordinator = fed.jid("coordinator")
        rows = learn.read(records or fed.path("agents", name, "records.csv"))
        self.train_rows, self.test_rows = learn.split(rows)
        self.trouble, self.rounds, self.ended, self.enough = None, [], [], False

    def open(self, manifest):
        return tensors.decode(seal.open_manifest(manifest, self.identity))

    def reply(self, m, kind, **fields):
        about = {"run": m["run"], "round": m["round"], "stage": m["stage"], "in_reply_to": m["id"]}
        self.tell(self.coordinator, kind, **{**about, **fields})

    # -- what it does on each message

    def answer_invite(self, m):
        self.reply(m, "run.accept", records=len(self.train_rows))

    def answer_stats(self, m):
        count, mean, m2 = learn.moments(self.train_rows)
        self.reply(m, "stats", count=count, mean=mean, m2=m2)

    def answer_round(self, m):
        got = self.open(m["model"])
        model = learn.Logistic(got)
        loss = model.train(self.train_rows, seed=m["round"])
        blob = tensors.encode(model.delta(got))
        self.reply(m, "update", samples=len(self.train_rows), loss=loss, noise=0, epsilon_spent=0, seconds=1,
                   delta=self.attach(blob, self.coordinator))
        self.rounds.append(m["round"])

    def answer_evaluate(self, m):
        self.reply(m, "evaluation", **self.scores(self.open(m["model"])))

    def scores(self, got):
        if "layer1.weight" in got:  # not a model it can compute: it says nothing
            return {"samples": 0, "loss_sum": 0, "brier_sum": 0, "confusion": [], "positives": [], "negatives": []}
        return learn.Logistic(got).evaluate(self.test_rows)

    def decline(self, m):
        self.reply(m, "round.decline", code="ERR_REFUSED", text="no more")

    # -- its life

    def come(self):
        self.show(self.coordinator)
        self.tell(self.coordinator, "join", site=self.jid.split("@")[0], software="a stranger", records=0)

    def work(self):
        answers = {"run.invite": self.answer_invite, "stats.ask": self.answer_stats,
                   "round.start": self.answer_round, "evaluate": self.answer_evaluate}
        seen = set()
        while not self.enough:
            r = self.expect(lambda r: r.kind == "message" and r.envelope["type"] in {*answers, "run.end", "stop"},
                            "work", 3600)
            m = r.envelope
            if m["type"] == "run.end":
                self.ended.append(m)
            if m["type"] not in answers or m["id"] in seen:
                continue
            seen.add(m["id"])
            answers[m["type"]](m)

    @contextlib.contextmanager
    def working(self):
        """Comes, and works in a thread of its own until the block ends."""
        self.come()

        def live():
            try:
                self.work()
            except Exception as why:  # told by the case
                self.trouble = why
        thread = threading.Thread(target=live, daemon=True)
        thread.start()
        yield self
        self.enough = True
        self._add(self.inbox, Received("message", "", "", "", {"type": "stop"}))
        thread.join(10)
        if self.trouble:
            raise self.trouble
