"""Programs that call sendmail: success and refusal, seen from both ends."""

import glob
import os

from lab import users
from lab.client import Client
from lab.suite import Skipped, expect, expect_same

_BODY = "Hello,\n.\n..dots\nFrom the start of a line\nüñï\n"

_PHP = """
$text = str_replace("\\r", "", file_get_contents("php://stdin"));
$sent = mail($argv[1], "from php", $text, ["From" => "alice@lab.example", "X-Note" => "kept"],
             "-falice@lab.example");
exit($sent ? 0 : 1);
"""
_PATCH = """\
From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001
From: Alice Example <alice@lab.example>
Date: Thu, 1 Jan 2026 12:00:00 +0100
Subject: [PATCH] from git
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit

"""


def cases(lab):
    for name, call in (("php mail()", _php), ("git send-email", _git), ("s-nail", _s_nail),
                       ("mutt", _mutt)):
        yield f"caller {name}, success", _success, lab, call
        yield f"caller {name}, refused login", _refused_login, lab, call
        yield f"caller {name}, refused recipient", _refused_recipient, lab, call


def _success(lab, call):
    box = lab.postfix.new_mailbox()
    result = _submit(lab, call, box.address, "starttls")
    expect_same(result.exit, 0, f"exit status ({result.err.strip()})")
    header, _, body = box.wait()[0].partition(b"\n\n")
    for field in (b"Subject: ", b"From: ", b"Date: ", b"Message-ID: "):
        expect_same(_count(header, field), 1, f"fields {field.decode()}")
    expect(body.rstrip(b"\n").startswith(_BODY.encode().rstrip(b"\n")), "body", repr(body))


def _refused_login(lab, call):
    box = lab.postfix.new_mailbox()
    result = _submit(lab, call, box.address, "starttls", password="wrong")
    expect(result.exit != 0, "the caller believes it was sent", result)
    session = result.session
    expect_same(session.commands.get("auth"), "0/1", "logins at the server")
    expect(not session.saw("mail"), "MAIL after a refused login")
    expect_same(box.count(), 0, "messages in the mailbox")


def _refused_recipient(lab, call):
    result = _submit(lab, call, "nobody@lab.example", "tls")
    expect(result.exit != 0, "the caller believes it was sent", result)
    expect_same(result.session.commands.get("rcpt"), "0/1", "recipients at the server")


def _submit(lab, call, address, service, **keys):
    return Client(lab, service, **keys).run(call(lab, address), _BODY.encode())


def _count(header, field):
    lines = (b"\n" + header).lower()
    return lines.count(b"\n" + field.lower())


# How each of them is told to send what is on its standard input.


def _php(_, address):
    found = sorted(glob.glob("/usr/bin/php[0-9]*"))
    if not found:
        raise Skipped("no php")
    return [found[-1], "-n", "-r", _PHP, "--", address]


def _git(lab, address):
    patch = os.path.join(lab.folder, "home/alice/0001-from-git.patch")
    with open(patch, "w", encoding="utf-8") as file:
        file.write(_PATCH + _BODY)
    users.own(patch, "alice")
    return ["git", "send-email", "--quiet", "--confirm=never", "--suppress-cc=all",
            "--from=Alice Example <alice@lab.example>", f"--to={address}", patch]


def _s_nail(_, address):
    return ["s-nail", "-n", "-Ssendwait", "-Sttycharset=utf-8", "-Smime-encoding=8bit",
            "-r", "alice@lab.example", "-s", "from s-nail", address]


def _mutt(_, address):
    return ["mutt", "-n", "-F", "/dev/null", "-e", "set copy=no send_charset=utf-8 allow_8bit=yes",
            "-e", "set from=alice@lab.example use_envelope_from=yes",
            "-s", "from mutt", "--", address]
