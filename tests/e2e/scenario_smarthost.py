"""The smarthost itself, checked by clients that are not ours: curl, smtplib, gsasl, openssl."""

import contextlib
import os
import smtplib
import ssl
import subprocess

from harness import Skip, cases
from smarthost.data import DataReader

TEXT = b"From: a@example.org\r\nSubject: x\r\n\r\n.dot\r\n..\r\nbye\r\n"
LOGIN = ("user@example.org", "pa55-word-never-shown")


def curl(t, *args, scheme="smtp"):
    message = t.folder / "message"
    message.write_bytes(TEXT)
    command = ["curl", "-sS", "--cacert", t.context.certificates.ca, "-T", str(message)]
    command += ["--mail-from", "a@example.org", "--mail-rcpt", "b@example.net", *args]
    url = f"{scheme}://localhost:{t.host.port}"
    return subprocess.run([*command, url], capture_output=True, check=False).returncode


@cases("PLAIN", "LOGIN")
def test_curl_starttls(t, mechanism):
    t.smarthost("tls: starttls", "auth: " + mechanism)
    t.equal(curl(t, "--ssl-reqd", "-u", ":".join(LOGIN)), 0)
    t.equal(t.message().data, TEXT)
    t.equal(t.sessions[0].mechanism, mechanism)
    t.equal(t.sessions[0].sni, "localhost")


@cases("good", "rsa", "chain")
def test_curl_implicit(t, cert):
    t.smarthost("tls: implicit", "cert: " + cert)
    t.equal(curl(t, scheme="smtps"), 0)
    t.equal(t.message().data, TEXT)


@cases(
    "wrong-name", "expired", "not-yet-valid", "unknown-ca", "self-signed", "missing-intermediate",
    "client-only", "weak", "wildcard",
)  # fmt: skip
def test_curl_refuses(t, cert):
    t.smarthost("tls: implicit", "cert: " + cert)
    t.true(curl(t, scheme="smtps") in (35, 60), "curl takes the bad certificate")
    t.equal(t.messages, [])


def test_curl_wrong_password(t):
    t.smarthost("tls: starttls", "auth: PLAIN")
    t.equal(curl(t, "--ssl-reqd", "-u", "user@example.org:wrong"), 67)


def test_smtplib(t):
    t.smarthost("tls: starttls", "auth: PLAIN", "on RCPT c@*: reply 550 5.1.1 No")
    context = ssl.create_default_context(cafile=t.context.certificates.ca)
    with smtplib.SMTP("localhost", t.host.port) as client:
        client.starttls(context=context)
        client.login(*LOGIN)
        refused = client.sendmail("a@example.org", ["b@example.net", "c@example.net"], TEXT)
    t.equal(refused, {"c@example.net": (550, b"5.1.1 No")})
    t.equal(t.message().data, TEXT)
    t.equal(t.message().to, ["b@example.net"])


def test_lmtp(t):
    t.smarthost("protocol: lmtp", f"listen: unix:{t.folder}/s", "on END d@*: reply 452 4.2.2 Full")
    with smtplib.LMTP(f"{t.folder}/s") as client:
        client.ehlo()
        for command in ("MAIL FROM:<a@example.org>", "RCPT TO:<b@example.net>",
                        "RCPT TO:<d@example.net>", "DATA"):  # fmt: skip
            client.docmd(command)
        client.sock.sendall(TEXT.replace(b"\n.", b"\n..") + b".\r\n")
        t.equal([client.getreply()[0], client.getreply()[0]], [250, 452])
    t.equal([r.reply[:3] for r in t.message().recipients], [b"250", b"452"])


@cases("SCRAM-SHA-1", "SCRAM-SHA-256", "PLAIN", "LOGIN")
def test_gsasl(t, mechanism):
    if not os.path.exists("/usr/bin/gsasl"):
        raise Skip("gsasl is not installed")
    t.smarthost("tls: off", "auth-clear: yes", "auth: " + mechanism)
    done = subprocess.run(
        ["gsasl", "--no-starttls", "--smtp", f"--connect=127.0.0.1:{t.host.port}",
         "-m", mechanism, "-a", LOGIN[0], "-z", "", "-p", LOGIN[1], "--quality-of-protection=qop-auth"],
        input=b"", capture_output=True, check=False,
    )  # fmt: skip
    t.equal(t.sessions[0].user, LOGIN[0], done.stderr.decode())


def test_openssl_tls12(t):
    t.smarthost("tls: starttls", "tls-max: 1.2")
    done = subprocess.run(
        ["openssl", "s_client", "-starttls", "smtp", "-brief", "-CAfile",
         t.context.certificates.ca, "-connect", f"127.0.0.1:{t.host.port}"],
        input=b"QUIT\r\n", capture_output=True, check=False,
    )  # fmt: skip
    t.match(done.stderr.decode(), "Verification: OK")
    t.equal(t.sessions[0].tls_version, "TLSv1.2")


def test_dialogue(t):
    t.smarthost("S: 220 hi", "C: ehlo *", "S: 250 hi", "C: mail FROM:<a@*", "!: reset")
    with contextlib.suppress(smtplib.SMTPServerDisconnected):
        smtplib.SMTP("127.0.0.1", t.host.port).sendmail("a@example.org", ["b@example.net"], TEXT)
    t.equal(t.sessions[0].end, "reset by the server")


@cases(1, 2, 3, 5, 7, 1000)
def test_end_of_data(t, step):
    """Only CRLF.CRLF, wherever it is cut."""
    text = b"..a\r\n\n.\n\r.\r\n\r\n..\r\n.b\r\n"
    whole = text + b".\r\nNOOP\r\n"
    reader, rest = DataReader(), None
    for i in range(0, len(whole), step):
        rest = reader.feed(whole[i : i + step])
        if rest is not None:
            rest += whole[i + step :]
            break
    t.equal((reader.raw, rest, reader.stuffed), (text, b"NOOP\r\n", 3))
    empty = DataReader()
    t.equal((empty.feed(b".\r\nQUIT"), empty.raw), (b"QUIT", b""))


def test_violations(t):
    """What no client may do is seen."""
    t.smarthost("ehlo: 8BITMIME")
    with smtplib.SMTP("127.0.0.1", t.host.port) as client:
        client.ehlo()
        client.sock.sendall(b"MAIL FROM:<a@example.org> SIZE=3\r\nRCPT TO:<b@example.net>\r\n")
        client.getreply()
        client.getreply()
        client.docmd("DATA")
        client.sock.sendall(b"a\rb\nc\0\xe9" + b"x" * 999 + b"\r\n.\r\nsmuggled\r\n")
        client.getreply()
        client.getreply()
    t.equal(len(t.host.violations), 9, f"number of {t.host.violations}")
    t.allow("")
