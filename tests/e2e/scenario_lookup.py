"""Names and networks that fail, on a machine of the test's own."""

import json
import os
import re
import socket

from harness import cases
from namespace import NameServer, mount, private

WAYS = {
    "nxdomain": (68, "no such host|does not exist|not known"),
    "servfail": (75, "looked up|name|lookup"),
    "nodata": (68, ""),
    "none": (75, "looked up|name|lookup"),
    "silent": (75, "looked up|name|lookup"),
}


@cases(*WAYS)
@private
def test_name(t, way):
    """Each failure of a name has its status; the lookup ends at the deadline."""
    status, words = WAYS[way]
    with NameServer(t, way):
        t.config("host = smtp.example.com", "timeout = 2")
        run = t.postbag("bob@example.net")
    t.failed(run, status, "smtp.example.com", re.compile(words))
    t.true(run.seconds <= 3.5, f"took {run.seconds:.1f} s")


@cases("ok", "two")
@private
def test_found(t, way):
    """The next address is tried where one refuses."""
    with NameServer(t, way):
        t.smarthost("tls: off")
        t.config("host = smtp.example.com")
        t.accepted(t.postbag("bob@example.net"))


@private
def test_no_network(t):
    t.config("host = 192.0.2.1", "timeout = 2")
    t.failed(t.postbag("bob@example.net"), 75, re.compile("unreachable", re.I))


# syslog: a private /dev/log


def listen_to_syslog(t):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    dev = t.folder / "dev"
    dev.mkdir()
    for name in ("null", "urandom", "random", "zero"):
        (dev / name).touch()
        mount("--bind", f"/dev/{name}", dev / name)
    sock.bind(str(dev / "log"))
    sock.settimeout(2)
    mount("--rbind", dev, "/dev")
    return sock


def record(t, sock):
    """The next record of the private syslog."""
    try:
        return sock.recv(65536).decode()
    except TimeoutError:
        t.true(False, "no more records in syslog")


@private
def test_syslog_text(t):
    sock = listen_to_syslog(t)
    t.smarthost("tls: off", "on 2/RCPT: reply 550 5.1.1 No")
    t.config(log=["format = text"])
    t.accepted(t.postbag("bob@example.net"))
    t.failed(t.postbag("bob@example.net"), 67)
    first, second = record(t, sock), record(t, sock)
    for word in ("<22>", "postbag", "result=sent"):  # mail.info
        t.match(first, word)
    t.match(second, "550 5.1.1 No")


@private
def test_syslog_json(t):
    """Another facility, one object."""
    sock = listen_to_syslog(t)
    t.smarthost("tls: off")
    t.config(log=["syslog = local3", "format = json"])
    t.accepted(t.postbag("bob@example.net"))
    line = record(t, sock)
    t.match(line, "<158>")  # local3.info
    t.equal(json.loads(line[line.index("{") :])["result"], "sent")


@private
def test_file_log_cannot_be_written(t):
    """It is told in syslog."""
    sock = listen_to_syslog(t)
    t.smarthost("tls: off")
    t.config(log=["file = /nonexistent/folder/log"])
    t.accepted(t.postbag("bob@example.net"))
    seen = record(t, sock) + record(t, sock)
    t.match(seen, "/nonexistent/folder/log")


# A full disk, a read-only one


@private
def test_full_disk(t):
    """A body beyond memory that finds no room: 74 or 73, nothing is sent."""
    t.smarthost("tls: off")
    for place in (t.tmp, "/tmp", "/var/tmp"):
        if place == t.tmp or not str(t.folder).startswith(place):
            mount("-t", "tmpfs", "-o", "size=64k", "none", place)
    body = b"Subject: x\n\n" + (b"y" * 76 + b"\n") * 20000
    run = t.postbag("bob@example.net", stdin=body)
    t.true(run.status in (73, 74), f"status {run.status}: {run.stderr}")
    t.equal(t.sessions, [])


@private
def test_read_only(t):
    """A small message needs no disk at all."""
    t.smarthost("tls: off")
    t.door("postbag")
    for place in ("/", t.folder, t.tmp):
        if place != "/":
            mount("--bind", place, place)
        mount("-o", "remount,bind,ro", place)
        t.true(not os.access(place, os.W_OK), f"{place} can be written")
    t.accepted(t.postbag("bob@example.net"))
    t.equal(len(t.messages), 1)
