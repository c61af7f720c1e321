"""What a hostile caller, server or system may do, and what must come out all the same."""

import base64
import os
import resource
import signal
import socket
import subprocess

from harness import Failure, MESSAGE, Skip, cases, full, until
from namespace import LIBC, mount, private

CLONE_NEWUTS = 0x04000000

# The verdict.


def test_221_accepts_nothing(t):
    """The message was swallowed, and only the QUIT that rode along is answered."""
    t.smarthost("on END: silent")
    t.allow("221")
    run = t.postbag("bob@example.net")
    t.failed(run, 75, "may have been delivered")


@cases("ALRM", "HUP", "INT", "IO", "PROF", "QUIT", "TERM", "USR1", "USR2", "VTALRM", "XCPU")
def test_signal_behind_the_end(t, name):
    """No signal that can be caught takes the verdict away."""
    t.smarthost("on END: wait 1 | default")
    process = t.start("postbag", "bob@example.net")
    process.write(MESSAGE)
    process.popen.stdin.close()
    process.popen.stdin = None
    until(lambda: any(m.data for s in t.host.sessions for m in s.messages), "the message")
    process.signal(getattr(signal, "SIG" + name))
    t.accepted(process.finish())


def limit(kind, size):
    return lambda: resource.setrlimit(kind, (size, size))


@cases("log", "json")
def test_file_size_limit(t, where):
    """RLIMIT_FSIZE (ulimit -f): what cannot be written does not change the verdict."""
    t.smarthost()
    target = t.folder / "target"
    target.write_bytes(b"x" * 5000)
    if where == "log":
        t.config(log=["syslog = off", f"file = {target}"])
        t.accepted(t.postbag("bob@example.net", preexec_fn=limit(resource.RLIMIT_FSIZE, 4096)))
        return
    with open(target, "ab") as out:
        popen = subprocess.Popen(
            [t.door("postbag"), "--json", "bob@example.net"], stdin=subprocess.PIPE, stdout=out,
            stderr=subprocess.PIPE, env=t.environment({}), cwd=t.folder,
            preexec_fn=limit(resource.RLIMIT_FSIZE, 4096),
        )  # fmt: skip
        popen.communicate(MESSAGE, 30)
    t.equal(popen.returncode, 0, "status")
    t.message()


@full
def test_memory_behind_the_end(t):
    """When all is accepted, a lack of memory is not told as "not sent"."""
    if t.context.sanitized:
        raise Skip("a sanitizer needs its own address space")
    names = b",\n ".join(b"r%06d-%s@example.net" % (i, b"x" * 40) for i in range(5000))
    message = b"From: ann@example.org\nBcc: " + names + b"\n\nHello\n"
    for size in range(14, 30):
        host = t.smarthost("keep: no")
        t.config(log=["syslog = off", f"file = {t.folder}/log", "format = json"])
        run = t.postbag(
            "--json", "-t", stdin=message, preexec_fn=limit(resource.RLIMIT_AS, size << 20)
        )
        host.finish()
        taken = sum(len(m.to) for m in host.messages)
        if taken == 5000 and run.status and "may have been delivered" not in run.stderr:
            raise Failure(f"{size} MiB: all were accepted, but status {run.status}: {run.stderr}")


def fill(path, kind):
    """Calls a socket until nothing more goes in; what is returned keeps it so."""
    callers = [socket.socket(socket.AF_UNIX, kind) for _ in range(4)]
    for caller in callers:
        caller.setblocking(False)
        if caller.connect_ex(path) or kind == socket.SOCK_STREAM:
            continue
        try:
            while caller.send(b"x"):
                pass
        except BlockingIOError:
            pass
    return callers


@cases(dgram=socket.SOCK_DGRAM, stream=socket.SOCK_STREAM)
@private
def test_syslog_that_does_not_read(t, kind):
    """A log daemon that hangs keeps nobody from learning the verdict."""
    dev = t.folder / "dev"
    dev.mkdir()
    for name in ("null", "urandom", "random", "zero"):
        (dev / name).touch()
        mount("--bind", f"/dev/{name}", dev / name)
    with socket.socket(socket.AF_UNIX, kind) as sock:
        sock.bind(str(dev / "log"))
        if kind == socket.SOCK_STREAM:
            sock.listen(0)
        mount("--rbind", dev, "/dev")
        callers = fill("/dev/log", kind)
        t.smarthost()
        t.config(log=())
        t.accepted(t.postbag("bob@example.net", timeout=5))
        t.true(callers, "the callers have stayed")


# Secrets.


@cases("AUTH", "RESPONSE")
def test_login_line_repeated(t, stage):
    """Servers repeat the line that they do not understand."""
    pair = base64.b64encode(b"\0user@example.org\0pa55-word-never-shown").decode()
    word = base64.b64encode(b"pa55-word-never-shown").decode()
    log = t.folder / "log"
    mechanism, line = ("PLAIN", f"AUTH PLAIN {pair}") if stage == "AUTH" else ("LOGIN", word)
    t.smarthost("tls: starttls", f"auth: {mechanism}", f"on {stage}: reply 501 5.5.2 Unknown: {line}")
    t.config(log=["syslog = off", f"file = {log}"])
    run = t.postbag("-v", "bob@example.net")
    t.check_secrets(log.read_text())
    t.equal(run.stdout, "", "stdout")


def test_keys_are_not_logged(t):
    """A caller's environment cannot have the session's keys written down."""
    path = t.folder / "keys"
    t.smarthost("tls: implicit", "auth: PLAIN")
    t.config()
    t.accepted(t.postbag("bob@example.net", env={"SSLKEYLOGFILE": str(path)}))
    t.true(not path.exists(), "the keys stand in a file")


# The sendmail door runs web input.

SWALLOWED = (
    "-X{f}", "-X {f}", "-OQueueDirectory=/tmp -X{f}", "-D{f}", "-D {f}", "-d0-99.1 -D {f}",
    "-oQ/tmp -X{f}", "-tX{f}", "-iX {f}", "-f x@example.org -X{f}", "-t -- -X{f}@example.net",
)  # fmt: skip
REFUSED = {
    "-C{c}": 78, "-C {c}": 78, "-tC{c}": 78, "-iC {c}": 78, "-C/proc/self/cmdline": 78,
    "-C/dev/stdin": 78, "-C/dev/zero": 78, "--config={c}": 64, "--set password_command=id": 64,
    "--file /etc/passwd": 64, "--json": 64, "-be": 64, "-bd": 64, "bob@example.net -X{f}": 64,
}  # fmt: skip


@cases(*SWALLOWED)
def test_web_input_swallowed(t, row):
    t.smarthost()
    target = t.folder / "target.php"
    run = t.sendmail("-t", "-i", *row.format(f=target, c="").split())
    t.accepted(run)
    t.true(not target.exists(), "a file was written")


@cases(*REFUSED)
def test_web_input_refused(t, row):
    t.smarthost()
    target = t.folder / "target.php"
    evil = t.folder / "evil.conf"
    evil.write_text(f"[account e]\nhost = 127.0.0.1\nuser = x\npassword_command = touch {target}\n")
    t.drop_to("nobody")
    os.chown(evil, t.user.pw_uid, t.user.pw_gid)
    run = t.sendmail("-t", "-i", *row.format(f=target, c=evil).split())
    t.true(run.status in (REFUSED[row], 77), f"status {run.status}: {run.stderr}")
    t.true(not target.exists(), "a file was written")
    t.nothing_sent()


# Resources.


def test_many_aliases(t):
    """Time and memory grow with aliases plus recipients, not with their product."""
    if t.context.sanitized:
        raise Skip("time is no measure with a sanitizer")
    t.config("maildomain = example.com")
    t.aliases_file.write_text("".join(f"n{i}: n{i}@example.net\n" for i in range(100000)))
    names = ", ".join(f"n{i}" for i in range(98000, 100000))
    run = t.postbag("--dry-run", "-t", stdin=f"To: {names}\n\nHello\n".encode(), timeout=60)
    t.equal(run.status, 0, "status")
    t.true(run.seconds < 5, f"took {run.seconds:.1f} s")


@cases("tls_ca_file", "tls_cert", "aliases")
def test_fifo_for_a_file(t, key):
    """`timeout` binds whatever a path leads to."""
    os.mkfifo(t.folder / "fifo")
    t.smarthost("tls: implicit")
    t.config(f"{key} = {t.folder}/fifo", "timeout = 2")
    run = t.postbag("bob@example.net", timeout=8)
    t.true(run.status not in (0, -9), f"status {run.status}")


# What is shown.


def test_name_of_the_program(t):
    """argv[0] is the caller's; a terminal and a log are not."""
    popen = subprocess.run(
        ["\x1b[31mx\nfake: sent"], executable=t.context.binary, input=b"", env=t.environment({}),
        capture_output=True, check=False,
    )  # fmt: skip
    t.lacks(popen.stderr.decode(), "\x1b", "stderr")
    t.lacks(popen.stderr.decode(), "\nfake: sent", "stderr")


def test_reply_that_turns_the_text_round(t):
    """Bidirectional overrides and line separators of a reply do not reach the terminal."""
    t.smarthost("on RCPT: raw 550 5.1.1 x\\xe2\\x80\\xaeabc\\xe2\\x80\\xa8fake: sent\\r\\n")
    run = t.postbag("bob@example.net")
    t.failed(run, 67)
    t.lacks(run.stderr, "\u202e", "stderr")
    t.lacks(run.stderr, "\u2028", "stderr")


# Bcc.


@cases("X-Mark: 1\n\rBcc: {}", "Subject: x\rBcc: {}")
def test_bare_cr_does_not_hide_bcc(t, row):
    t.smarthost()
    field = row.format("hidden@example.net")
    run = t.postbag("bob@example.net", stdin=f"From: ann@example.org\n{field}\n\nHello\n".encode())
    if run.status == 0:
        t.lacks(t.message().data, b"hidden@example.net", "message")


@private
def test_host_name_with_a_blank(t):
    """A host name that no server takes is not said to one: the address literal is."""
    if LIBC.unshare(CLONE_NEWUTS) != 0:
        raise Skip("no namespace for the host name")
    socket.sethostname("x y.example")
    t.smarthost()
    t.config("-domain")
    t.accepted(t.postbag("bob@example.net"))
