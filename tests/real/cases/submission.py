"""Success against Postfix: every mechanism, both kinds of TLS, and the octets that arrive."""

import re

from lab.client import Client
from lab.dovecot import MECHANISMS
from lab.suite import expect, expect_same

from . import messages


def cases(lab):
    for service in ("starttls", "tls"):
        for mechanism in MECHANISMS:
            yield f"submit {service} {mechanism}", _nasty, lab, service, {"auth": mechanism}
    yield "submit by the default mechanism", _nasty, lab, "starttls", {}
    yield "submit through the sendmail door", _sendmail_door, lab
    yield ("submit with the promised changes", _changed, lab, messages.UNTIDY,
           (b"Date", b"Message-ID"), messages.UNTIDY_HEADER, messages.UNTIDY_BODY)
    yield ("submit what was resent", _changed, lab, messages.RESENT,
           (b"Resent-Date", b"Resent-Message-ID"), messages.RESENT_HEADER, messages.RESENT_BODY)
    yield "submit one of two recipients", _partial, lab
    yield "submit over TLS 1.2", _nasty, lab, "tls", {"tls_priority": "NORMAL:-VERS-TLS1.3"}


def _nasty(lab, service, keys):
    box = lab.postfix.new_mailbox()
    result = Client(lab, service, **keys).send(messages.NASTY, box.address)
    _expect_silent_success(result)
    session = result.session
    expect_same(session.service, service, "service")
    expect_same(session.mechanism, keys.get("auth", "SCRAM-SHA-256"), "mechanism")
    wanted = "TLSv1.2" if "tls_priority" in keys else "TLSv1.3"
    expect_same(session.protocol, wanted, "protocol")
    expect_same(box.wait()[0], messages.NASTY, "message")


def _sendmail_door(lab):
    box = lab.postfix.new_mailbox()
    message = messages.NASTY.replace(b"To: Undisclosed: ;", f"To: {box.address}".encode())
    result = Client(lab, "starttls").run(["/usr/sbin/sendmail", "-t", "-i"], message)
    _expect_silent_success(result)
    expect_same(box.wait()[0], message, "message")


def _changed(lab, message, names, header, body):
    """All of `header` and `body` arrives, and one field of each of the names is added."""
    box = lab.postfix.new_mailbox()
    result = Client(lab, "tls").send(message, box.address)
    _expect_silent_success(result)
    got_header, _, got_body = box.wait()[0].partition(b"\n\n")
    got_header += b"\n"
    for name in names:
        field = re.compile(rb"^" + name + rb": .*\n(?:[ \t].*\n)*", re.MULTILINE | re.IGNORECASE)
        expect_same(len(field.findall(got_header)), 1, f"fields {name.decode()}")
        got_header = field.sub(b"", got_header)
    expect_same(got_header, header, "header")
    expect_same(got_body, body, "body")


def _partial(lab):
    box = lab.postfix.new_mailbox()
    result = Client(lab, "starttls").send(messages.NASTY, box.address, "nobody@lab.example")
    expect_same(result.exit, 67, "exit status")
    expect("nobody@lab.example: refused: 550 5.1.1" in result.err, "refusal not told", result)
    expect_same(result.session.commands.get("rcpt"), "1/2", "recipients at the server")
    expect_same(box.wait()[0], messages.NASTY, "message")


def _expect_silent_success(result):
    expect_same(result.exit, 0, f"exit status ({result.err.strip()})")
    expect(not result.out and not result.err, "output on success", f"{result.out!r}\n{result.err}")
