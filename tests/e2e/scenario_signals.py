"""Signals at every stage, and a process without what others take for granted: descriptors,
environment, a home, a passwd entry, a disk."""

import fcntl
import itertools
import json
import os
import pwd
import resource
import signal
import socket
import subprocess
import sys
import termios
import time

from harness import MESSAGE, Skip, cases, full, until
from namespace import NameServer, mount, private

BOB = "bob@example.net"
LARGE = b"Subject: x\n\n" + (b"y" * 76 + b"\n") * 8000  # more than is kept in memory
HUGE = b"Subject: x\n\n" + (b"y" * 76 + b"\n") * 400000  # more than sockets hold

# How a test knows that a stage is reached: by what the server or a helper has seen, never by time.


def start(t, *args, text=MESSAGE, door="postbag", **options):
    """Stdin comes from a file, so that nobody has to write while the process waits."""
    path = t.folder / "stdin"
    path.write_bytes(text)
    with open(path, "rb") as stdin:
        return t.start(door, *args, stdin=stdin, **options)


def reached(t, stage):
    return any(c.counts.get(stage) for c in t.host.conversations)


def leftovers(session):
    """Processes of that session of the kernel, which every run begins anew."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stat:
                fields = stat.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(name))
    return found


def kill_at(t, process, number, *, here):
    """Waits for `here`, sends the signal; the process dies of it and nothing is left of it."""
    until(here, "the stage")
    t.equal(process.popen.poll(), None, "status before the signal")
    process.signal(number)
    process.popen.wait(5)
    try:
        until(lambda: not leftovers(process.popen.pid), "the end of all processes", 5)
    finally:
        for pid in leftovers(process.popen.pid):
            os.kill(pid, signal.SIGKILL)
    run = process.finish(timeout=5)
    t.equal(run.status, -number, "status")
    return run


# Before the end of data: direct mode dies of any signal, and nothing is sent.

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGALRM")
STAGES = ("GREETING", "TLS", "EHLO", "STARTTLS", "EHLO2", "AUTH", "RESPONSE", "MAIL", "RCPT", "DATA")


@cases(*[f"{stage} {name}" for stage in STAGES for name in SIGNALS[:3]],
       *[f"RCPT {name}" for name in SIGNALS[3:]])  # fmt: skip
def test_before_the_end_of_data(t, row):
    stage, name = row.split()
    t.smarthost("tls: starttls", "auth: SCRAM-SHA-256", f"on {stage}: stall")
    process = start(t, BOB)
    run = kill_at(t, process, getattr(signal, name), here=lambda: reached(t, stage))
    t.equal((run.stdout, run.stderr), ("", ""))
    t.nothing_sent()


@cases("starttls", "implicit", "off")
def test_in_the_body(t, tls):
    """The server takes no more: there is an unfinished message, and it stays so."""
    t.smarthost("tls: " + tls, "on BODY 1000: wait 0.5")
    process = start(t, BOB, text=HUGE)
    kill_at(t, process, signal.SIGTERM, here=lambda: reached(t, "BODY"))
    t.equal([m.complete for s in t.sessions for m in s.messages], [False])


@cases("SIGINT", "SIGTERM", "SIGHUP")
def test_without_pipelining(t, name):
    """While each command waits for its own reply."""
    for stage in ("MAIL", "RCPT", "DATA"):
        t.smarthost("tls: off", "ehlo-drop: PIPELINING", f"on {stage}: stall")
        kill_at(t, start(t, BOB), getattr(signal, name), here=lambda stage=stage: reached(t, stage))
    t.nothing_sent()


@cases("SIGINT", "SIGTERM")
def test_while_connecting(t, name):
    t.smarthost("tls: off")
    with t.black_hole() as port:
        t.config(f"port = {port}")
        process = start(t, BOB)
        wchan = f"/proc/{process.popen.pid}/syscall"
        kill_at(t, process, getattr(signal, name), here=lambda: polling(wchan))
    t.equal(t.sessions, [])


def polling(path):
    """Does the process wait in poll(2)?"""
    numbers = {"x86_64": ("7 ", "271 "), "aarch64": ("73 ",)}.get(os.uname().machine, ("",))
    try:
        with open(path, encoding="ascii") as file:
            return file.read().startswith(numbers)
    except OSError as e:
        raise Skip(f"{path}: {e.strerror}") from e


@cases("SIGINT", "SIGTERM")
@private
def test_while_looking_up(t, name):
    """The child that asks goes, too."""
    asked = []

    class Silent(NameServer):
        def answer(self, query):
            asked.append(query)
            raise SystemExit

    with Silent(t, "ok"):
        t.config("host = smtp.example.com")
        kill_at(t, start(t, BOB), getattr(signal, name), here=lambda: asked)


@cases("SIGINT", "SIGTERM", "SIGHUP", "SIGKILL")
def test_while_the_password_command_runs(t, name):
    """The command goes, too, and what it has started."""
    t.smarthost("tls: starttls", "auth: PLAIN")
    path = t.folder / "helper"
    path.write_text(f"#!/bin/sh\n: >{t.folder}/started\nexec sleep 1000\n")
    path.chmod(0o755)
    t.config("-password", f"password_command = {path}")
    process = start(t, BOB)
    kill_at(t, process, getattr(signal, name), here=(t.folder / "started").exists)
    t.equal(t.sessions, [])


@cases(*SIGNALS, "SIGKILL")
def test_while_reading(t, name):
    """A large message that is not at its end: its file goes with the process."""
    t.smarthost("tls: off")
    process = t.start("sendmail", "-i", BOB)
    process.write(LARGE)
    spilled = f"/proc/{process.popen.pid}/fd"
    kill_at(t, process, getattr(signal, name), here=lambda: any(
        str(t.tmp) in os.readlink(f"{spilled}/{fd}") for fd in list_folder(spilled)))  # fmt: skip
    t.equal(t.sessions, [])


def list_folder(path):
    try:
        return os.listdir(path)
    except OSError:
        return []


@cases("EHLO", "AUTH", "MAIL")
def test_of_a_test(t, stage):
    t.smarthost("tls: implicit", "auth: PLAIN", f"on {stage}: stall")
    process = t.start("postbag", "test", stdin=subprocess.DEVNULL)
    until(lambda: reached(t, stage), "the stage")
    process.signal(signal.SIGINT)
    t.equal(process.finish(timeout=5).status, -signal.SIGINT)


# After the end of data the verdict is waited for, 10 seconds at most.


def say(t, text):
    """The reply that the server has not given yet."""
    t.host.conversations[-1].wire.send(text)


def at_end(t, tls, *lines):
    t.smarthost("tls: " + tls, "on END: stall")
    t.config(*lines)
    process = start(t, BOB)
    until(lambda: reached(t, "END"), "the end of data")
    return process


@cases(*[f"{name} {tls}" for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2") for tls in ("off", "implicit")])
def test_after_the_end_of_data(t, row):
    """Accepted is accepted, however often we are told to go."""
    name, tls = row.split()
    process = at_end(t, tls)
    for _ in range(3):
        process.signal(getattr(signal, name))
    say(t, b"250 2.0.0 Late\r\n")
    run = process.finish(timeout=5)
    t.equal((run.status, run.stdout, run.stderr), (0, "", ""))
    t.equal([m.complete for s in t.sessions for m in s.messages], [True])


@cases(refused=(b"550 5.7.1 No\r\n", 77), later=(b"451 4.3.0 Later\r\n", 75))
def test_refused_after_the_signal(t, row):
    """The verdict is the server's, not the signal's."""
    reply, status = row
    process = at_end(t, "off")
    process.signal(signal.SIGTERM)
    say(t, reply)
    t.failed(process.finish(timeout=5), status, reply.decode().strip(), "not sent, not queued")


def test_limit_after_the_signal(t):
    """An explicit timeout ends the wait earlier: the ambiguous end."""
    process = at_end(t, "off", "timeout = 2")
    process.signal(signal.SIGTERM)
    run = process.finish(timeout=5)
    t.failed(run, 75, "may have been delivered")


@full
@cases("off", "implicit")
def test_ten_seconds(t, tls):
    process = at_end(t, tls)
    begun = time.monotonic()
    process.signal(signal.SIGTERM)
    run = process.finish(timeout=20)
    t.failed(run, 75, "may have been delivered")
    t.true(9 < time.monotonic() - begun < 12, f"waited {time.monotonic() - begun:.1f} s")


# What a parent has left.


def inherit(ignored=(), blocked=()):
    def prepare():
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, blocked)

    return prepare


@cases("SIGHUP", "SIGINT")
def test_ignored(t, name):
    """nohup(1), and a shell's background jobs: it goes on, at every stage."""
    number = getattr(signal, name)
    t.smarthost("tls: off", "on END: stall")
    process = t.start("postbag", BOB, preexec_fn=inherit(ignored=[number]))
    process.write(MESSAGE)
    until(lambda: unread(process.popen.stdin) == 0, "stdin to be read")
    process.signal(number)
    process.popen.stdin.close()
    process.popen.stdin = None
    until(lambda: reached(t, "END"), "the end of data")
    process.signal(number)
    say(t, b"250 2.0.0 Ok\r\n")
    t.equal(process.finish(timeout=5).status, 0)


def unread(pipe):
    """Octets that nobody has taken out yet."""
    count = fcntl.ioctl(pipe.fileno(), termios.FIONREAD, b"\0" * 4)
    return int.from_bytes(count, sys.byteorder)


@cases("blocked SIGTERM", "blocked SIGINT", "blocked SIGHUP", "ignored SIGTERM")
def test_deadly_all_the_same(t, row):
    """TERM is never ignored, and nothing stays blocked."""
    how, name = row.split()
    number = getattr(signal, name)
    t.smarthost("tls: off", "on RCPT: stall")
    process = start(t, BOB, preexec_fn=inherit(**{how: [number]}))
    kill_at(t, process, number, here=lambda: reached(t, "RCPT"))
    t.nothing_sent()


@cases("SIGCHLD", "SIGPIPE")
def test_harmless_leftovers(t, name):
    """Ignored CHLD does not hide how the password command ended; PIPE never kills."""
    t.smarthost("tls: starttls", "auth: PLAIN", "on 2/RCPT: reset")
    t.config("-password", "password_command = echo pa55-word-never-shown")
    number = getattr(signal, name)
    t.accepted(t.postbag(BOB, preexec_fn=inherit(ignored=[number], blocked=[number])))
    t.failed(t.postbag(BOB, preexec_fn=inherit(blocked=[number])), 75)


# Descriptors.

COMBINATIONS = ["".join(c) for n in range(4) for c in itertools.combinations("012", n)]


def closed(t, which, door, *args, text=MESSAGE):
    """Runs with these of 0, 1, 2 closed."""
    script = 'exec "$@"' + "".join(f" {fd}>&-" for fd in which)
    return t.run("sh", "-c", script, "sh", t.door(door), *args, stdin=None if "0" in which else text,
                 executable="/bin/sh")  # fmt: skip


@cases(*[which or "none" for which in COMBINATIONS])
def test_closed_descriptors(t, which):
    """Whatever is missing, nothing goes where it does not belong: not the dialogue, not a report."""
    which = which.replace("none", "")
    log = t.folder / "log"
    t.smarthost("tls: starttls", "auth: PLAIN", "on RCPT bad@*: reply 550 5.1.1 No")
    t.config("-password", "password_command = sh -c 'echo pa55-word-never-shown; echo helper >&2'",
             log=["syslog = off", f"file = {log}"])  # fmt: skip
    run = closed(t, which, "sendmail", "-i", BOB, text=LARGE)
    t.equal((run.status, run.stdout), (0, ""), "status, stdout")
    t.equal(run.stderr, "helper\n" if "2" not in which else "", "stderr")
    run = closed(t, which, "postbag", "-vv", "--json", BOB, "bad@example.net", text=LARGE)
    t.equal(run.status, 66 if "0" in which else 67, "status")
    t.equal(run.stdout != "", "1" not in which, "something on stdout")
    t.equal(run.stderr != "", "2" not in which, "something on stderr")
    if run.stdout:
        t.equal(json.loads(run.stdout)["exit"], run.status)
    bodies = [b"".join(LARGE.partition(b"\n\n")[2:]).replace(b"\n", b"\r\n") if "0" not in which else b""]
    t.equal([m.body for m in t.messages][:1], bodies)
    lines = log.read_text(encoding="utf-8").splitlines()
    t.true(all("result=" in line for line in lines), f"log {lines}")


@cases("check", "test", "help", "--version")
def test_closed_descriptors_of_others(t, word):
    t.smarthost("tls: off")
    for which in COMBINATIONS:
        run = closed(t, which, "postbag", word, text=b"")
        t.true(run.status in (0, 74), f"{which}: status {run.status}")
    t.nothing_sent()


@cases(
    json=(["--json", BOB], 0), dry_run=(["--dry-run", BOB], 74), check=(["check"], 74), help=(["--help"], 74),
    test=(["test", BOB], 0),
)  # fmt: skip
def test_full_stdout(t, row):
    """What cannot be told changes no verdict; where telling is all there is to do, it is 74."""
    args, status = row
    t.smarthost("tls: off")
    with open("/dev/full", "wb") as nowhere:
        done = subprocess.run([t.door("postbag"), *args], input=MESSAGE, stdout=nowhere, stderr=subprocess.PIPE,
                              env=t.environment({}), check=False)  # fmt: skip
    t.equal(done.returncode, status, f"status; {done.stderr!r}")
    t.equal(len(t.messages), int(BOB in args and status == 0))


# Environment, home, user.


def test_empty_environment(t):
    """Not one variable; the configuration by -C."""
    t.smarthost("tls: starttls", "auth: PLAIN")
    t.config("-password", "password_command = echo pa55-word-never-shown")
    env = dict.fromkeys(t.environment({}), None)
    for key in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
        env.pop(key, None)
    t.accepted(t.postbag("-C", str(t.config_file), BOB, env=env))
    t.equal(len(t.messages), 1)


@cases("HOME", "XDG_CONFIG_HOME")
def test_home_of_somebody_else(t, key):
    """A configuration where the environment points to is not read: HOME counts for nothing, and
    XDG_CONFIG_HOME must be one's own."""
    t.smarthost("tls: off")
    t.drop_to("nobody")
    place = t.folder / "elsewhere"
    folder = place / (".config/postbag" if key == "HOME" else "postbag")
    folder.mkdir(parents=True)
    (folder / "config").write_bytes(t.config_file.read_bytes())
    (folder / "config").chmod(0o644)
    env = {"POSTBAG_CONFIG": None, "HOME": None, "XDG_CONFIG_HOME": None, key: str(place)}
    run = t.postbag(BOB, env=env)
    t.true(run.status != 0, "it was read")
    t.equal(t.sessions, [])


def test_deleted_cwd_and_relative_paths(t):
    """Everything but a path that is relative works."""
    t.smarthost("tls: starttls", "auth: PLAIN")
    gone = t.folder / "gone"
    script = 'rmdir "$PWD" && exec "$@"'
    for args, status in ((["-C", str(t.config_file), BOB], 0), (["-C", "postbag.conf", BOB], 78),
                         (["--file", "mail", BOB], 66), (["test"], 0), (["check"], 0)):  # fmt: skip
        gone.mkdir()
        run = t.run("sh", "-c", script, "sh", t.door("postbag"), *args, executable="/bin/sh", cwd=gone)
        t.equal(run.status, status, f"{args}: status")
    t.equal(len(t.messages), 1)


def as_stranger(t):
    """A uid and a gid that nobody has named."""
    if os.geteuid() != 0:
        raise Skip("needs root")
    for number in range(54321, 64321):
        try:
            pwd.getpwuid(number)
        except KeyError:
            break
    t.tmp.chmod(0o777)
    t.config_file.chmod(0o644)
    return {"user": number, "group": number, "extra_groups": []}, number


def test_stranger(t):
    """It is named uid-N, as sender and in From."""
    t.smarthost("tls: off")
    t.config("-from", "maildomain = example.org")
    user, number = as_stranger(t)
    t.accepted(t.postbag(BOB, stdin=b"Subject: x\n\nb\n", **user))
    t.equal(t.message().sender, f"uid-{number}@example.org".encode())
    t.match(t.message().field("From")[0], f"uid-{number}@example.org")


@cases("sendmail", "postbag")
def test_stranger_has_no_configuration(t, door):
    """Of his own: XDG_CONFIG_HOME does not count without an entry."""
    t.smarthost("tls: off")
    user, number = as_stranger(t)
    folder = t.home / "config" / "postbag"
    folder.mkdir(parents=True)
    (folder / "config").write_bytes(t.config_file.read_bytes())
    for path in (t.home, t.home / "config", folder, folder / "config"):
        os.chown(path, number, number)
    run = t.run(door, BOB, env={"POSTBAG_CONFIG": None}, **user)
    t.true(run.status in (77, 78), f"status {run.status}")
    t.equal(t.sessions, [])


@cases("user", "group")
def test_set_id(t, kind):
    """Installed setuid or setgid by mistake, it drops to the real ids first of all."""
    if os.geteuid() != 0:
        raise Skip("needs root")
    t.smarthost("tls: off", "on RCPT: stall")
    t.drop_to("nobody")
    t.config()
    copy = t.folder / "copy"
    copy.write_bytes(open(t.context.binary, "rb").read())
    os.chown(copy, 0, 0)
    copy.chmod(0o4755 if kind == "user" else 0o2755)
    process = start(t, BOB, executable=str(copy))
    until(lambda: reached(t, "RCPT"), "RCPT")
    with open(f"/proc/{process.popen.pid}/status", encoding="ascii", errors="replace") as status:
        ids = {line.split()[0]: line.split()[1:] for line in status if line.startswith(("Uid:", "Gid:"))}
    process.signal(signal.SIGKILL)
    process.popen.communicate()
    t.equal(ids, {"Uid:": [str(t.user.pw_uid)] * 4, "Gid:": [str(t.user.pw_gid)] * 4})


def test_set_id_reads_nothing_more(t):
    """Nor does it lend its rights to read a configuration."""
    if os.geteuid() != 0:
        raise Skip("needs root")
    t.smarthost("tls: off")
    t.drop_to("nobody")
    os.chown(t.config_file, 0, 0)
    copy = t.folder / "copy"
    copy.write_bytes(open(t.context.binary, "rb").read())
    copy.chmod(0o4755)
    run = t.postbag(BOB, executable=str(copy))
    t.true(run.status in (77, 78), f"status {run.status}")
    t.equal(t.sessions, [])


# Disks.


@private
def test_read_only_disk(t):
    """Without a place to write a small message goes out; a large one is 73 before anything is
    connected; a log that cannot be written changes no verdict."""
    log = t.folder / "log"
    log.touch()
    t.smarthost("tls: off")
    t.config(log=["syslog = off", f"file = {log}"])
    t.door("postbag")
    mount("-o", "bind,ro", "/", "/")
    for place in (t.tmp, "/tmp", "/var/tmp", "/dev/shm", "/run"):
        if os.path.isdir(place):
            mount("-t", "tmpfs", "-o", "ro", "none", place) if not str(t.folder).startswith(str(place)) else None
    t.accepted(t.postbag(BOB))
    connected = len(t.host.conversations)
    run = t.postbag(BOB, stdin=LARGE)
    t.failed(run, 73, "not sent, not queued")
    t.equal(len(t.host.conversations), connected, "connections")


@private
def test_full_disk_for_the_log(t):
    """The log finds no room: the message is sent, silently."""
    place = t.folder / "logs"
    place.mkdir()
    mount("-t", "tmpfs", "-o", "size=4k", "none", place)
    (place / "filler").write_bytes(b"x" * 4096)
    t.smarthost("tls: off", "on 3/RCPT: reply 550 5.1.1 No")
    t.config(log=["syslog = off", f"file = {place}/log"])
    t.accepted(t.postbag(BOB))
    run = t.postbag("-v", BOB)
    t.equal(run.status, 0)
    t.match(run.stderr, str(place))
    t.failed(t.postbag(BOB), 67, str(place))


@private
def test_full_disk_in_the_middle(t):
    """Room for the first part of the body only: 74, nothing connected, nothing left."""
    t.smarthost("tls: off")
    for place in (t.tmp, "/tmp", "/var/tmp"):
        if place == t.tmp or not str(t.folder).startswith(str(place)):
            mount("-t", "tmpfs", "-o", "size=400k", "none", place)
    run = t.postbag(BOB, stdin=LARGE)
    t.failed(run, 74, "No space left on device", "not sent, not queued")
    t.equal(t.sessions, [])


@cases("files", "processes", "descriptors")
def test_limits(t, what):
    """ulimit: a clean failure, never a crash, and nothing half sent."""
    t.smarthost("tls: starttls", "auth: PLAIN")
    t.config("-password", "password_command = echo pa55-word-never-shown")
    kinds = {"files": (resource.RLIMIT_FSIZE, 100000), "processes": (resource.RLIMIT_NPROC, 0),
             "descriptors": (resource.RLIMIT_NOFILE, 4)}  # fmt: skip
    kind, limit = kinds[what]
    if what == "processes":
        t.drop_to("nobody")
        t.config("-password", "password_command = echo pa55-word-never-shown")
    leaks = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}  # wants a process
    run = t.postbag(BOB, stdin=LARGE, env=leaks, preexec_fn=lambda: resource.setrlimit(kind, (limit, limit)))
    t.true(run.status in (71, 73, 74), f"status {run.status}")
    t.match(run.stderr, "not sent, not queued")
    t.nothing_sent()


def test_standard_input_is_a_folder(t):
    """Or anything else that cannot be read: 74 or 66, nothing connected."""
    t.smarthost("tls: off")
    fd = os.open(t.folder, os.O_RDONLY)
    run = t.start("sendmail", BOB, stdin=fd).finish()
    os.close(fd)
    t.true(run.status in (66, 74), f"status {run.status}")
    t.equal(t.sessions, [])


def test_standard_input_gone(t):
    """A socket whose other side has been reset in the middle of the message."""
    t.smarthost("tls: off")
    with socket.socket() as listener, socket.socket() as caller:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        caller.connect(listener.getsockname())
        taken, _ = listener.accept()
        process = t.start("sendmail", "-i", BOB, stdin=taken)
        taken.close()
        caller.sendall(b"Subject: x\n\nhalf")
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    run = process.finish()
    t.failed(run, 74, "not sent, not queued")
    t.equal(t.sessions, [])
