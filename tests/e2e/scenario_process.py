"""As a process: signals, descriptors, environment, privileges."""

import os
import pty
import signal
import subprocess

from harness import MESSAGE, Skip, cases, until


@cases("SIGINT", "SIGTERM", "SIGHUP", "SIGKILL")
def test_signal_before_the_end_of_stdin(t, name):
    """Die of it; nothing is connected, nothing is left behind (test 8 of facts/sendmail-cli.md)."""
    t.smarthost("tls: off")
    process = t.start("sendmail", "a@example.net")
    process.write(b"Subject: t\n\npart")
    until(lambda: pipe_is_empty(process.popen.stdin), "stdin to be read")
    process.signal(getattr(signal, name))
    status = process.popen.wait(5)
    t.equal(status, -getattr(signal, name))
    t.equal(t.sessions, [])


def pipe_is_empty(pipe):
    import fcntl
    import struct
    import termios

    count = fcntl.ioctl(pipe.fileno(), termios.FIONREAD, b"\0" * 4)
    return struct.unpack("i", count)[0] == 0


@cases("SIGINT", "SIGTERM", "SIGHUP")
def test_signal_before_the_end_of_data(t, name):
    """In direct mode: die of it, nothing sent."""
    t.smarthost("tls: off", "on RCPT: silent")
    process = t.start("postbag", "a@example.net")
    process.popen.stdin.write(MESSAGE)
    process.popen.stdin.close()
    process.popen.stdin = None
    sessions = t.host.conversations
    until(lambda: sessions and len(sessions[0].record.commands) >= 3, "RCPT")
    process.signal(getattr(signal, name))
    run = process.finish(timeout=5)
    t.equal(run.status, -getattr(signal, name))
    t.nothing_sent()


def test_signal_after_the_end_of_data(t):
    """The verdict is waited for."""
    t.smarthost("tls: off", "on END: wait 1 | default")
    process = t.start("postbag", "a@example.net")
    process.popen.stdin.write(MESSAGE)
    process.popen.stdin.close()
    process.popen.stdin = None
    sessions = t.host.conversations
    until(lambda: sessions and any(m.complete for m in sessions[0].record.messages), "the end of data")
    process.signal(signal.SIGTERM)
    t.accepted(process.finish(timeout=10))
    t.equal(len(t.messages), 1)


def test_stdin_is_read_first(t):
    """Nothing is connected before stdin ends."""
    t.smarthost("tls: off")
    process = t.start("postbag", "a@example.net")
    process.write(MESSAGE)
    until(lambda: pipe_is_empty(process.popen.stdin), "stdin to be read")
    t.equal(t.host.conversations, [])
    t.accepted(process.finish(b""))


def test_broken_pipe_of_stdout(t):
    """A reader of --json that has gone does not kill us."""
    t.smarthost("tls: off")
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([t.door("postbag"), "--json", "a@example.net"], input=MESSAGE, stdout=write,
                          stderr=subprocess.PIPE, env=t.environment({}), check=False)  # fmt: skip
    os.close(write)
    t.true(done.returncode in (0, 74), f"status {done.returncode}")
    t.equal(len(t.messages), 1)


@cases(
    none=[], no_home=["HOME=", "USER=x", "LOGNAME=y"], odd_home=["HOME=/nonexistent"],
    relative_xdg=["XDG_CONFIG_HOME=relative"], odd_locale=["LC_ALL=xx_YY", "LANG=C"],
    odd_tz=["TZ=:/nonexistent"],
)  # fmt: skip
def test_environment(t, variables):
    t.smarthost("tls: off")
    keep = {"POSTBAG_CONFIG": str(t.config_file), "TMPDIR": str(t.tmp)}
    env = {**dict.fromkeys(t.environment({}), None), **keep, **dict(v.split("=", 1) for v in variables)}
    t.accepted(t.postbag("a@example.net", env=env))
    t.equal(len(t.messages), 1)


def test_deleted_cwd(t):
    t.smarthost("tls: off")
    gone = t.folder / "gone"
    gone.mkdir()
    script = 'rmdir "$PWD" && exec "$@"'
    run = t.run("wrapper", "-c", script, "sh", t.door("postbag"), "a@example.net", executable="/bin/sh", cwd=gone)
    t.accepted(run)


def test_uid_without_entry(t):
    """Named uid-N; mail goes out."""
    if os.geteuid() != 0:
        raise Skip("needs root")
    t.smarthost("tls: off")
    t.config_file.chmod(0o644)
    t.tmp.chmod(0o777)
    run = t.postbag("a@example.net", stdin=b"Subject: x\n\nb\n", user=54321, group=54321)
    t.accepted(run)
    t.equal(t.message().sender, b"acct@example.org")


def test_identity_is_not_the_environment(t):
    """USER and LOGNAME name nobody."""
    t.smarthost("tls: off")
    t.config("rewrite_from = never", "maildomain = h.example.org", "-from")
    run = t.postbag("a@example.net", env={"USER": "ceo", "LOGNAME": "ceo"})
    t.lacks(t.sessions[0].commands[1] if t.sessions else b"", b"ceo")
    t.lacks(run.stderr, "ceo")


def test_lone_dot_at_a_terminal(t):
    """There it ends the message, but not with -i."""
    t.smarthost("tls: off")
    master, slave = pty.openpty()
    process = t.start("sendmail", "a@example.net", stdin=slave)
    os.close(slave)
    os.write(master, b"Subject: x\n\nbefore\n.\n")
    t.equal(process.popen.wait(10), 0)
    os.close(master)
    t.equal(t.message().body, b"before\r\n")


@cases("postbag", "sendmail")
def test_nobody_at_a_terminal(t, door):
    """Without recipients nobody need type a message."""
    t.smarthost("tls: off")
    master, slave = pty.openpty()
    process = t.start(door, stdin=slave)
    os.close(slave)
    t.equal(process.popen.wait(10), 64)
    os.close(master)
    t.match(process.popen.stderr.read().decode(), "no recipients")


def test_tmpdir_missing(t):
    """A body beyond memory needs a file; without a place for it: 73."""
    t.smarthost("tls: off")
    body = b"Subject: x\n\n" + (b"y" * 76 + b"\n") * 10000
    run = t.postbag("a@example.net", stdin=body, env={"TMPDIR": "/nonexistent"})
    t.true(run.status in (0, 73), f"status {run.status}")  # /tmp or /var/tmp may serve instead
    t.accepted(t.postbag("a@example.net", stdin=b"Subject: x\n\nsmall\n", env={"TMPDIR": "/nonexistent"}))


def test_no_core_and_not_dumpable(t):
    """/proc/PID belongs to root, so that nobody else can look inside."""
    if os.geteuid() != 0:
        raise Skip("needs root")
    t.smarthost("tls: off", "on RCPT: silent")
    t.drop_to("nobody")
    t.config()
    process = t.start("postbag", "a@example.net")
    process.popen.stdin.write(MESSAGE)
    process.popen.stdin.close()
    process.popen.stdin = None
    sessions = t.host.conversations
    until(lambda: sessions and len(sessions[0].record.commands) >= 3, "RCPT")
    owner = os.stat(f"/proc/{process.popen.pid}/mem").st_uid
    with open(f"/proc/{process.popen.pid}/limits", encoding="ascii") as limits:
        core = [line.split()[4] for line in limits if line.startswith("Max core file size")]
    process.signal(signal.SIGKILL)
    process.popen.wait(5)
    t.equal((owner, core), (0, ["0"]), "owner of /proc/PID/mem, core limit")


def test_parallel(t):
    """Many at once: all delivered."""
    t.smarthost("tls: implicit", "auth: PLAIN")
    count = 100 if t.context.full else 20
    running = [t.start("postbag", f"r{i}@example.net") for i in range(count)]
    for process in running:
        t.accepted(process.finish(MESSAGE, timeout=60))
    t.equal(sorted(m.to[0] for m in t.messages), sorted(f"r{i}@example.net" for i in range(count)))
