"""The embedded smarthost of the other tests, held against clients that know nothing of it."""

import os
import smtplib
import subprocess
import sys

from lab.postfix import Relay
from lab.suite import expect, expect_same

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
from smarthost import Script, Smarthost  # noqa: E402
from smarthost.certs import Certificates  # noqa: E402

_USER, _PASSWORD = "user@example.org", "pa55-word-never-shown"
_MESSAGE = (b"Date: Thu, 01 Jan 2026 12:00:00 +0100\nFrom: <alice@lab.example>\n"
            b"To: <bob@example.net>\nSubject: checked\nMessage-ID: <checked@lab.example>\n\n"
            b".\n..\n.dot\n\nFrom the start\ntrailing blanks  \n" + b"x" * 990 + b"\n.\n\n")
_WIRE = _MESSAGE.replace(b"\n", b"\r\n")


def cases(lab):
    for mode in ("starttls", "implicit"):
        for chunking in ("no", "yes"):
            yield (f"smarthost by Postfix, {mode}, chunking {chunking}", _postfix, lab, mode,
                   chunking)
        for mechanism in ("PLAIN", "LOGIN"):
            yield f"smarthost by curl, {mode}, {mechanism}", _curl, lab, mode, mechanism
    yield "smarthost by curl, refused recipient", _curl_refused, lab
    for certificate in ("wrong-name", "expired", "unknown-ca"):
        yield f"smarthost by curl, {certificate}", _curl_untrusted, lab, certificate


def _postfix(lab, mode, chunking):
    with _host(lab, f"tls: {mode}", "auth: PLAIN LOGIN", f"chunking: {chunking}") as host:
        relay = Relay(os.path.join(lab.folder, f"relay-{mode}-{chunking}"), "localhost", host.port,
                      mode == "implicit", ca=host.certificates.ca, user=_USER, password=_PASSWORD)
        relay.start()
        with smtplib.SMTP("127.0.0.1", relay.port) as client:
            client.sendmail("alice@lab.example", ["bob@example.net"], _WIRE)
        relay.log.wait("status=sent")
    # Postfix adds its Received in front.
    message = _one_message(host)
    expect(message.data.endswith(b"\r\n" + _WIRE), "message", repr(message.data))
    expect_same(message.to, ["bob@example.net"], "recipients")


def _curl(lab, mode, mechanism):
    with _host(lab, f"tls: {mode}", f"auth: {mechanism}") as host:
        done = _run_curl(lab, host, mode)
    expect_same(done.returncode, 0, f"exit status ({done.stderr.strip()})")
    message = _one_message(host)
    expect_same(message.data, _WIRE, "message")
    expect_same(host.sessions[0].mechanism, mechanism, "mechanism")


def _curl_refused(lab):
    with _host(lab, "tls: implicit", "auth: PLAIN", "on RCPT bob@*: reply 550 5.1.1 no") as host:
        done = _run_curl(lab, host, "implicit")
    expect_same(done.returncode, 55, f"exit status ({done.stderr.strip()})")
    expect_same(host.messages, [], "messages")


def _curl_untrusted(lab, certificate):
    with _host(lab, "tls: starttls", "auth: PLAIN", f"cert: {certificate}") as host:
        done = _run_curl(lab, host, "starttls")
    expect_same(done.returncode, 60, f"exit status ({done.stderr.strip()})")
    expect_same(host.messages, [], "messages")


def _run_curl(lab, host, mode):
    path = os.path.join(lab.folder, "checked.eml")
    with open(path, "wb") as file:
        file.write(_WIRE)
    scheme = "smtps" if mode == "implicit" else "smtp"
    return subprocess.run(["curl", "-sS", "-q", "--ssl-reqd", "--max-time", "20",
                           "--cacert", host.certificates.ca, "--user", f"{_USER}:{_PASSWORD}",
                           "--mail-from", "alice@lab.example", "--mail-rcpt", "bob@example.net",
                           "--upload-file", path,
                           f"{scheme}://localhost:{host.port}/client.lab.example"],
                          capture_output=True, text=True, check=False)


def _host(lab, *lines):
    """A context that serves; what it has seen outlives the block."""
    certificates = Certificates(os.path.join(lab.folder, "smarthost"))
    return Smarthost(Script(list(lines)), certificates)


def _one_message(host):
    # Postfix's SIZE is an estimate; postbag's must be exact, so the smarthost complains.
    violations = [v for v in host.violations if "SIZE=" not in v]
    expect_same(violations, [], "violations the smarthost saw")
    expect_same(len(host.messages), 1, "messages")
    return host.messages[0]
