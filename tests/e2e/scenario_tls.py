"""TLS: required, verified, never fallen back from."""

import os
import subprocess

from harness import cases

REFUSED = {
    "wrong-name": (69, "other.example.com"),
    "expired": (69, "expired"),
    "not-yet-valid": (69, "not valid before"),
    "unknown-ca": (69, "Throwaway stranger"),
    "self-signed": (69, "self-signed"),
    "missing-intermediate": (69, "intermediate"),
    "client-only": (69, "not meant for servers"),
    "weak": (69, ""),
    "no-san": (69, ""),
}


@cases("starttls", "implicit")
def test_good(t, mode):
    t.smarthost("tls: " + mode)
    t.accepted(t.postbag("bob@example.net"))
    t.equal((t.sessions[0].tls_version, t.sessions[0].sni), ("TLSv1.3", ""))
    t.equal(len(t.messages), 1)


@cases("rsa", "chain")
def test_good_chains(t, cert):
    t.smarthost("tls: implicit", "cert: " + cert)
    t.accepted(t.postbag("bob@example.net"))


def test_names(t):
    """The name asked for is the host's; tls_name takes its place."""
    t.smarthost("tls: implicit")
    t.config("host = localhost")
    t.accepted(t.postbag("bob@example.net"))
    t.config("tls_name = mail.example.net")
    t.accepted(t.postbag("bob@example.net"))
    t.equal([s.sni for s in t.sessions if s.sni], ["localhost", "mail.example.net"])


@cases(**{f"{cert}-{mode}": (cert, mode) for cert in REFUSED for mode in ("starttls", "implicit")})
def test_refused(t, row):
    """Refused with the cause, before any login."""
    cert, mode = row
    status, word = REFUSED[cert]
    t.smarthost("tls: " + mode, "cert: " + cert, "auth: PLAIN")
    run = t.postbag("bob@example.net")
    t.failed(run, status, word, "hint: ", "not sent, not queued")
    t.equal([s.mechanism for s in t.sessions], [""])
    t.nothing_sent()


@cases("starttls", "implicit")
def test_revoked(t, mode):
    """A certificate in the revocation list is refused, another one is not."""
    t.smarthost("tls: " + mode, "cert: revoked", "auth: PLAIN")
    t.config(f"tls_crl_file = {t.context.certificates.revocations}")
    t.failed(t.postbag("bob@example.net"), 69, "revoked", "hint: ", "not sent, not queued")
    t.smarthost("tls: " + mode, "auth: PLAIN")
    t.config(f"tls_crl_file = {t.context.certificates.revocations}")
    t.accepted(t.postbag("bob@example.net"))


def test_revocation_list_out_of_date(t):
    t.smarthost("tls: implicit")
    t.config(f"tls_crl_file = {t.context.certificates.old_revocations}")
    t.failed(t.postbag("bob@example.net"), 69, "revocation list", "hint: ")


@cases("missing", "certificate", "fifo")
def test_no_revocation_list(t, kind):
    """Not a silent way to do without."""
    t.smarthost("tls: implicit")
    path = t.folder / "crl"
    if kind == "certificate":
        path = t.context.certificates.ca
    elif kind == "fifo":
        os.mkfifo(path)
    t.config(f"tls_crl_file = {path}")
    t.failed(t.postbag("bob@example.net"), 78, "tls_crl_file")


def test_insecure(t):
    """The word insecure takes any certificate."""
    t.smarthost("tls: starttls", "cert: self-signed")
    t.config("tls_verify = insecure")
    t.accepted(t.postbag("bob@example.net"))
    t.config("tls_verify = no")
    t.failed(t.postbag("bob@example.net"), 78, "insecure")


def test_system_trust(t):
    """Without tls_ca_file the system's store is used, and does not know our CA."""
    t.smarthost("tls: implicit")
    t.config("-tls_ca_file")
    t.failed(t.postbag("bob@example.net"), 69)


@cases("1.0", "1.1")
def test_old_versions(t, version):
    """Refused by default; tls_min lets one in, by name."""
    t.smarthost("tls: implicit", "tls-min: 1.0", "tls-max: " + version)
    t.failed(t.postbag("bob@example.net"), 76)


def test_tls12(t):
    t.smarthost("tls: starttls", "tls-max: 1.2")
    t.accepted(t.postbag("bob@example.net"))
    t.config("tls_min = 1.3")
    t.failed(t.postbag("bob@example.net"), 76)


def test_starttls_against_implicit(t):
    """A port that waits for a handshake: the remedy names the other mode."""
    t.smarthost("tls: implicit")
    t.config("tls = starttls", "timeout = 2")
    t.failed(t.postbag("bob@example.net"), 75, "implicit")


def test_fingerprints(t):
    """The right one is enough for a self-signed certificate; a wrong one is refused."""
    t.smarthost("tls: implicit", "cert: self-signed")
    out = subprocess.run(["openssl", "x509", "-in", t.context.certificates.path("self-signed.pem"),
                          "-noout", "-fingerprint", "-sha256"], capture_output=True, text=True, check=True)  # fmt: skip
    fingerprint = out.stdout.strip().partition("=")[2].replace(":", "").lower()
    t.config("tls_fingerprint = sha256:" + fingerprint)
    t.accepted(t.postbag("bob@example.net"))
    wrong = fingerprint[:-2] + ("00" if fingerprint[-2:] != "00" else "11")
    t.config("tls_fingerprint = sha256:" + wrong)
    t.failed(t.postbag("bob@example.net"), 69, "tls_fingerprint", "hint: ")


def test_client_certificate(t):
    t.smarthost("tls: implicit", "client-cert: required")
    certs = t.context.certificates
    t.config("tls_cert = " + certs.path("client.pem"), "tls_key = " + certs.path("client.key"))
    t.accepted(t.postbag("bob@example.net"))
    t.equal(len(t.messages), 1)


def test_truncation(t):
    """FIN without close_notify behind the end of data is the ambiguous end; behind 250 nothing."""
    t.smarthost("tls: implicit", "on 1/END: cut", "on 2/QUIT: cut")
    t.failed(t.postbag("bob@example.net"), 75, "may have been delivered")
    t.accepted(t.postbag("bob@example.net"))


def test_stripped_starttls(t):
    """Somebody has taken STARTTLS out of the reply: nothing is sent, no login tried."""
    t.smarthost("tls: starttls", "auth: PLAIN", "auth-clear: yes", "ehlo-drop: STARTTLS")
    t.failed(t.postbag("bob@example.net"), 69, "STARTTLS")
    t.lacks(t.sessions[0].clear, b"AUTH")
    t.nothing_sent()
