"""Is it the right server? Every way to trust one, held against every certificate.

VERDICTS is the table; each of its cells is played against OpenSSL and GnuTLS, with TLS 1.2 and 1.3:
one of the four by turns, all with --full.
"""

import hashlib
import re
import ssl
import subprocess

from harness import cases
from namespace import private, replace_file

STORE = "/etc/ssl/certs/ca-certificates.crt"
WAYS = ("store", "file", "pin", "other-pin", "leaf", "spki", "other-leaf")
# With a good certificate and with a bad one; a fingerprint stands in place of all else.
GOOD, BAD = "+++-++-", "----++-"
PASTE = re.compile(r"hint: .* write: (tls_(?:fingerprint|pin) = spki:[0-9a-f]{64})$", re.M)
NAMED = "host = localhost"

# certificate: (the name asked for, a verdict for each of WAYS, words of the refusal, of the remedy)
VERDICTS = {
    "good": (NAMED, GOOD, "", ""),
    "chain": (NAMED, GOOD, "", ""),
    "address": ("host = 127.0.0.1", GOOD, "", ""),
    "wildcard": ("tls_name = mail.example.net", GOOD, "", ""),
    "idn": ("tls_name = münchen.example.net", GOOD, "", ""),
    "unknown-ca": (NAMED, BAD, 'unknown authority, "CN=Throwaway stranger"', "tls_ca_file"),
    "self-signed": (NAMED, BAD, "self-signed", "paste"),
    "expired": (NAMED, BAD, "has expired on 2020-02-01 00:00 UTC", "has to renew it"),
    "not-yet-valid": (NAMED, BAD, "not valid before 2099-01-01 00:00 UTC", "clock of this machine"),
    "wrong-name": (NAMED, BAD, "is for other.example.com, not for localhost", "tls_name"),
    "address-as-name": ("host = 127.0.0.1", BAD, "is for 127.0.0.1, not for", "tls_name"),
    "wildcard-deep": ("tls_name = a.mail.example.net", BAD, "is for *.example.net, not for a.mail.example.net", "tls_name"),
    "wildcard-bare": ("tls_name = example.net", BAD, "is for *.example.net, not for example.net", "tls_name"),
    "nul": (NAMED, BAD, r"is for localhost\x00.other.example.com, not for localhost", "tls_name"),
    "no-san": (NAMED, BAD, "has no host among its alternative names", "paste"),
    "weak": (NAMED, BAD, "too weak: RSA key of 1024 bits", "paste"),
    "client-only": (NAMED, BAD, "not meant for servers", "paste"),
    "revoked": (NAMED, BAD, "has been revoked", "do not send anything there"),
    "missing-intermediate": (NAMED, BAD, "sent only its own certificate", "left out"),
    "must-staple": (NAMED, BAD, "demands a proof that it is not revoked", "OCSP stapling"),
}  # fmt: skip
SAME = {"wildcard-deep": "wildcard", "wildcard-bare": "wildcard"}
SERVERS = [(library, version) for library in ("openssl", "gnutls") for version in ("1.2", "1.3")]


def digests(t, cert):
    """SHA-256 of the certificate and of its public key, in hexadecimal digits."""
    text = open(t.context.certificates.path(cert + ".pem"), encoding="ascii").read()
    first = text[: text.index("-----END") + len("-----END CERTIFICATE-----\n")]
    key = ["openssl", "pkey", "-pubin", "-outform", "DER"]
    pem = subprocess.run(["openssl", "x509", "-noout", "-pubkey"], input=first.encode(), capture_output=True, check=True)  # fmt: skip
    der = subprocess.run(key, input=pem.stdout, capture_output=True, check=True).stdout
    leaf = ssl.PEM_cert_to_DER_cert(first)
    return hashlib.sha256(leaf).hexdigest(), hashlib.sha256(der).hexdigest()


def settings(t, cert, way):
    """Lines of the account that trust it so."""
    leaf, spki = digests(t, cert)
    other = "0" * 64
    lines = {
        "store": ["-tls_ca_file"],
        "file": [],
        "pin": [f"tls_pin = sha256:{other}, sha256:{spki}"],
        "other-pin": [f"tls_pin = sha256:{other}, sha256:{leaf}"],
        "leaf": ["-tls_ca_file", f"tls_fingerprint = sha256:{other}, sha256:{leaf}"],
        "spki": ["-tls_ca_file", f"tls_fingerprint = spki:{spki}"],
        "other-leaf": [f"tls_fingerprint = sha256:{spki}, spki:{leaf}"],
    }[way]
    if cert == "revoked":
        lines.append(f"tls_crl_file = {t.context.certificates.revocations}")
    return lines


def expected(words, remedy, verdict, way):
    """Words of the refusal and of its remedy; "paste": a line of the configuration."""
    if way == "other-leaf":
        return "not the one that tls_fingerprint names", "paste"
    if way == "other-pin" and verdict == GOOD:
        return "not the one that tls_pin names", "paste"
    return words, remedy


def paste(t, run, lines):
    """The line that the remedy offers is enough."""
    offered = PASTE.search(run.stderr)
    t.true(offered, "no line to paste")
    t.config(*lines, offered[1])
    t.accepted(t.postbag("bob@example.net"))
    t.equal(len(t.host.messages), 1, "messages")


def play(t, name, way, server):
    asked, verdict, words, remedy = VERDICTS[name]
    cert = SAME.get(name, name)
    t.smarthost("tls: implicit", "auth: PLAIN", f"cert: {cert}", f"tls-library: {server[0]}",
                f"tls-min: {server[1]}", f"tls-max: {server[1]}")  # fmt: skip
    lines = [asked, *settings(t, cert, way)]
    t.config(*lines)
    run = t.postbag("bob@example.net")
    if verdict[WAYS.index(way)] == "+":
        t.accepted(run)
        return
    words, remedy = expected(words, remedy, verdict, way)
    t.failed(run, 69, words, "hint: ", "not sent, not queued")
    t.equal([s.mechanism for s in t.host.sessions], [""], "logins")
    if remedy == "paste":
        paste(t, run, lines if way != "other-pin" else lines[:1])
    else:
        t.match(run.stderr, remedy)


def servers(t, name, way):
    turn = list(VERDICTS).index(name) + WAYS.index(way)
    return SERVERS if t.context.full else [SERVERS[turn % len(SERVERS)]]


def test_self_signed_as_authority(t):
    """A server's own certificate may stand in tls_ca_file; its names and dates count as ever."""
    t.smarthost("tls: implicit", "cert: self-signed")
    t.config("host = localhost", f"tls_ca_file = {t.context.certificates.path('self-signed.pem')}")
    t.accepted(t.postbag("bob@example.net"))
    t.config("tls_name = other.example.com", f"tls_ca_file = {t.context.certificates.path('self-signed.pem')}")
    t.failed(t.postbag("bob@example.net"), 69, "not for other.example.com")


@cases(**{f"{name}-by-{way}": (name, way) for name in VERDICTS for way in WAYS if way != "store"})
def test_matrix(t, row):
    for server in servers(t, *row):
        play(t, *row, server)


@cases(*VERDICTS)
@private
def test_matrix_by_store(t, name):
    """The authority stands among those of the system."""
    replace_file(STORE, open(t.context.certificates.ca, encoding="ascii").read(), t.folder)
    for server in servers(t, name, "store"):
        play(t, name, "store", server)
