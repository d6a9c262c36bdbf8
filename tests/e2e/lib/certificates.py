"""Certificates that a broker should not have."""
import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL,
                             serialization.NoEncryption())


def issue(folder, domain, name=None, begins=-DAY, ends=DAY):
    """Puts a certificate of the broker's own authority in place; the broker must be started again."""
    with open(f"{folder}/certs/ca.key", "rb") as f:
        authority_key = serialization.load_pem_private_key(f.read(), None)
    with open(f"{folder}/certs/ca.crt", "rb") as f:
        authority = x509.load_pem_x509_certificate(f.read())
    key, now, name = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.utcnow(), name or domain
    made = (x509.CertificateBuilder().subject_name(_name(name)).issuer_name(authority.subject)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now + begins).not_valid_after(now + ends)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
            .sign(authority_key, hashes.SHA256()))
    with open(f"{folder}/certs/{domain}.key", "wb") as f:
        f.write(_pem(key))
    with open(f"{folder}/certs/{domain}.crt", "wb") as f:
        f.write(made.public_bytes(serialization.Encoding.PEM))


def authority(path):
    """Another authority, of the same name as broker.sh's."""
    key, now, name = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.utcnow(), _name("himas local authority")
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - DAY).not_valid_after(now + DAY)
            .add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256()))
    with open(path, "wb") as f:
        f.write(made.public_bytes(serialization.Encoding.PEM))
    return path
