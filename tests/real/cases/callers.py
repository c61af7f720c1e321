"""Programs that call sendmail: success and refusal, seen from both ends.

Every caller is told to send the same letter to two mailboxes, one of them by Bcc where it knows
of that. At the server the envelope, the header and the text must be the caller's; at the caller
the verdict must be the server's.
"""

import email
import email.policy

from lab.client import Client
from lab.suite import expect, expect_same

from . import commands

# Not what the callers use, so that theirs is told from postbag's.
_ACCOUNT = "account@lab.example"


def cases(lab):
    for caller in commands.CALLERS:
        yield f"caller {caller.name}, success", _success, lab, caller
        yield f"caller {caller.name}, refused login", _refused_login, lab, caller
        yield f"caller {caller.name}, refused recipient", _refused_recipient, lab, caller


def _success(lab, caller):
    to, bcc = lab.postfix.new_mailbox(), lab.postfix.new_mailbox()
    result = _submit(lab, caller, to.address, bcc.address, "starttls")
    expect_same(result.exit, 0, f"exit status ({result.err.strip()})")
    expect_same(result.err, "", "stderr")
    letter = to.letters()[0]
    expect_same(letter.sender, caller.sender or _ACCOUNT, "sender of the envelope")
    _expect_header(letter.data, caller, to.address)
    _expect_text(letter.data)
    if caller.bcc:
        expect_same(bcc.wait()[0], letter.data, "the copy by Bcc")
    expect_same(result.session.commands.get("rcpt"), "2" if caller.bcc else "1", "recipients")


def _expect_header(data, caller, address):
    header = _parse(data)
    for name in ("Subject", "From", "Date", "Message-ID", "To"):
        expect_same(len(header.get_all(name, [])), 1, f"fields {name}")
    expect_same(header.get_all("Bcc"), None, "field Bcc")
    expect_same(str(header["Subject"]), caller.subject, "Subject")
    expect_same([one.addr_spec for one in header["From"].addresses], ["alice@lab.example"], "From")
    expect_same([one.addr_spec for one in header["To"].addresses], [address], "To")
    expect_same(header["X-Note"], caller.note, "X-Note")


def _expect_text(data):
    got = _parse(data).get_payload(decode=True).replace(b"\r\n", b"\n").rstrip(b"\n")
    wanted = commands.BODY.encode().rstrip(b"\n")
    expect_same(got[:len(wanted)], wanted, "text")  # git and the like add a signature


def _parse(data):
    """Raw octets in fields are UTF-8, as the callers that send them mean it."""
    header, blank, text = data.partition(b"\n\n")
    parsed = email.message_from_string(header.decode("utf-8") + "\n\n", policy=email.policy.default)
    whole = email.message_from_bytes(header + blank + text)
    parsed.get_payload = whole.get_payload
    return parsed


def _refused_login(lab, caller):
    to, bcc = lab.postfix.new_mailbox(), lab.postfix.new_mailbox()
    result = _submit(lab, caller, to.address, bcc.address, "starttls", password="wrong")
    _expect_told(result, caller, caller.login)
    session = result.session
    expect_same(session.commands.get("auth"), "0/1", "logins at the server")
    expect(not session.saw("mail"), "MAIL after a refused login")
    expect_same(to.count() + bcc.count(), 0, "messages in the mailboxes")


def _refused_recipient(lab, caller):
    nobody, bcc = "nobody@lab.example", "nothing@lab.example"
    result = _submit(lab, caller, nobody, bcc, "tls")
    _expect_told(result, caller, caller.recipient)
    sender = caller.sender or _ACCOUNT
    wanted = [(sender, nobody)]
    if caller.bcc and not caller.at_once:
        wanted.append((sender, bcc))
    expect_same(sorted(result.session.refused), wanted, "refused envelope at the server")


def _expect_told(result, caller, words):
    """The caller knows that it failed, and why as far as it cares."""
    if caller.believes:
        expect_same(result.exit, 0, "the caller now sees failures; say so in the table")
    else:
        expect(result.exit != 0, "the caller believes it was sent", result)
    said = result.err + result.out.decode("utf-8", "replace")
    expect(words in said, f"the caller does not say: {words}", said)


def _submit(lab, caller, to, bcc, service, **keys):
    if caller.group:
        lab.need(caller.group)
    account = {"from": _ACCOUNT, **keys}
    return Client(lab, service, **account).run(caller.command(lab, to, bcc), commands.BODY.encode())
