"""A client's XML stream, byte by byte: for what no library would send.

    s = Stream(broker, "toy")      # TLS and SCRAM-SHA-256 are behind it; PermissionError: the password is refused
    s.write("<presence/>")
    s.read("</iq>")                # all that came since the last read, once this, or one of several, is in it
"""
import base64
import hashlib
import hmac
import re
import secrets
import socket
import ssl


class Stream:
    def __init__(self, broker, name):
        self.domain, self.came = broker.domain, b""
        self.socket = socket.create_connection(("127.0.0.1", broker.port))
        self.open()
        self.write("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        self.read("<proceed")
        trust = ssl.create_default_context(cafile=broker.ca)
        self.socket = trust.wrap_socket(self.socket, server_hostname=self.domain)
        self.open()
        self.login(name, broker.secret(name))
        self.open()

    def open(self):
        self.write(f"<?xml version='1.0'?><stream:stream to='{self.domain}' version='1.0' xmlns='jabber:client' "
                   "xmlns:stream='http://etherx.jabber.org/streams'>")
        self.read("</stream:features>")

    def write(self, text):
        self.socket.sendall(text.encode())

    def read(self, *until, seconds=10):
        self.socket.settimeout(seconds)
        while not any(u.encode() in self.came for u in until):
            more = self.socket.recv(65536)
            if not more:
                raise EOFError(f"the stream ended before {until}: {self.came!r}")
            self.came += more
        text, self.came = self.came.decode(), b""
        return text

    def cut(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def login(self, name, password):
        """RFC 5802 and RFC 7677."""
        def in_64(text):
            return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()
        first = f"n={name},r={secrets.token_hex(8)}"
        self.write("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-256'>"
                   f"{in_64('n,,' + first)}</auth>")
        challenge = base64.b64decode(re.search(r"<challenge[^>]*>([^<]*)<", self.read("</challenge>"))[1]).decode()
        part = dict(p.split("=", 1) for p in challenge.split(","))
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(part["s"]), int(part["i"]))
        key = hmac.digest(salted, b"Client Key", "sha256")
        last = "c=biws,r=" + part["r"]
        signature = hmac.digest(hashlib.sha256(key).digest(), f"{first},{challenge},{last}".encode(), "sha256")
        proof = bytes(a ^ b for a, b in zip(key, signature))
        self.write("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
                   f"{in_64(last + ',p=' + in_64(proof))}</response>")
        if "<failure" in self.read("<success", "</failure>"):
            raise PermissionError(f"{name} may not log in")
