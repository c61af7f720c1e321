"""A library that is opened at run time is not there, or of no use: clear words, the status of a
required service that is missing, and what is in the queue stays there."""

import os
import subprocess

from harness import cases, Skip
from namespace import mount, private
from scenario_queue import BOB, kept

UMLAUT = "bob@b\u00fccher.example"
TLS_NEEDS = "TLS needs libgnutls.so.30, which cannot be opened ("


def spoil(t, soname):
    """In the mounts of this test only."""
    table = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    paths = {os.path.realpath(line.split(" => ")[1]) for line in table.splitlines() if line.split()[:1] == [soname]}
    if not paths:
        raise Skip(f"no {soname} here")
    empty = t.folder / soname
    empty.touch()
    for path in paths:
        mount("--bind", empty, path)


KEYS = {
    "crl": ["tls_crl_file = {ca}"],
    "pin": ["tls_pin = sha256:" + "ab" * 32],
    "fingerprint": ["-tls_ca_file", "tls_fingerprint = sha256:" + "ab" * 32],
    "certificate": ["tls_cert = {ca}"],
    "token": ["tls_cert = pkcs11:token=x"],
    "priority": ["tls_priority = NORMAL"],
    "insecure": ["tls_verify = insecure"],
}


def set_keys(t, keys):
    t.config(*[line.replace("{ca}", str(t.context.certificates.ca)) for line in keys])


@cases(*KEYS)
@private
def test_keys_of_tls(t, keys):
    """Nothing is called that is not there; over tls = off nothing is needed."""
    t.smarthost("tls: off")
    set_keys(t, KEYS[keys])
    spoil(t, "libgnutls.so.30")
    t.accepted(t.postbag(BOB))
    t.smarthost("tls: implicit")
    set_keys(t, KEYS[keys])
    t.failed(t.postbag(BOB), 69, TLS_NEEDS, "hint: install GnuTLS", "not sent, not queued")
    run = t.postbag("test")
    t.equal(run.status, 69)
    t.match(run.stderr, "needs libgnutls.so.30, which cannot be opened (")


@cases("CRAM-MD5", "SCRAM-SHA-256")
@private
def test_login(t, mech):
    """Without TLS it is the login that needs it."""
    t.smarthost("tls: off", f"auth: {mech}", "auth-clear: yes")
    t.config(f"auth = {mech}")
    spoil(t, "libgnutls.so.30")
    t.failed(t.postbag(BOB), 69, "the login needs libgnutls.so.30, which cannot be opened (")


@private
def test_queue(t):
    """A message in the queue waits until somebody has installed it."""
    t.smarthost("tls: starttls")
    t.config(more=("[queue]", f"dir = {t.folder}/spool", "mode = queue"))
    spoil(t, "libgnutls.so.30")
    t.equal(t.postbag(BOB).status, 0)
    run = t.postbag("queue", "run")
    t.equal((run.status, len(kept(t))), (75, 1))
    t.match(run.stderr, TLS_NEEDS)


@private
def test_domain(t):
    t.smarthost()
    spoil(t, "libidn2.so.0")
    run = t.postbag("-t", stdin=f"To: {UMLAUT}\nSubject: x\n\nx\n".encode())
    t.failed(run, 69, "a domain that is not ASCII needs libidn2.so.0", "hint: install libidn2")
    t.failed(t.postbag(UMLAUT), 69, "needs libidn2.so.0", "hint: install libidn2")
    t.failed(t.postbag("-f", UMLAUT, BOB), 69, "needs libidn2.so.0")
    t.accepted(t.postbag("bob@xn--bcher-kva.example"))
    lines = ("EHLO localhost", "MAIL FROM:<ann@example.org> SMTPUTF8", f"RCPT TO:<{UMLAUT}>", "QUIT")
    run = t.postbag("-bs", stdin="".join(line + "\r\n" for line in lines).encode())
    t.match(run.stdout, "451 4.3.5 ", "needs libidn2.so.0")
    for line in (f"from = {UMLAUT}", "maildomain = b\u00fccher.example"):
        t.config(line)
        t.failed(t.postbag(BOB), 69, "needs libidn2.so.0", "postbag.conf:")
