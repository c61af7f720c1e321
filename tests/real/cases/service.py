"""The service before a real server: callers of sendmail that have no configuration, no network, no
home and nothing to write to, and libraries that speak SMTP to its listener on loopback."""

import contextlib
import glob
import os
import socket
import subprocess
import tempfile
import time

from lab import users
from lab.client import CALLER, account_lines
from lab.suite import expect, expect_same

from . import commands

_SOCKET = "/run/postbag/submit"
_OWNER = "postbag"
_CONFINED = 'mount --make-rprivate / && mount -o remount,bind,ro / && exec "$@"'


def cases(lab):
    for ends in ("crlf", "lf"):
        yield f"service, php mail() {ends}, confined", _php, lab, ends
    yield "service, php mail() of an unknown recipient", _php_refused, lab
    yield "service, Symfony Mailer over loopback", _loopback, lab, "symfony", _symfony
    yield "service, nodemailer over loopback", _loopback, lab, "node", _nodemailer


def _php(lab, ends):
    with _service(lab):
        to, bcc = lab.postfix.new_mailbox(), lab.postfix.new_mailbox()
        done = _run(_php_mail(lab, to.address, bcc.address, ends), confined=True)
        expect_same((done.returncode, done.stderr), (0, b""), "php")
        expect(commands.BODY.encode()[:7] in to.wait()[0], "the text")
        expect_same(bcc.wait()[0], to.letters()[0].data, "the copy by Bcc")


def _php_refused(lab):
    with _service(lab):
        bcc = lab.postfix.new_mailbox()
        done = _run(_php_mail(lab, "nobody@lab.example", bcc.address, "lf"), confined=True)
        expect_same(done.returncode, 1, "exit status of php")
        expect(b"550 5.1.1" in done.stderr, f"the server's words: {done.stderr}")
        bcc.wait()


def _loopback(lab, group, command):
    lab.need(group)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with _service(lab, f"listen = 127.0.0.1:{port}\n"):
        to, bcc = lab.postfix.new_mailbox(), lab.postfix.new_mailbox()
        done = _run(command(lab, to.address, bcc.address, port))
        expect_same((done.returncode, done.stderr), (0, b""), "the library")
        expect_same(to.wait()[0], bcc.wait()[0], "the copy by Bcc")


def _php_mail(lab, to, bcc, ends):
    php = sorted(glob.glob("/usr/bin/php[0-9]*"))[-1]
    return [php, "-n", os.path.join(lab.scripts, "php-mail.php"), to, bcc, ends]


def _symfony(lab, to, bcc, port):
    php = sorted(glob.glob("/usr/bin/php[0-9]*"))[-1]
    words = [w for name in ("ctype", "iconv", "mbstring", "intl") for w in ("-d", f"extension={name}")]
    dsn = f"smtp://127.0.0.1:{port}?auto_tls=false"
    return [php, "-n", *words, os.path.join(lab.scripts, "symfony.php"), to, bcc, dsn]


def _nodemailer(lab, to, bcc, port):
    return ["node", os.path.join(lab.scripts, "nodemailer.js"), to, bcc, str(port)]


def _run(command, confined=False):
    """As a user who has nothing but what the machine gives everybody."""
    clean = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"}
    command = users.as_user(CALLER, command)
    if confined:
        command = ["unshare", "--net", "--mount", "sh", "-c", _CONFINED, "sh", *command]
    return subprocess.run(command, input=commands.BODY.encode(), env=clean, cwd="/",
                          capture_output=True, timeout=30, check=False)


@contextlib.contextmanager
def _service(lab, *lines):
    """Where every user looks for it, with a user, a secret and a queue of its own."""
    folder = tempfile.mkdtemp(dir=lab.disk)
    config = os.path.join(folder, "serve.conf")
    with open(config, "w", encoding="utf-8") as file:
        file.write("[account lab]\n" + account_lines(lab, "starttls")
                   + f"[queue]\ndir = {folder}/spool\n[log]\nsyslog = off\n[serve]\n" + "".join(lines))
    os.makedirs(os.path.dirname(_SOCKET), exist_ok=True)
    for path in (folder, config, os.path.dirname(_SOCKET)):
        users.own(path, _OWNER)
    os.chmod(config, 0o600)
    command = users.as_user(_OWNER, ["/usr/bin/postbag", "-C", config, "serve"])
    with subprocess.Popen(command, env={"PATH": "/usr/bin:/bin"}, stdin=subprocess.DEVNULL) as server:
        try:
            _await(server)
            yield
        finally:
            server.terminate()
    expect_same(server.returncode, 0, "the service's exit status")
    lab.postfix.log.session()  # its worker's, which is not the next case's


def _await(server):
    end = time.monotonic() + 20
    while not os.path.exists(_SOCKET):
        expect(server.poll() is None and time.monotonic() < end, "no service")
        time.sleep(0.02)
