"""cron and at: a job's output arrives, or syslog knows why not."""

import email
import email.policy
import os
import re

from lab import users
from lab.client import Client, account_lines
from lab.daemons import Atd, Cron
from lab.suite import expect, expect_same
from lab.syslog import Syslog

_README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../README")
_RECIPE = re.compile(r"^  \[account example\]\n  \.\.\.\n(?:(?:  .*)?\n)+", re.MULTILINE)
_JOB = "printf 'üñï\\n.\\nFrom the start of a line\\nthe end'; exit 3"
_OUTPUT = "üñï\n.\nFrom the start of a line\nthe end\n"
_SYSTEM = "/etc/postbag.conf"


def cases(lab):
    syslog = Syslog()
    yield "scheduler cron by the README's recipe", _recipe, lab, syslog
    yield "scheduler cron by the README's recipe, refused", _recipe_refused, lab, syslog
    yield "scheduler cron for a user with MAILTO and MAILFROM", _user, lab, syslog
    yield "scheduler systemd-cron", _systemd_cron, lab
    yield "scheduler systemd-cron, refused", _systemd_cron_refused, lab
    yield "scheduler at", _at, lab, syslog
    yield "scheduler at, refused", _at_refused, lab, syslog


def _recipe(lab, syslog):
    lab.need("cron")
    box = lab.postfix.new_mailbox()
    _write_recipe(lab, box.address)
    letter, mark = _run_cron(lab, syslog, box, "root")
    expect_same(letter.sender, box.address, "sender of the envelope")
    header = email.message_from_bytes(letter.data, policy=email.policy.default)
    _expect_sendable(header, box.address)
    name = header["From"].addresses[0].display_name
    expect("Cron Daemon" in name and "root" in name, f"name in From: {name}")
    expect(header["Subject"].startswith(f"Cron <root@client> {_JOB}"), header["Subject"])
    expect("<SHELL=/bin/sh>" in header.get_all("X-Cron-Env"), "X-Cron-Env", letter.data)
    expect_same(_text(header), _OUTPUT, "text")
    _expect_content(syslog.lines(mark))


def _recipe_refused(lab, syslog):
    lab.need("cron")
    _write_recipe(lab, "nobody@lab.example")
    mark = syslog.mark()
    with Cron("root", _JOB):
        syslog.wait(mark, r"mailed \d+ bytes? of output but got status 0x0043 from MTA")
    syslog.wait(mark, r"sendmail.*nobody@lab\.example.*550 5\.1\.1")
    expect_same(lab.postfix.log.session().refused, [("nobody@lab.example",) * 2],
                "refused envelope at the server")


def _user(lab, syslog):
    """Without HOME in cron's own environment the user's configuration is found all the same."""
    lab.need("cron")
    first, second = lab.postfix.new_mailbox(), lab.postfix.new_mailbox()
    _write_own(lab)
    try:
        lines = f"MAILTO={first.address},{second.address}\nMAILFROM=jobs@lab.example\n"
        letter, mark = _run_cron(lab, syslog, first, "alice", lines)
    finally:
        os.unlink(_own(lab))
    expect_same(letter.sender, "account@lab.example", "sender of the envelope")
    expect_same(second.wait()[0], letter.data, "the second recipient's message")
    header = email.message_from_bytes(letter.data, policy=email.policy.default)
    _expect_sendable(header, "jobs@lab.example")
    expect_same(_text(header), _OUTPUT, "text")
    _expect_content(syslog.lines(mark))


def _run_cron(lab, syslog, box, user, lines=""):
    mark = syslog.mark()
    with Cron(user, _JOB, lines):
        letter = box.letters()[0]
        syslog.wait(mark, r"CRON\[\d+\]: \(\w+\) END")
    syslog.wait(mark, "failed with exit status 3")
    lab.postfix.log.session()
    return letter, mark


def _systemd_cron(lab):
    box = lab.postfix.new_mailbox()
    result = _report_failure(lab, box.address)
    expect_same(result.exit, 0, f"exit status ({result.err.strip()})")
    expect("sendmail" not in result.err, "output on success", result)
    letter = box.letters()[0]
    expect_same(letter.sender, box.address, "sender of the envelope")
    header = email.message_from_bytes(letter.data, policy=email.policy.default)
    _expect_sendable(header, box.address)
    expect_same(header["Subject"], "[client] job cron-x.service failed", "Subject")
    expect_same(_text(header), "output üñï\n.\nFrom the start\nthe end", "text")


def _systemd_cron_refused(lab):
    """It does not look at the status; the journal has what sendmail says."""
    result = _report_failure(lab, "nobody@lab.example")
    expect("550 5.1.1" in result.err, "refusal not told", result)
    expect_same(result.session.refused, [("nobody@lab.example",) * 2], "refused envelope")


def _report_failure(lab, address):
    """Its own script, for a job whose output systemctl knows."""
    lab.need("systemd-cron")
    alias = f"[aliases]\ndefault = {address}\n"
    client = Client(lab, "starttls", more=alias, **{"from": address})
    path = f"PATH={lab.scripts}:/usr/sbin:/usr/bin:/sbin:/bin"
    script = "/usr/lib/systemd-cron/mail_on_failure"
    return client.run(["env", path, script, "cron-x.service"], b"")


def _at(lab, syslog):
    lab.need("at")
    box = lab.postfix.new_mailbox()
    _write_recipe(lab, box.address)
    mark = syslog.mark()
    with Atd() as atd:
        atd.at(_JOB)
        letter = box.letters()[0]
        lab.postfix.log.session()
    expect_same(letter.sender, box.address, "sender of the envelope")
    header = email.message_from_bytes(letter.data, policy=email.policy.default)
    _expect_sendable(header, box.address)
    expect(header["Subject"].startswith("Output from your job "), "Subject", header["Subject"])
    got = letter.data.partition(b"\n\n")[2].decode()
    expect_same(got, _OUTPUT, "text")


def _at_refused(lab, syslog):
    """atd sees no status: syslog is all there is."""
    lab.need("at")
    _write_recipe(lab, "nobody@lab.example")
    mark = syslog.mark()
    with Atd() as atd:
        atd.at(_JOB)
        syslog.wait(mark, r"sendmail.*nobody@lab\.example.*550 5\.1\.1")
    expect_same(lab.postfix.log.session().refused, [("nobody@lab.example",) * 2],
                "refused envelope at the server")


def _expect_sendable(header, address):
    """What Gmail and its like want of a message: one sender, which is the account's."""
    for name in ("From", "Date", "Message-ID", "To", "Subject"):
        expect_same(len(header.get_all(name, [])), 1, f"fields {name}")
    addresses = header["From"].addresses
    expect_same([one.addr_spec for one in addresses], [address], "From")
    expect(header["Date"].datetime is not None, "Date", header["Date"])
    expect(re.fullmatch(r"<[^<>@\s]+@[^<>@\s]+\.[^<>@\s]+>", header["Message-ID"]), "Message-ID",
           header["Message-ID"])
    for one in header["To"].addresses:
        expect("." in one.domain, f"To: {header['To']}")


def _expect_content(lines):
    """cron has no complaint."""
    for line in lines:
        expect("from MTA" not in line, "cron believes it was not sent", line)


def _text(header):
    return header.get_payload(decode=True).decode()


def _write_recipe(lab, address):
    """The README's configuration, its dots filled in, for this address."""
    with open(_README, encoding="utf-8") as readme:
        found = _RECIPE.search(readme.read())
    expect(found, "the README has no recipe for cron")
    recipe = re.sub("^  ", "", found[0], flags=re.MULTILINE).replace("you@example.com", address)
    account = account_lines(lab, "starttls", **{"from": None})
    _write(_SYSTEM, recipe.replace("...\n", account))


def _own(lab):
    return os.path.join(lab.folder, "home/alice/.config/postbag/config")


def _write_own(lab):
    path = _own(lab)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    keys = {"from": "account@lab.example"}
    _write(path, "[account own]\n" + account_lines(lab, "tls", **keys))
    users.own(path, "alice")


def _write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o600)
