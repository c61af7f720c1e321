"""How each caller is told to send the letter, most of them by their standard input."""

import dataclasses
import glob
import os
from typing import Callable, Optional

from lab import users

_SUBJECT = "Grüße aus Köln"
_FROM = "alice@lab.example"
_PATCH = """\
From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001
From: Alice Example <alice@lab.example>
Date: Thu, 1 Jan 2026 12:00:00 +0100
Subject: [PATCH] from git
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit

"""
BODY = "Hello,\n.\n..dots\nFrom the start of a line\nüñï\n"


@dataclasses.dataclass(frozen=True)
class Caller:
    """One program: command(lab, to, bcc) sends the letter.

    group      packages it needs besides the core
    bcc        does it know of Bcc?
    sender     of its envelope; None where the program leaves that to postbag
    recipient  what it says of a refused recipient; login: of a refused login
    believes   it takes any failure for success, by itself
    at_once    it gives up at the first refused recipient"""

    name: str
    command: Callable
    group: Optional[str] = None
    bcc: bool = True
    sender: Optional[str] = _FROM
    subject: str = _SUBJECT
    note: Optional[str] = None
    recipient: str = "550 5.1.1"
    login: str = "535 5.7.8"
    believes: bool = False
    at_once: bool = False


def _php(script, *extra, settings=()):
    def command(lab, to, bcc):
        php = sorted(glob.glob("/usr/bin/php[0-9]*"))[-1]
        words = [word for setting in settings for word in ("-d", setting)]
        return [php, "-n", *words, os.path.join(lab.scripts, script), to, bcc, *extra]
    return command


def _with(*names):
    return tuple(f"extension={name}" for name in names)


def _symfony(command):
    return _php("symfony.php", command, settings=_with("ctype", "iconv", "mbstring", "intl"))


def _script(interpreter, script, *extra):
    def command(lab, to, bcc):
        return [*interpreter, os.path.join(lab.scripts, script), to, bcc, *extra]
    return command


def _git(lab, to, _, *more):
    patch = _file(lab, "0001-from-git.patch", _PATCH + BODY)
    return ["git", "send-email", "--quiet", "--confirm=never", "--suppress-cc=all",
            "--from=Alice Example <alice@lab.example>", f"--to={to}", *more, patch]


def _emacs(way):
    def command(lab, to, bcc):
        script = os.path.join(lab.scripts, "emacs.el")
        return ["emacs-nox", "--batch", "-Q", "-l", script, to, bcc, way,
                _file(lab, "letter.txt", BODY)]
    return command


def _file(lab, name, text):
    path = os.path.join(lab.folder, "home/alice", name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    users.own(path, "alice")
    return path


def _git_envelope(lab, to, _):
    return _git(lab, to, _, f"--envelope-sender={_FROM}")


def _s_nail(_, to, bcc):
    return ["s-nail", "-n", "-Ssendwait", "-Sttycharset=utf-8", "-Smime-encoding=8bit",
            "-r", _FROM, "-s", _SUBJECT, "-b", bcc, to]


def _mutt(_, to, bcc):
    return ["mutt", "-n", "-F", "/dev/null", "-e", "set copy=no send_charset=utf-8 allow_8bit=yes",
            "-e", f"set from={_FROM} use_envelope_from=yes", "-s", _SUBJECT, "-b", bcc, "--", to]


def _bsd_mailx(_, to, bcc):
    return ["bsd-mailx", "-n", "-r", _FROM, "-s", _SUBJECT, "-b", bcc, to]


def _mailutils(_, to, bcc):
    return ["mail.mailutils", "-n", "-r", _FROM, "-s", _SUBJECT, "-a", f"Bcc: {bcc}", to]


_PHP_MAIL = tuple(
    Caller(f"php mail() {ends}{how}", _php("php-mail.php", ends, *sender, settings=settings),
           sender=_FROM if sender else None, note="kept")
    for how, sender in (("", ()), (" -f", (_FROM,)))
    for ends, settings in (("crlf", ()), ("mixed", ()), ("lf", ("mail.mixed_lf_and_crlf=On",))))

CALLERS = _PHP_MAIL + (
    Caller("PHPMailer isMail", _php("phpmailer.php", "isMail", settings=_with("ctype")),
           group="phpmailer"),
    Caller("PHPMailer isSendmail", _php("phpmailer.php", "isSendmail", settings=_with("ctype")),
           group="phpmailer"),
    Caller("WordPress wp_mail", _php("wordpress.php", settings=_with("ctype")),
           group="wordpress", sender=None),
    Caller("Symfony Mailer -t", _symfony("/usr/sbin/sendmail -t -i"), group="symfony"),
    Caller("Symfony Mailer -bs", _symfony("/usr/sbin/sendmail -bs"), group="symfony", at_once=True),
    Caller("git send-email", _git, bcc=False, sender=None, subject="[PATCH] from git"),
    Caller("git send-email -f", _git_envelope, bcc=False, subject="[PATCH] from git"),
    Caller("s-nail", _s_nail),
    Caller("mutt", _mutt),
    Caller("bsd-mailx", _bsd_mailx, group="bsd-mailx"),
    Caller("GNU mailutils", _mailutils, group="mailutils", recipient="non-zero status",
           login="non-zero status"),
    Caller("Perl MIME::Lite", _script(["perl"], "mime-lite.pl"), group="mime-lite"),
    Caller("Perl Email::Sender", _script(["perl"], "email-sender.pl"), group="email-sender"),
    Caller("Ruby mail", _script(["ruby"], "mail.rb"), group="ruby",
           recipient="", login="", believes=True),
    Caller("nodemailer", _script(["node"], "nodemailer.js"), group="node",
           recipient="code 67", login="code 77"),
    Caller("Python", _script(["python3"], "letter.py"), sender=None),
    Caller("Emacs message.el", _emacs("message"), group="emacs",
           recipient="exit value 67", login="exit value 77"),
    Caller("Emacs sendmail.el", _emacs("mail"), group="emacs",
           recipient="exit value 67", login="exit value 77"),
)
