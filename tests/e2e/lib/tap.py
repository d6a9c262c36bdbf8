"""TAP from a case: `ok` tells one thing, `need` tells it and ends the case when it is not so."""
import sys
import traceback


class Stop(Exception):
    """The case cannot go on; it has said why."""


class Skip(Exception):
    """What the case needs is not here."""


class Tap:
    def __init__(self, name):
        self.name = name
        self.count = 0
        self.failed = 0

    def say(self, text):
        for line in str(text).splitlines():
            print("#", line, flush=True)

    def ok(self, good, name, detail=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {self.name}: {name}", flush=True)
        if not good and detail != "":
            self.say(detail)
        return bool(good)

    def skip(self, name, why):
        self.count += 1
        print(f"ok {self.count} - {self.name}: {name} # SKIP {why}", flush=True)

    def same(self, got, want, name):
        return self.ok(got == want, name, f"got {got!r}, want {want!r}")

    def has(self, text, part, name):
        return self.ok(part.lower() in str(text).lower(), name, f"{part!r} is not in: {text}")

    def need(self, good, name, detail=""):
        if not self.ok(good, name, detail):
            raise Stop(name)


def run(name, test):
    """Runs one case and exits; 0 when all it told was ok."""
    t = Tap(name)
    try:
        test(t)
    except Skip as why:
        t.count += 1
        print(f"ok {t.count} - {name} # SKIP {why}", flush=True)
    except Stop:
        pass
    except Exception:  # whatever it is, it is this case's failure
        t.ok(False, "ran to its end", traceback.format_exc())
    print(f"1..{t.count}", flush=True)
    sys.exit(1 if t.failed else 0)
