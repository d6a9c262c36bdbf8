"""What leaves a hospital: nothing without a policy, and nothing more once its budget is spent, restarts or not.

The coordinator of the first two parts is ours, so that every byte a trainer says to it is seen.
"""
import hashlib
import math

from lib import seal, tap, tensors
from lib.federation import POLICY, Federation, task
from lib.wait import until

INPUTS = 30
MODEL = {"layer0.weight": ([1, INPUTS], [0.0] * INPUTS), "layer0.bias": ([1], [0.0])}
NOISY = task(model="{arch: logistic, seed: 1}", standardise="ranges", rounds=4, epochs=1,
             more="privacy: {mechanism: gaussian, epsilon: 1, delta: 0.00001, clip: 1}")
PLAIN = task(model="{arch: logistic, seed: 1}", rounds=4, epochs=1)
# At delta 1e-5 one such round costs 1, and three cost 1.84.
TWO_ROUNDS = POLICY.replace("mode: optional, epsilon_max: 8", "mode: required, epsilon_max: 1.65")
QUIET = {"join", "heartbeat", "data.new", "ack", "error", "run.decline", "round.decline"}


class Asker:
    """A coordinator by hand, for one trainer; `said` is all that the trainer ever said."""

    def __init__(self, fed, member, trainer):
        self.fed, self.member, self.trainer, self.said = fed, member, trainer, []
        watched = member.before

        def note(sender, envelope):
            if sender == trainer.jid:
                self.said.append(envelope)
            watched(sender, envelope)
        member.before = note

    def come(self):
        self.member.show(self.trainer.jid)
        return self.member.hear("join")

    def invite(self, run, document, answer):
        self.member.tell(self.trainer.jid, "run.invite", run=run, stage="inviting", task=document,
                         digest=hashlib.sha256(document.encode()).hexdigest())
        return self.member.hear(answer, wanted=lambda e: e["run"] == run)

    def ask(self, kind, run, round_, answer, **fields):
        id_ = self.member.tell(self.trainer.jid, kind, run=run, round=round_, stage="training", **fields)
        if not answer:
            return id_
        return self.member.hear(answer, wanted=lambda e: e["in_reply_to"] == id_)

    def model(self):
        return self.member.attach(tensors.encode(MODEL), self.trainer.jid)

    def train(self, run, round_, answer):
        return self.ask("round.start", run, round_, answer, model=self.model())

    def kinds(self):
        return {e["type"] for e in self.said}


def unset(t, fed):
    """hospital-a has no policy."""
    trainer = fed.agents["hospital-a"].start()
    trainer.wait_ready()
    with fed.member("coordinator") as member:
        asker = Asker(fed, member, trainer)
        asker.come()
        said = asker.invite("r-1", PLAIN, "run.decline")
        t.same(said["code"], "ERR_POLICY", "no policy: the invitation is declined")
        t.has(said["text"], "no site policy", "no policy: in words")
        for kind, fields in (("stats.ask", {}), ("round.start", {"model": asker.model()}),
                             ("evaluate", {"model": asker.model()})):
            asker.ask(kind, "r-1", 1, "round.decline", **fields)
        t.ok(asker.kinds() <= QUIET, "no policy: nothing computed from records leaves", asker.kinds())
        until(lambda: any(e["type"] == "heartbeat" and e["doing"] == "refusing" for e in asker.said), "a heartbeat")
        t.ok(True, "no policy: its heartbeat says that it refuses")
    trainer.stop()


def norm(values):
    return math.sqrt(sum(v * v for v in values))


def first_rounds(t, asker):
    """Two updates, covered."""
    t.same(asker.invite("r-1", PLAIN, "run.decline")["code"], "ERR_REFUSED", "a task without noise is refused where the policy wants noise")
    asker.invite("r-2", NOISY, "run.accept")
    left = []
    for round_ in (1, 2):
        m = asker.train("r-2", round_, "update")
        delta = tensors.decode(seal.open_manifest(m["delta"], asker.member.identity))
        left.append(delta)
        t.ok(m["noise"] > 3 and m["loss"] == 0, f"round {round_}: the update is noised, and its loss not told", m)
        values = delta["layer0.weight"][1] + delta["layer0.bias"][1]
        t.ok(norm(values) > 5, f"round {round_}: noise is far above the clip norm", norm(values))
    t.ok(left[0] != left[1], "and is drawn anew")


def spent(t, asker, when):
    said = asker.train("r-2", 3, "round.decline")
    t.same(said["code"], "ERR_BUDGET", f"{when}: round 3 is declined, the budget is spent")
    t.has(said["text"], "is spent", f"{when}: in words")


def budget(t, fed):
    """hospital-b's budget is for two rounds."""
    trainer = fed.agents["hospital-b"].start()
    trainer.wait_ready()
    with fed.member("coordinator") as member:
        asker = Asker(fed, member, trainer)
        asker.come()
        first_rounds(t, asker)
        spent(t, asker, "after two rounds")
        trainer.kill()
        trainer.start().wait_ready()
        asker.come()
        spent(t, asker, "after a kill and a restart")
        asker.train("r-2", 1, None)  # asked again: nothing new may leave
        asker.invite("r-3", NOISY, "run.accept")
        said = asker.ask("round.start", "r-3", 1, "round.decline", model=asker.model())
        t.same(said["code"], "ERR_BUDGET", "another run has the same budget")
        updates = {e["id"] for e in asker.said if e["type"] == "update"}
        t.same(len(updates), 2, "two updates left, and no other")
        t.same(trainer.count('himas_trainer_updates_total{outcome="declined_budget"}'), 2, "the refusals are counted")
    trainer.stop()


def whole(t, fed):
    """The same with a coordinator of ours replaced by the real one: the run goes on without hospital-b."""
    fed.start_all(["coordinator", "hospital-b", "hospital-c", "hospital-d"])
    run = fed.begin("noisy", quorum=2)
    t.same(fed.wait_end(run)["state"], "done", "a run in which a hospital's budget ends is done without it")
    rows = fed.ask("coordinator", "runs", "show", run)["rows"]
    t.ok([r["hospitals"] for r in rows] == ["2/3"] * 4, "`runs show` counts who was in", rows)
    sent = {n: fed.agents[n].count('himas_messages_sent_total{type="update"}') for n in
            ("hospital-b", "hospital-c", "hospital-d")}
    t.same(sent, {"hospital-b": 0, "hospital-c": 4, "hospital-d": 4}, "no update left where no budget was")
    said = fed.ask("hospital-b", "budget", as_="officer")
    t.has(said["text"], "can still be afforded: 0", "its privacy officer is told")


def test(t):
    policy = {"hospital-b": TWO_ROUNDS, "hospital-c": POLICY, "hospital-d": POLICY}
    with Federation(hospitals=4, policy=policy, tasks={"noisy": NOISY.replace("name: breast-cancer", "name: noisy")},
                    settings={"grace_ms": 1000}) as fed:
        unset(t, fed)
        budget(t, fed)
        whole(t, fed)


if __name__ == "__main__":
    tap.run("privacy", test)
