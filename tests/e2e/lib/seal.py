"""Sealed attachments, written from common/crypto/seal.h and common/wire/manifest.h alone."""
import base64
import hashlib
import os
import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

CHUNK_LABEL = b"himas seal 1 chunk\0"
WRAP_LABEL = b"himas seal 1 wrap\0"


class Identity:
    def __init__(self, secret_hex=None):
        self.key = X25519PrivateKey.from_private_bytes(bytes.fromhex(secret_hex)) if secret_hex \
            else X25519PrivateKey.generate()

    def secret_hex(self):
        return self.key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()).hex()

    def public(self):
        return self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def public_hex(self):
        return self.public().hex()

    def sign_hex(self):
        """The public half of its signing key, which is made of the same secret (common/crypto/identity.h)."""
        seed = HKDF(hashes.SHA256(), 32, None, b"himas ed25519 v1").derive(bytes.fromhex(self.secret_hex()))
        key = Ed25519PrivateKey.from_private_bytes(seed).public_key()
        return key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def _wrap_secret(shared, ephemeral, recipient, digest, nbytes):
    info = WRAP_LABEL + ephemeral + recipient + digest + struct.pack(">Q", nbytes)
    okm = HKDF(hashes.SHA256(), 44, None, info).derive(shared)
    return okm[:32], okm[32:]


def _chunk_bound(nbytes, index, count):
    return CHUNK_LABEL + struct.pack(">QQQ", nbytes, index, count), struct.pack(">IQ", 0, index)


def manifest(plain, recipient, digest=None):
    """The attachment for one receiver's public key, inside the message; digest: what the manifest claims."""
    digest = digest or hashlib.sha256(plain).digest()
    key = os.urandom(32)
    aad, nonce = _chunk_bound(len(plain), 0, 1)
    sealed = AESGCM(key).encrypt(nonce, plain, aad)
    ephemeral = Identity()
    shared = ephemeral.key.exchange(X25519PublicKey.from_public_bytes(recipient))
    wrap_key, wrap_nonce = _wrap_secret(shared, ephemeral.public(), recipient, digest, len(plain))
    wrap = ephemeral.public() + AESGCM(wrap_key).encrypt(wrap_nonce, key, None)
    return {"media": "application/safetensors", "bytes": len(plain), "sha256": digest.hex(),
            "key": base64.b64encode(wrap).decode(), "inline": base64.b64encode(sealed).decode()}


def open_manifest(m, identity):
    """The plain bytes of an attachment inside a message; raises when anything does not hold."""
    wrap, digest = base64.b64decode(m["key"]), bytes.fromhex(m["sha256"])
    shared = identity.key.exchange(X25519PublicKey.from_public_bytes(wrap[:32]))
    wrap_key, wrap_nonce = _wrap_secret(shared, wrap[:32], identity.public(), digest, m["bytes"])
    key = AESGCM(wrap_key).decrypt(wrap_nonce, wrap[32:], None)
    aad, nonce = _chunk_bound(m["bytes"], 0, 1)
    plain = AESGCM(key).decrypt(nonce, base64.b64decode(m["inline"]), aad)
    assert hashlib.sha256(plain).digest() == digest and len(plain) == m["bytes"]
    return plain
