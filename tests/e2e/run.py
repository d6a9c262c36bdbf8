"""Runs the cases two at a time and prints one TAP stream.  Arguments: names of cases; all when none."""
import concurrent.futures
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
AT_ONCE = 2
CASE_S = int(os.environ.get("HIMAS_E2E_CASE_S", 150))
# The longest first, so that the end is not one case alone.
CASES = ["reconnect", "survive", "securekills", "kills", "disk", "slowlink", "halves", "doctor", "canary", "rotate", "large", "upload", "transport", "cli", "hostile", "tls", "privacy", "enrol", "clocks", "patients", "spade", "run", "translog", "guardian", "people", "secure"]
PROSODY_ONLY = {**dict.fromkeys(("cli", "enrol", "secure"), "`himas up` starts the Prosody that comes with it"),
                "upload": "it is a service of Prosody's; ejabberd keeps files on threads of their own",
                "securekills": "a module of Prosody writes down what is said"}


def down(folder):
    """Federations of `himas up` live in sessions of their own."""
    for name in os.listdir(folder):
        home = os.path.join(folder, name)
        if os.path.exists(os.path.join(home, "federation.yaml")):
            subprocess.run([os.path.join(os.environ["HIMAS_BIN_DIR"], "himas"), "--data", home, "down"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=60)


def run_case(name):
    folder = tempfile.mkdtemp(prefix=f"himas-e2e-{name}-")
    began = time.monotonic()
    env = {**os.environ, "HIMAS_E2E_DIR": folder, "PYTHONPATH": HERE, "PYTHONDONTWRITEBYTECODE": "1"}
    p = subprocess.Popen([sys.executable, os.path.join(HERE, "cases", name + ".py")], env=env, text=True,
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         start_new_session=True)
    try:
        out, err = p.communicate(timeout=CASE_S)
    except subprocess.TimeoutExpired:
        os.killpg(p.pid, signal.SIGKILL)
        out, err = p.communicate()
        out += f"not ok 0 - {name}: still running after {CASE_S} s\n"
    try:
        os.killpg(p.pid, signal.SIGKILL)  # what a case that died has left
    except ProcessLookupError:
        pass
    down(folder)
    if not (p.returncode and os.environ.get("HIMAS_E2E_KEEP")):
        shutil.rmtree(folder, ignore_errors=True)
    if p.returncode and not re.search(r"^not ok", out, re.M):
        out += f"not ok 0 - {name}: ended with exit code {p.returncode}\n"
    return name, out, err, time.monotonic() - began


def main():
    here = [c for c in CASES if os.environ.get("HIMAS_E2E_BROKER") != "ejabberd" or c not in PROSODY_ONLY]
    chosen = [c for c in here if c in sys.argv[1:]] if len(sys.argv) > 1 else here
    count = failed = 0
    for name in set(CASES) - set(here):
        print(f"# {name}: left out on this broker: {PROSODY_ONLY[name]}")
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for done in concurrent.futures.as_completed([pool.submit(run_case, c) for c in chosen]):
            name, out, err, seconds = done.result()
            for line in out.splitlines():
                told = re.match(r"(ok|not ok) \d+ - (.*)", line)
                if told:
                    count += 1
                    failed += told[1] == "not ok"
                    print(f"{told[1]} {count} - {told[2]}")
                elif not line.startswith("1.."):
                    print(line)
            if "not ok" in out:
                print("\n".join("# | " + line for line in err.splitlines()[-150:]))
            print(f"# {name}: {seconds:.1f} s", flush=True)
    print(f"1..{count}")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
