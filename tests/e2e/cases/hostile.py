"""What must be refused is refused, counted and answered; nobody falls over; a run still completes."""
import hashlib
import json

from lib import tap, tensors
from lib.federation import Federation, task
from lib.stranger import Stranger
from lib.wait import until

REFUSED = "himas_messages_refused_total"


class Watch:
    """Tells whether a counter of an agent rose, and by how much, since it was made."""

    def __init__(self, agent):
        self.agent, self.before = agent, agent.metrics()

    def rose(self, name):
        return self.agent.count(name) - self.before.get(name, 0)

    def wait(self, name, by=1, seconds=10):
        until(lambda: self.rose(name) >= by, f"{self.agent.name}: {name} to rise by {by}", seconds)
        return self.rose(name)


def update_of(member, to, delta, run="breast-cancer-9", **over):
    attachment = over.pop("attachment", None) or member.attach(delta, to)
    return {"run": run, "round": 1, "stage": "training", "samples": 100, "loss": 0.5, "noise": 0,
            "epsilon_spent": 0, "seconds": 1, "delta": attachment, **over}


def refused(t, fed, agent, sender, send, code, name):
    """Sends; the agent counts one refusal with that code and tells the sender."""
    watch = Watch(agent)
    sender.drop_all()
    send()
    got = watch.wait(f'{REFUSED}{{reason="{code}"}}')
    t.same(got, 1, f"{name}: refused and counted once")
    said = sender.hear("error", 10)
    t.ok(said["code"] == code and said["text"], f"{name}: the sender is told why", said)
    return said


def wrong_roles(t, fed, operator, guard, trainer, delta):
    to, a = fed.jid("coordinator"), fed.agents["hospital-a"]
    for who, name in ((operator, "a person"), (guard, "another kind of agent")):
        refused(t, fed, fed.coordinator, who,
                lambda who=who: who.send(to, who.envelope("update", who.next_id(to), **update_of(who, to, delta))),
                "ERR_ROLE", f"an update from {name}")
    document = fed.tasks["breast-cancer"]
    refused(t, fed, a, trainer, lambda: trainer.send(a.jid, trainer.envelope(
        "run.invite", trainer.next_id(a.jid), run="r-1", task=document,
        digest=hashlib.sha256(document.encode()).hexdigest())), "ERR_ROLE", "an invitation from a trainer")


def spoofed(t, fed, operator, trainer, delta):
    to = fed.jid("coordinator")
    said = refused(t, fed, fed.coordinator, trainer, lambda: trainer.send(to, trainer.envelope(
        "data.new", trainer.next_id(to), records=1, **{"from": fed.jid("hospital-a")})), "ERR_PROTO",
                   "a payload that says who it is from")
    t.has(said["text"], "from: is not a field", "a payload that says who it is from: named")
    watch = Watch(fed.coordinator)
    operator.drop_all()
    operator.send_body(to, json.dumps(operator.envelope("update", operator.next_id(to),
                                                        **update_of(operator, to, delta))),
                       as_from=fed.jid("hospital-a") + "/agent")
    try:
        watch.wait(f'{REFUSED}{{reason="ERR_ROLE"}}', seconds=5)
        t.ok(True, "a stanza with another's `from` counts as its sender's")
    except Exception as why:
        t.ok("forbidden" in str(operator.inbox) or "bad-request" in str(operator.inbox) or operator.stream_errors,
             "a stanza with another's `from` counts as its sender's", why)
    t.same(watch.rose('himas_messages_received_total{type="update"}'), 0, "a stanza with another's `from`: no update")


def duplicate(t, fed, trainer):
    to, watch = fed.jid("coordinator"), Watch(fed.coordinator)
    id_ = trainer.tell(to, "data.new", records=77)
    trainer.send(to, trainer.envelope("data.new", id_, records=78))
    watch.wait("himas_messages_duplicate_total")
    t.same(watch.rose('himas_messages_received_total{type="data.new"}'), 1, "the same id twice is handled once")
    rows = fed.ask("coordinator", "trainers")["rows"]
    t.same(next(r for r in rows if r["hospital"] == "hospital-d")["records"], "77", "and it is the first that counts")


def sizes(t, fed, trainer):
    to, watch = fed.jid("coordinator"), Watch(fed.coordinator)
    trainer.drop_all()
    trainer.send_body(to, json.dumps(trainer.envelope("data.new", trainer.next_id(to), records=1, pad="x" * 70000)))
    watch.wait('himas_xmpp_refused_total{reason="oversize"}')
    back = trainer.expect(lambda r: r.kind == "error", "an error stanza")
    t.has(back.xml, "policy-violation", "a body of 70 kB is refused and counted")
    streams = trainer.streams
    trainer.send_body(to, "x" * 600000)
    trainer.await_(lambda: trainer.streams > streams, "the broker to close the stream, and a new login", 20)
    t.ok(fed.coordinator.ready(), "a stanza of 600 kB ends its sender's stream, nobody else's")


def malformed(t, fed, trainer):
    to, streams = fed.jid("coordinator"), trainer.streams
    agents = {n: a.count("himas_xmpp_connects_total") for n, a in fed.agents.items() if a.alive()}
    trainer.raw(f"<message to='{to}' type='chat'><body>half</message>")
    trainer.await_(lambda: trainer.streams > streams, "the broker to close the stream, and a new login", 20)
    t.ok(trainer.stream_errors, "malformed XML: a stream error for its sender", trainer.stream_errors)
    t.same({n: fed.agents[n].count("himas_xmpp_connects_total") for n in agents}, agents,
           "malformed XML: every agent's link stays")
    trainer.show(to)


def bad_bodies(t, fed, trainer):
    to = fed.jid("coordinator")

    def body(**over):
        return json.dumps(trainer.envelope("data.new", trainer.next_id(to), **{"records": 5, **over}))
    heartbeat = trainer.envelope("heartbeat", doing="idle", progress=0.5, records=1, epsilon_spent=0, epsilon_max=1)
    bodies = {
        "malformed JSON": body()[:-9],
        "text after the JSON": body() + "{}",
        "an unknown field": body(patient="p-17"),
        "a field twice": body()[:-1] + ', "records": 6}',
        "a missing field": json.dumps(trainer.envelope("data.new", trainer.next_id(to))),
        "an unknown type": json.dumps({**trainer.envelope("data.new", trainer.next_id(to), records=1), "type": "gift"}),
        "another version": body(version=99),
        "a number out of range": body(records=-1),
        "half a record": body(records=1.5),
        "NaN": json.dumps({**heartbeat, "progress": float("nan")}),
        "infinity by 1e999": json.dumps(heartbeat).replace("0.5", "1e999"),
        "an id of no form": json.dumps(trainer.envelope("data.new", "one", records=1)),
    }
    for name, text in bodies.items():
        refused(t, fed, fed.coordinator, trainer, lambda text=text: trainer.send_body(to, text), "ERR_PROTO", name)


def bad_attachments(t, fed, trainer, delta):
    to = fed.jid("coordinator")
    wrong = hashlib.sha256(b"something else").digest()
    other = bytes.fromhex(trainer.roster[fed.jid("hospital-a")])
    mine = bytes.fromhex(trainer.roster[to])
    changed = trainer.attach(delta, to)
    changed["inline"] = ("B" if changed["inline"][0] != "B" else "C") + changed["inline"][1:]
    bad = {
        "an attachment with a wrong hash": trainer.seal(delta, mine, wrong),
        "an attachment sealed for somebody else": trainer.seal(delta, other),
        "an attachment changed on its way": changed,
    }
    for name, attachment in bad.items():
        refused(t, fed, fed.coordinator, trainer, lambda a=attachment: trainer.send(to, trainer.envelope(
            "update", trainer.next_id(to), **update_of(trainer, to, delta, attachment=a))), "ERR_CRYPTO", name)


def no_such_run(t, fed, trainer, delta):
    to, watch = fed.jid("coordinator"), Watch(fed.coordinator)
    trainer.tell(to, "update", **update_of(trainer, to, delta))
    t.same(watch.rose('himas_updates_refused_total{reason="no-such-run"}'), 1, "an update for no run: refused, counted")


def evil_updates(t, fed, evil):
    """A trainer that was invited and accepted, and then sends what no trainer would."""
    watch = Watch(fed.coordinator)
    run = fed.begin("breast-cancer")
    row = fed.wait_end(run)
    t.same(row["state"], "done", "a run with an evil trainer among four is done")
    rose = {k: watch.rose(f'himas_updates_refused_total{{reason="{k}"}}')
            for k in ("not-finite", "norm", "architecture", "unreadable", "future-round")}
    t.ok(all(v == 1 for v in rose.values()), "its bad updates are refused and counted, each by its name", rose)
    shown = fed.ask("coordinator", "runs", "show", run)["rows"]
    t.ok([r["hospitals"] for r in shown] == ["3/4"] * len(shown), "and none of them went into a model", shown)
    t.ok(not evil.wrong, "it was told of each", evil.wrong)


class Evil(Stranger):
    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.wrong = []

    def answer_round(self, m):
        tensors_in = self.open(m["model"])
        zero = {n: (s, [0.0] * len(v)) for n, (s, v) in tensors_in.items() if n.startswith("layer")}
        first = sorted(zero)[0]

        def with_first(values):
            return tensors.encode({**zero, first: (zero[first][0], values)})
        width = len(zero[first][1])
        round_, blob = m["round"], tensors.encode(zero)
        if m["round"] == 1:
            blob = with_first([float("nan")] * width)
        elif m["round"] == 2:
            blob = with_first([1e6] * width)
        elif m["round"] == 3:
            blob = tensors.encode({"layer9.weight": ([1], [0.0])})
        elif m["round"] == 4:
            blob = b"no tensors at all, but long enough"
        else:
            round_ = m["round"] + 1
        self.tell(self.coordinator, "update", **update_of(self, self.coordinator, blob, run=m["run"], round=round_,
                                                          stage=m["stage"], in_reply_to=m["id"]))
        said = self.hear("error", 10)
        if not said["text"]:
            self.wrong.append(said)
        if m["round"] == 5:
            self.decline(m)


def test(t):
    tasks = {"breast-cancer": task(rounds=5, join="3s")}
    with Federation(hospitals=4, extra={"guard": "surveillance"}, tasks=tasks, settings={"grace_ms": 2000}) as fed:
        real = ["coordinator", "hospital-a", "hospital-b", "hospital-c"]
        fed.start_all(real)
        delta = tensors.encode({"layer0.weight": ([1], [0.0])})
        with fed.member("operator") as operator, fed.member("guard") as guard, fed.member("hospital-d") as trainer:
            trainer.show(fed.jid("coordinator"))
            trainer.tell(fed.jid("coordinator"), "join", site="hospital-d", software="a stranger", records=10)
            wrong_roles(t, fed, operator, guard, trainer, delta)
            spoofed(t, fed, operator, trainer, delta)
            duplicate(t, fed, trainer)
            bad_bodies(t, fed, trainer)
            bad_attachments(t, fed, trainer, delta)
            no_such_run(t, fed, trainer, delta)
            sizes(t, fed, trainer)
            malformed(t, fed, trainer)
        with fed.peer("hospital-d", Evil, fed=fed) as evil, evil.working():
            evil_updates(t, fed, evil)
        t.ok(all(fed.agents[n].alive() and fed.agents[n].ready() for n in real), "after all of it every agent is well")
        t.ok(all("rebuil" not in fed.agents[n].log() and fed.agents[n].count("himas_rebuilds_total") == 0
                 for n in real), "and none had to be rebuilt")
        run = fed.begin(quorum=3)
        t.same(fed.wait_end(run)["state"], "done", "and a run completes")


if __name__ == "__main__":
    tap.run("hostile", test)
