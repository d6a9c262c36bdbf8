"""A stock client: plain words, a form, disco; and people who may not."""
import re

from slixmpp.exceptions import IqError

from lib import tap
from lib.federation import Federation, task
from lib.spade import Peer

COMMANDS = "http://jabber.org/protocol/commands"


def chat(t, fed, operator):
    to = fed.jid("coordinator")
    t.has(operator.ask(to, "how is it going"), "No run is going on", "chat: nothing goes on yet")
    t.has(operator.ask(to, "who is here?"), "hospital-a", "chat: who is here")
    for typo, meant in (("strat breast-cancer", "start"), ("statsu", "status"), ("modles list", "models list")):
        t.has(operator.ask(to, typo), f"did you mean `{meant}`", f"chat: {typo!r} is asked back")
    t.has(operator.ask(to, "start brest-cancer"), "did you mean breast-cancer", "chat: a task's name misspelt")
    fed.agents["hospital-c"].hold()  # so that the run cannot be over too soon
    said = operator.ask(to, "please start breast-cancer")
    t.has(said, "has begun", "chat: a run is started in plain words")
    run = re.search(r"breast-cancer-\d+", said)[0]
    t.has(operator.ask(to, "How are things?"), run, "chat: how it is going")
    t.has(operator.ask(to, "/status"), "waits for", "chat: /status")
    fed.agents["hospital-c"].let_go()
    fed.wait_end(run)
    t.has(operator.ask(to, f"show run {run}"), "done", "chat: and what came of it")
    t.has(operator.ask(to, "help"), "start", "chat: help lists commands")
    t.has(operator.ask(to, "help start"), "task", "chat: help of one")
    t.has(operator.ask(fed.jid("hospital-a"), "how are you"), "records", "chat: a hospital answers for itself")


def watch(t, fed, operator):
    to = fed.jid("coordinator")
    t.has(operator.ask(to, "keep me posted"), "I tell you", "chat: wants to be told")
    run = fed.begin(rounds=2)
    for part in ("round 1: hospital-a returned", "of 3 in"):
        operator.expect(lambda r, p=part: r.kind == "chat" and p in r.body, f"the feed to say {part!r}", 30)
    t.ok(True, "chat: the feed tells who returned what, in words")
    fed.wait_end(run)
    operator.say(to, "be quiet")
    operator.expect(lambda r: r.kind == "chat" and "I am quiet" in r.body, "it to be quiet")
    t.ok(True, "chat: and to be told no more")


def disco(t, fed, operator, full):
    info = operator.do(operator.client["xep_0030"].get_info, full)["disco_info"]
    t.ok(("client", "bot", None, "himas") in info["identities"], "disco: a bot", info["identities"])
    t.ok({COMMANDS, "jabber:x:data", "urn:xmpp:ping"} <= set(info["features"]), "disco: features", info["features"])
    items = operator.do(operator.client["xep_0030"].get_items, full, COMMANDS)["disco_items"]["items"]
    nodes = {node for _, node, _ in items}
    t.ok({"status", "start", "models list"} <= nodes, "disco: commands", nodes)
    try:
        operator.do(operator.client["xep_0030"].get_info, full, "nothing")
        t.ok(False, "disco: an unknown node is not found")
    except IqError as e:
        t.same(e.condition, "item-not-found", "disco: an unknown node is not found")
    t.ok(operator.do(operator.client["xep_0199"].ping, full) < 5, "ping: answered")


def command(operator, full, node, **more):
    return operator.do(lambda: operator.client["xep_0050"].send_command(full, node, timeout=10, **more))["command"]


def form(t, fed, operator, full):
    asked = command(operator, full, "start")
    t.same(asked["status"], "executing", "form: a command with arguments asks for them")
    fields = asked["form"].get_fields()
    t.ok({"task", "rounds", "quorum"} == set(fields), "form: its fields", list(fields))
    t.ok(fields["task"]["required"] and not fields["rounds"]["required"], "form: which are required")
    t.ok("fewer rounds" in fields["rounds"]["desc"], "form: and what they mean", fields["rounds"]["desc"])
    answer = operator.client["xep_0004"].make_form(ftype="submit")
    answer.add_field(var="task", value="breast-cancer")
    answer.add_field(var="rounds", value="2")
    done = command(operator, full, "start", sessionid=asked["sessionid"], action="complete", payload=answer)
    t.same(done["status"], "completed", "form: submitted")
    run = done["form"].get_values()["run"]
    t.same(fed.wait_end(run)["rounds"], "2/2", "form: and it does what was said")
    bad = operator.client["xep_0004"].make_form(ftype="submit")
    bad.add_field(var="task", value="breast-cancer")
    bad.add_field(var="rounds", value="minus one")
    said = command(operator, full, "start", payload=bad)
    t.has(str(said), "rounds", "form: a wrong value is told by its name")
    listed = command(operator, full, "runs list")
    t.has(str(listed), run, "form: a table comes back as one")


def may_not(t, fed, full):
    to = fed.jid("coordinator")
    with fed.peer("leader") as leader, fed.peer("nobody") as nobody:
        t.has(leader.ask(to, "how is it going"), "hospitals are here", "a leader may look")
        t.has(leader.ask(to, "start breast-cancer"), "`start` is for: operator, scientist", "and is told who may start")
        leader.show(to)
        items = leader.do(leader.client["xep_0030"].get_items, full, COMMANDS)["disco_items"]["items"]
        t.ok("start" not in {node for _, node, _ in items}, "is not offered the command", items)
        try:
            command(leader, full, "start")
            t.ok(False, "and is refused it")
        except IqError as e:
            t.same(e.condition, "forbidden", "and is refused it")
        before = fed.coordinator.count("himas_strangers_total")
        t.has(nobody.ask(to, "how is it going"), "I do not know this account", "somebody unknown is told so in words")
        nobody.send_body(to, "{}")
        fed.coordinator.wait_count("himas_strangers_total", before + 2)
        t.ok(True, "and is counted; what is no chat gets no answer")


def test(t):
    tasks = {"breast-cancer": task(rounds=3)}
    with Federation(strangers=["nobody"], tasks=tasks) as fed:
        fed.start_all()
        with fed.peer("operator", Peer) as operator:
            full = operator.show(fed.jid("coordinator"))
            chat(t, fed, operator)
            watch(t, fed, operator)
            disco(t, fed, operator, full)
            form(t, fed, operator, full)
            may_not(t, fed, full)


if __name__ == "__main__":
    tap.run("people", test)
