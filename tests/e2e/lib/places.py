"""Where things are: the sources, the programs of the build, free ports."""
import os
import random
import socket

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.environ.get("HIMAS_SOURCE_DIR") or os.path.abspath(os.path.join(HERE, "../../.."))
BIN = os.environ.get("HIMAS_BIN_DIR") or os.path.join(SOURCE, "build/release/bin")
EXAMPLE = os.path.join(SOURCE, "examples/breast-cancer")
KIND = os.environ.get("HIMAS_E2E_BROKER", "prosody")  # or ejabberd
BROKER = os.path.join(SOURCE, "broker-config", {"prosody": "broker.sh", "ejabberd": "ejabberd.sh"}[KIND])


def program(name):
    return os.path.join(BIN, name)


def free_ports(count, taken=set()):  # the set is meant to be one for the process
    """Free now, and below the range that outgoing connections are given by the kernel."""
    out = []
    while len(out) < count:
        port = random.randint(15000, 32000)
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in taken:
            taken.add(port)
            out.append(port)
    return out
