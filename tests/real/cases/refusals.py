"""What must not be sent: each refusal with its status and remedy, no login, nothing delivered."""

from lab import proxy
from lab.client import Client
from lab.suite import expect, expect_same

from . import messages

# name, service, keys of the account, exit status, words that stderr must have
_CERTIFICATES = (
    ("unknown CA", "unknown", {}, 69, ("Unknown CA", "tls_ca_file")),
    ("wrong name", "wrong-name", {}, 69, ("other.example",)),
    ("expired certificate", "expired", {}, 69, ("2021",)),
    ("private CA without tls_ca_file", "", {"tls_ca_file": None}, 69, ("Lab CA", "tls_ca_file")),
)
_STRIPPED = (("stripped", proxy.without_starttls), ("masked", proxy.masked_starttls),
             ("taken back", proxy.refused_starttls))


def cases(lab):
    for mode in ("starttls", "tls"):
        for name, certificate, keys, status, words in _CERTIFICATES:
            service = f"{mode}-{certificate}" if certificate else mode
            yield f"refuse {name}, {mode}", _untrusted, lab, service, keys, status, words
        yield f"refuse wrong password, {mode}", _wrong_password, lab, mode
    for name, change in _STRIPPED:
        yield f"refuse {name} STARTTLS", _stripped, lab, change
    yield "refuse implicit TLS on a STARTTLS port", _mixed_up, lab, "starttls", "implicit"
    yield "refuse STARTTLS on an implicit TLS port", _mixed_up, lab, "tls", "starttls"
    yield "refuse unknown recipient", _unknown_recipient, lab


def _untrusted(lab, service, keys, status, words):
    box, result, session = _attempt(lab, Client(lab, service, **keys))
    _expect_refused(result, status, words)
    _expect_nothing_sent(box, session)
    expect(not session.saw("auth"), "AUTH was sent")


def _wrong_password(lab, service):
    box, result, session = _attempt(lab, Client(lab, service, password="wrong"))
    _expect_refused(result, 77, ("535 5.7.8",))
    _expect_nothing_sent(box, session)
    expect_same(session.commands["auth"], "0/1", "logins tried")


def _stripped(lab, change):
    middle = proxy.Proxy(lab.port("starttls"), change)
    box, result, session = _attempt(lab, Client(lab, "starttls", port=middle.port))
    said = middle.join()
    if change is proxy.refused_starttls:
        expect_same(result.exit, 75, f"exit status ({result.err.strip()})")
        expect("454 4.7.0" in result.err, "the server's reply not told", result)
    else:
        _expect_refused(result, 69, ("STARTTLS",))
    _expect_nothing_sent(box, session)
    expect(b"AUTH" not in said and b"MAIL" not in said, "went on in clear text", repr(said))


def _mixed_up(lab, service, mode):
    box, result, session = _attempt(lab, Client(lab, service, tls=mode, connect_timeout="3s"))
    expect(result.exit in (69, 75, 76), f"exit status {result.exit}", result)
    _expect_told(result, ("tls = starttls" if mode == "implicit" else "tls = implicit",))
    _expect_nothing_sent(box, session)


def _unknown_recipient(lab):
    result = Client(lab, "tls").send(messages.NASTY, "nobody@lab.example")
    expect_same(result.exit, 67, "exit status")
    expect("nobody@lab.example: refused: 550 5.1.1" in result.err, "refusal not told", result)
    expect(result.lines[-1].endswith("not sent, not queued"), "last line", result)
    data = result.session.commands.get("data")
    expect(data in (None, "0/1"), f"DATA accepted without a recipient: {data}")


def _attempt(lab, client):
    box = lab.postfix.new_mailbox()
    result = client.send(messages.NASTY, box.address)
    return box, result, result.session


def _expect_refused(result, status, words):
    expect_same(result.exit, status, f"exit status ({result.err.strip()})")
    _expect_told(result, words)


def _expect_told(result, words):
    for word in words:
        expect(word.lower() in result.err.lower(), f"stderr does not say {word}", result)
    expect(any(line.startswith("postbag: hint: ") for line in result.lines), "no remedy", result)
    expect(result.lines[-1] == "postbag: not sent, not queued", "last line", result)


def _expect_nothing_sent(box, session):
    expect(not session.saw("mail"), f"MAIL was sent: {session.commands}")
    expect_same(box.count(), 0, "messages in the mailbox")
