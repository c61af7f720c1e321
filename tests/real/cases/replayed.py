"""Callers that are not run: their very words and octets, as their sources have them.

Each hands its mail to root, on a machine with nothing configured but the account's `from` and one
alias. What is not said below of the header must be gone through unchanged.
"""

import dataclasses
import email
import email.policy

from lab.client import Client
from lab.suite import expect, expect_same

_TEXT = "output üñï\n.\nFrom the start\nthe end"


@dataclasses.dataclass(frozen=True)
class _Replay:
    """argv after the program's name, and the header fields before an empty line and the text."""

    name: str
    argv: tuple
    header: str
    text: str = _TEXT


_MIME = "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n"

_REPLAYS = (
    _Replay("cron 3.0pl1", ("-FCronDaemon", "-i", "-B8BITMIME", "-oem", "root"),
            "From: root (Cron Daemon)\nTo: root\nSubject: Cron <joe@client> lösch\n"
            f"MIME-Version: 1.0\n{_MIME}X-Cron-Env: <SHELL=/bin/sh>\nX-Cron-Env: <HOME=/root>\n"),
    _Replay("cronie 1.7", ("-FCronDaemon", "-i", "-odi", "-oem", "-oi", "-t", "-f", "root"),
            'From: "(Cron Daemon)" <root>\nTo: root\nSubject: Cron <root@client> run\n'
            f"MIME-Version: 1.0\n{_MIME}Auto-Submitted: auto-generated\nPrecedence: bulk\n"
            "X-Cron-Env: <LANG=C.UTF-8>\n"),
    _Replay("systemd-cron 2", ("-i", "-B", "8BITMIME", "root"),
            "Date: Thu, 01 Jan 2026 12:00:00 +0000\nFrom: root (systemd-cron)\nTo: root\n"
            "Subject: [client] job cron-x.service failed\nMIME-Version: 1.0\n"
            "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: binary\n"
            "Auto-Submitted: auto-generated\n"),
    _Replay("cronie's anacron", ("-FAnacron", "-odi", "root"),
            "From: Anacron <root>\nTo: root\nContent-Type: text/plain; charset=UTF-8\n"
            "Subject: Anacron job 'cron.daily' on client\n"),
    _Replay("at 3.2", ("-i", "root"),
            "Subject: Output from your job        7\nTo: root\n"),
    _Replay("sudo", ("-t",),
            "To: root\nFrom: joe\nAuto-Submitted: auto-generated\n"
            f"Subject: *** SECURITY information for client ***\n{_MIME}"),
    _Replay("logwatch", ("-t",),
            "To: root\nFrom: Logwatch\nSubject: Logwatch for client (Linux)\nMIME-Version: 1.0\n"
            f"{_MIME}"),
    _Replay("fail2ban", ("-f", "fail2ban", "root"),
            "Subject: [Fail2Ban] sshd: banned\nDate: Thu, 01 Jan 2026 12:00:00 +0000\n"
            "From: Fail2Ban <fail2ban>\nTo: root\n"),
)


def cases(lab):
    for replay in _REPLAYS:
        yield f"replay {replay.name}, success", _success, lab, replay
        yield f"replay {replay.name}, refused", _refused, lab, replay


def _success(lab, replay):
    box = lab.postfix.new_mailbox()
    result = _run(lab, replay, box.address)
    expect_same(result.exit, 0, f"exit status ({result.err.strip()})")
    expect_same(result.out + result.err.encode(), b"", "output on success")
    letter = box.letters()[0]
    expect_same(letter.sender, box.address, "sender of the envelope")
    header, _, text = letter.data.partition(b"\n\n")
    expect_same(text.decode(), replay.text + "\n", "text")
    _expect_header(header.decode(), replay, box.address)


def _expect_header(header, replay, address):
    parsed = email.message_from_string(header + "\n\n", policy=email.policy.default)
    for name in ("From", "Date", "Message-ID", "To"):
        expect_same(len(parsed.get_all(name, [])), 1, f"fields {name}")
    expect_same([one.addr_spec for one in parsed["From"].addresses], [address], "From")
    lines = header.splitlines()
    for line in replay.header.splitlines():
        if not line.startswith(("From:", "To:")):
            expect(line in lines, f"lost: {line}", header)


def _refused(lab, replay):
    result = _run(lab, replay, "nobody@lab.example")
    expect_same(result.exit, 67, "exit status")
    expect("550 5.1.1" in result.err, "refusal not told", result)
    expect_same(result.session.refused, [("nobody@lab.example",) * 2], "refused envelope")


def _run(lab, replay, address):
    alias = f"[aliases]\ndefault = {address}\n"
    client = Client(lab, "starttls", more=alias, **{"from": address})
    message = f"{replay.header}\n{replay.text}".encode()
    return client.run(["/usr/sbin/sendmail", *replay.argv], message)
