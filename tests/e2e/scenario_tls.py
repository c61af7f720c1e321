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


@cases("1.2", "1.3")
def test_stapled(t, version):
    """What the server brings of its authority is believed: that a certificate is in order, which
    some demand, and that it is revoked."""
    for cert, words in (("must-staple", ""), ("good", ""), ("revoked", "revoked")):
        t.smarthost("tls: implicit", f"cert: {cert}", "tls-library: gnutls", "staple: yes",
                    "tls-max: " + version)  # fmt: skip
        run = t.postbag("bob@example.net")
        if words:
            t.failed(run, 69, words, "hint: ")
        else:
            t.accepted(run)


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


@cases(
    dot=("localhost.", "localhost", "good"),
    idn=("münchen.example.net", "xn--mnchen-3ya.example.net", "idn"),
    idn_written_out=("xn--mnchen-3ya.example.net", "xn--mnchen-3ya.example.net", "idn"),
    capitals=("MAIL.Example.NET", "mail.example.net", "good"),
    address=("127.0.0.1", "", "address"),
    address_6=("::1", "", "good"),
)
def test_name_forms(t, row):
    """tls_name in whatever form: what is verified, and what is asked for. Addresses are not."""
    name, sni, cert = row
    for library in ("openssl", "gnutls"):
        t.smarthost("tls: implicit", f"cert: {cert}", f"tls-library: {library}")
        t.config(f"tls_name = {name}")
        t.accepted(t.postbag("bob@example.net"))
        t.equal([s.sni.lower() for s in t.host.finish()], [sni])


@cases("idn", "address", "address_6")
def test_name_forms_refused(t, kind):
    name = {"idn": "münster.example.net", "address": "127.0.0.2", "address_6": "::2"}[kind]
    t.smarthost("tls: implicit")
    t.config(f"tls_name = {name}")
    t.failed(t.postbag("bob@example.net"), 69, "not for", "tls_name")


@cases("1.2", "1.3")
def test_resumption(t, version):
    """Every session begins anew: in one that is resumed nobody would look at the certificate."""
    t.smarthost("tls: implicit", "tls-max: " + version)
    for _ in range(2):
        t.accepted(t.postbag("bob@example.net"))
    t.equal([s.tls_resumed for s in t.sessions], [False, False])


def test_priority(t):
    """tls_priority is in place of tls_min and of the size of keys, and `check` says so."""
    t.smarthost("tls: implicit", "cert: weak")
    t.config("tls_priority = NORMAL", "tls_min = 1.3")
    t.accepted(t.postbag("bob@example.net"))
    t.match(t.postbag("check").stdout, "note: tls_priority stands in place of tls_min")
    t.config("tls_priority = NORMAL:%PROFILE_MEDIUM")
    t.failed(t.postbag("bob@example.net"), 69, "too weak")
    t.config("tls_priority = NORMAL:+NONSENSE")
    t.failed(t.postbag("bob@example.net"), 78, "tls_priority", "+NONSENSE", "gnutls-cli --list")


def test_one_pin(t):
    t.smarthost("tls: implicit")
    pin, other = "sha256:" + 64 * "0", "sha256:" + 64 * "1"
    t.config(f"tls_pin = {pin}")
    t.match(t.postbag("check").stdout, "note: tls_pin names no backup")
    t.match(t.postbag("test").stdout, "tls_pin names no backup")
    t.config(f"tls_pin = {pin}, {other}")
    t.lacks(t.postbag("check").stdout, "tls_pin names no backup")


@cases(
    soon=("client-soon", "tls_cert runs out in 5 days"),
    expired=("client-expired", "tls_cert ran out "),
    good=("client", None),
)
def test_own_certificate_runs_out(t, row):
    name, words = row
    t.smarthost("tls: implicit", "client-cert: wanted" if name == "client" else "client-cert: no")
    path = t.context.certificates.path
    t.config(f"tls_cert = {path(name + '.pem')}", f"tls_key = {path(name + '.key')}")
    for command in ("check", "test"):
        run = t.postbag(command)
        t.equal(run.status, 0, f"status of {command}")
        if words:
            t.match(run.stdout, words, command)
        else:
            t.lacks(run.stdout, "tls_cert r", command)


def test_own_certificate_unusable(t):
    """A key of another certificate: found before anything is sent."""
    t.smarthost("tls: implicit")
    path = t.context.certificates.path
    t.config(f"tls_cert = {path('client.pem')}", f"tls_key = {path('good.key')}")
    t.failed(t.postbag("check"), 78, "account test: tls_cert")
    t.equal(t.postbag("test").status, 78)


@cases("ca", "pin", "pins", "fingerprint")
def test_server_certificate_runs_out(t, way):
    """In time, and also that the one pin may go with it."""
    t.smarthost("tls: implicit", "cert: soon")
    pins = subprocess.run(
        ["sh", "-c", 'openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r',
         "sh", t.context.certificates.path("soon.pem")], capture_output=True, text=True, check=True)  # fmt: skip
    pin = pins.stdout[:64]
    t.config(*{
        "ca": [], "pin": [f"tls_pin = sha256:{pin}"], "pins": [f"tls_pin = sha256:{pin}, sha256:{64 * '0'}"],
        "fingerprint": [f"tls_fingerprint = spki:{pin}"],
    }[way])  # fmt: skip
    run = t.postbag("test")
    t.equal(run.status, 0, "status")
    t.match(run.stdout, "it runs out in 5 days: the server's operator has to renew it")
    alone = {"pin": "tls_pin names this one alone", "fingerprint": "tls_fingerprint names this one alone"}
    if way in alone:
        t.match(run.stdout, alone[way])
    else:
        t.lacks(run.stdout, "names this one alone")
