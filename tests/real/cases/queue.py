"""The queue before a real server: mail that waits is sent once and in order, and what is refused
comes back to its sender."""

import email
import email.policy
import os
import tempfile

from lab.client import Client
from lab.suite import expect, expect_same

_COUNT = 20
_FLIGHTS = {"BDAT": {}, "DATA": {"chunking": "off"}, "lockstep": {"pipelining": "off"}}


def cases(lab):
    yield "queue, many over one connection", _many, lab
    for name, keys in _FLIGHTS.items():
        yield f"queue, some refused in a deep flight, {name}", _flight, lab, name, keys
    yield "queue, bounce of an unknown recipient", _bounce, lab
    yield "queue, refused login keeps all", _refused_login, lab
    yield "queue, mailq and sendmail -q", _doors, lab


class _Queue:
    """A client with a spool of its own."""

    def __init__(self, lab, service="tls", **keys):
        self.folder = os.path.join(tempfile.mkdtemp(dir=lab.disk), "spool")
        os.chmod(os.path.dirname(self.folder), 0o777)
        more = f"[queue]\nmode = queue\ndir = {self.folder}\n"
        self.client = Client(lab, service, more=more, **keys)

    def keep(self, text, *words):
        done = self.client.run(self._command(*words), text.encode(), session=False)
        expect_same((done.exit, done.out, done.err), (0, b"", ""), "submission")

    def run(self, *words):
        return self.client.run(self._command("queue", "run", *words), b"")

    def ask(self, *words, door="/usr/bin/postbag"):
        return self.client.run([door, *words], b"", session=False)

    def files(self, folder):
        path = os.path.join(self.folder, folder)
        return sorted(os.listdir(path)) if os.path.isdir(path) else []

    def _command(self, *words):
        return ["/usr/bin/postbag", *words]


def _many(lab):
    queue, box = _Queue(lab), lab.postfix.new_mailbox()
    for number in range(_COUNT):
        queue.keep(f"Subject: {number}\n\nOne of many.\n", box.address)
    done = queue.run()
    expect_same((done.exit, done.err), (0, ""), "the run")
    expect_same(done.session.commands["mail"], str(_COUNT), "MAIL in the one session")
    expect_same(done.session.commands["auth"], "1", "logins")
    letters = [email.message_from_bytes(data) for data in box.wait(_COUNT)]
    subjects = sorted(int(letter["Subject"]) for letter in letters)
    expect_same(subjects, list(range(_COUNT)), "subjects")
    expect_same(queue.files("new") + queue.files("defer"), [], "what is left")


def _flight(lab, name, keys):
    """Every fifth has nobody at the other end: the others' verdicts are their own."""
    queue, box = _Queue(lab, **keys), lab.postfix.new_mailbox()
    for number in range(3 * _COUNT):
        queue.keep(f"Subject: {number}\n\nOne of many.\n", "-f", "",
                   "nobody@lab.example" if number % 5 == 3 else box.address)
    done = queue.run()
    expect_same(done.exit, 0, f"the run ({done.err})")
    expect_same(done.session.commands["auth"], "1", "logins")
    expect_same("bdat" in done.session.commands, name != "DATA", "BDAT")
    letters = [email.message_from_bytes(data) for data in box.wait(3 * _COUNT * 4 // 5)]
    subjects = sorted(int(letter["Subject"]) for letter in letters)
    expect_same(subjects, [n for n in range(3 * _COUNT) if n % 5 != 3], "subjects")
    expect_same(queue.files("new") + queue.files("defer"), [], "what is left")
    expect_same(len(queue.files("failed")), 3 * _COUNT // 5, "refused, with nobody to tell")


def _bounce(lab):
    queue, box = _Queue(lab), lab.postfix.new_mailbox()
    queue.keep("Subject: for nobody\n\nLost text.\n", "-f", box.address, "nobody@lab.example",
               box.address)
    done = queue.run()
    expect_same(done.exit, 0, f"the run ({done.err})")
    while queue.files("new") or queue.files("defer"):
        queue.run()
    letters = box.letters(2)
    bounces = [letter for letter in letters if letter.sender == ""]
    expect_same(len(bounces), 1, "messages with the null sender")
    report = email.message_from_bytes(bounces[0].data, policy=email.policy.default)
    expect_same(report.get_content_type(), "multipart/report", "type")
    expect_same(report["Auto-Submitted"], "auto-replied", "Auto-Submitted")
    text, status, original = report.get_payload()
    expect("550 5.1.1" in text.get_content(), "the server's words are not in the text", text)
    fields = status.get_payload()[1]
    expect_same(fields["Final-Recipient"], "rfc822; nobody@lab.example", "Final-Recipient")
    expect_same((fields["Action"], fields["Status"]), ("failed", "5.1.1"), "Action, Status")
    returned = original.get_payload()[0]
    expect_same(returned["Subject"], "for nobody", "the subject that is returned")
    expect("Lost text." in returned.get_content(), "the text is not returned", returned)
    expect_same(queue.files("failed"), [], "failed/")


def _refused_login(lab):
    queue, box = _Queue(lab, password="wrong"), lab.postfix.new_mailbox()
    for _ in range(3):
        queue.keep("Subject: kept\n\nx\n", box.address)
    done = queue.run()
    expect_same(done.exit, 75, "exit status")
    expect_same(done.session.commands["auth"], "0/1", "logins tried")
    expect_same(len(queue.files("defer")), 3, "messages that are kept")
    health = queue.ask("queue", "check")
    expect_same(health.exit, 2, "queue check")
    expect(b"535" in health.out, "queue check does not say why", health.out)


def _doors(lab):
    queue, box = _Queue(lab), lab.postfix.new_mailbox()
    queue.keep("Subject: seen\n\nx\n", box.address)
    listed = queue.ask(door="/usr/bin/mailq")
    expect(box.address.encode() in listed.out, "mailq does not show it", listed.out)
    expect(listed.out.endswith(b"Kbytes in 1 Request.\n"), "mailq's last line", listed.out)
    done = queue.client.run(["/usr/sbin/sendmail", "-q"], b"")
    expect_same((done.exit, done.out, done.err), (0, b"", ""), "sendmail -q")
    box.wait()
    expect_same(queue.ask(door="/usr/bin/mailq").out, b"Mail queue is empty\n", "mailq")
