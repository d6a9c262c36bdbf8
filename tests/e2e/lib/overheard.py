"""What hospitals say in secure sums, written down by the broker and opened with the coordinator's key."""
import json
import os

from . import places, seal

ANSWER, HASH, SHARE = b"himas secagg answer 1\0", 32, 4 + 1 + 32  # common/privacy/secagg_message.c
KINDS = ("its own mask", "its pairwise masks")


def install(fed):
    """Before the broker is started."""
    path = os.path.join(fed.broker.folder, "prosody.cfg.lua")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    modules = os.path.join(places.SOURCE, "tests/e2e/lib/prosody")
    text = text.replace('plugin_paths = { ', f'overheard = "{fed.path("overheard")}"\nplugin_paths = {{ "{modules}", ')
    text = text.replace("modules_enabled = {", 'modules_enabled = { "overhear",')
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def _opened(message, field, tail, identity):
    """The attachment, which stands behind the message's JSON."""
    manifest = dict(message[field])
    if isinstance(manifest["inline"], int):
        manifest["inline"] = tail[:manifest["inline"]]
    return seal.open_manifest(manifest, identity)


def shares(answer):
    """[(number of the other hospital, which half)] of a stage 5."""
    assert answer.startswith(ANSWER), answer[:32]
    at = len(ANSWER) + HASH + 4
    count = int.from_bytes(answer[at:at + 2], "big")
    parts = [answer[at + 2 + i * SHARE:at + 2 + (i + 1) * SHARE] for i in range(count)]
    return [(int.from_bytes(p[:4], "big"), p[4]) for p in parts]


class Overheard:
    """Whatever left so far: vectors {(hospital, run, sum): round}, which sums {(run, sum)} are of scores, and what was told
    in two ways."""

    def __init__(self, fed):
        self.fed, self.at = fed, 0
        self.vectors, self.scores, self.told, self.twofold, self.answers = {}, set(), {}, [], 0

    def look(self):
        with open(self.fed.path("overheard"), "rb") as f:
            f.seek(self.at)
            lines = f.read().decode()
        whole = lines.rpartition("\n")[0]
        self.at += len(whole.encode()) + (1 if whole else 0)
        for line in whole.splitlines():
            sender, _, body = line.partition(" ")
            head, _, tail = body.partition("\t")
            self.take(sender, json.loads(head), tail)
        return self

    def take(self, sender, message, tail):
        about = (sender, message["run"], message.get("sum"))
        if message["type"] == "secure.input":
            self.vectors[about] = message["round"]
            self.note((*about, "vector"), message["input"])
        elif message["type"] == "secure.header" and message["scores"]:
            self.scores.add(about[1:])
        elif message["type"] == "secure.answer":
            self.answers += 1
            for other, half in shares(_opened(message, "answer", tail, self.fed.keys["coordinator"])):
                self.note((*about, other), KINDS[half])

    def note(self, key, what):
        if self.told.setdefault(key, what) != what:
            self.twofold.append((key, self.told[key], what))

    def updates(self, hospital, run):
        """How many vectors of updates left it in runs of that name: what it has to pay for, where there is noise."""
        return sum(h == hospital and r.startswith(run) and (r, n) not in self.scores for h, r, n in self.vectors)
