"""Tests that need a machine of their own: private mounts and a private network.

    @private
    def test_no_such_host(t):
        with NameServer("nxdomain"):
            ...

Only root can; elsewhere such a test is skipped. Whatever is mounted vanishes with the test.
"""

import contextlib
import ctypes
import fcntl
import functools
import os
import pathlib
import socket
import struct
import subprocess
import tempfile
import threading
import traceback

from harness import Failure, Skip

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
SIOCSIFFLAGS, IFF_UP_RUNNING = 0x8914, 0x41
MNT_DETACH = 2
LIBC = ctypes.CDLL(None, use_errno=True)


def private(function):
    """Runs a test in a forked child with namespaces of its own."""

    @functools.wraps(function)
    def test(t, *row):
        if os.geteuid() != 0:
            raise Skip("needs root")
        root = tempfile.mkdtemp(prefix="postbag-root-")
        try:
            details = in_child(lambda: outcome(function, t, root, *row))
        finally:
            # Out of a chroot below a shared mount, what enter() has mounted there is seen here too.
            LIBC.umount2(root.encode(), MNT_DETACH)
            os.rmdir(root)  # never more than that: it may have been the whole tree
        if details.startswith("skip: "):
            raise Skip(details[len("skip: ") :])
        if details != "done":
            raise Failure(details)

    return test


def in_child(function):
    """What function() returns, a text, when a forked child calls it."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        os.write(write, function().encode("utf-8", "backslashreplace")[:60000])
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        details = pipe.read().decode("utf-8", "replace")
    os.waitpid(child, 0)
    return details


def outcome(function, t, root, *row):
    """ "done", or what went wrong."""
    try:
        enter(root)
        function(t, *row)
        t.finish()
        return "done"
    except Skip as e:
        return f"skip: {e}"
    except Failure as e:
        return str(e)
    except BaseException:  # pylint: disable=broad-except
        return traceback.format_exc() + t.story()


def enter(root):
    """`root` is an empty folder, for the case that this is a chroot: then "/" is no mount, and
    becomes private only where it is mounted once more."""
    if LIBC.unshare(CLONE_NEWNS | CLONE_NEWNET) != 0:
        raise Skip("no namespaces: " + os.strerror(ctypes.get_errno()))
    if root_is_mount():
        mount("--make-rprivate", "/")
    else:
        mount("--rbind", "/", root)
        mount("--make-rprivate", root)
        os.chroot(root)
        os.chdir("/")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP_RUNNING))


def root_is_mount():
    with open("/proc/self/mountinfo", encoding="utf-8") as table:
        return any(line.split()[4] == "/" for line in table)


def mount(*args):
    subprocess.run(["mount", *map(str, args)], check=True, capture_output=True)


def replace_file(path, text, folder):
    """Puts another file in the place of `path`, for this test only."""
    if not os.path.exists(path):
        raise Skip(f"no {path} to put another in its place")
    copy = pathlib.Path(folder) / os.path.basename(path)
    copy.write_text(text, encoding="utf-8")
    mount("--bind", copy, os.path.realpath(path))


SRV = 33


def labels(name):
    """A name as DNS messages have it."""
    words = [word for word in name.encode().split(b".") if word]
    return b"".join(bytes([len(word)]) + word for word in words) + b"\0"


def question(query):
    """Name and type of what is asked."""
    words, at = [], 12
    while query[at]:
        words.append(query[at + 1 : at + 1 + query[at]].decode())
        at += 1 + query[at]
    return ".".join(words), struct.unpack(">H", query[at + 1 : at + 3])[0]


class NameServer:
    """Answers every question on 127.0.0.1:53 in one way.

    ok: 127.0.0.1; both: that and ::1; two: 127.0.0.2, then 127.0.0.1; nxdomain; servfail; nodata;
    silent; none: not even a socket.

    `srv` has SRV records, {"_submissions._tcp.example.com": [(priority, weight, port, target)]};
    a question for any other is answered with "no such name", or, if its value is a word, so.
    """

    ADDRESSES = {"ok": ["127.0.0.1"], "two": ["127.0.0.2", "127.0.0.1"], "both": ["127.0.0.1"]}
    CODES = {"nxdomain": 3, "servfail": 2}

    def __init__(self, t, way, srv=None):
        self.way = way
        self.srv = srv or {}
        self.questions = []
        replace_file("/etc/resolv.conf", "nameserver 127.0.0.1\n", t.folder)
        if os.path.exists("/etc/nsswitch.conf"):
            replace_file("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n", t.folder)

    def __enter__(self):
        if self.way != "none":
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.bind(("127.0.0.1", 53))
            self.thread = threading.Thread(target=self.serve, daemon=True)
            self.thread.start()
        return self

    def __exit__(self, *_):
        """Another may follow."""
        if self.way != "none":
            with contextlib.suppress(OSError):
                self.socket.shutdown(socket.SHUT_RDWR)  # wakes the thread, though it is not connected
            self.thread.join()
            self.socket.close()

    def serve(self):
        while True:
            query, peer = self.socket.recvfrom(4096)
            if not query:
                return
            name, kind = question(query)
            self.questions.append((name, kind))
            answer = self.answer_srv(query, name) if kind == SRV else self.answer(query)
            if self.way != "silent" and answer:
                self.socket.sendto(answer, peer)

    def answer_srv(self, query, name):
        records = self.srv.get(name.lower(), "nxdomain")
        end = query.index(b"\0", 12) + 5
        code = self.CODES.get(records, 0) if isinstance(records, str) else 0
        if isinstance(records, bytes):
            return query[:2] + records
        if isinstance(records, str):
            head = query[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, 0, 0, 0)
            return None if records == "silent" else head + query[12:end]
        body = b""
        for priority, weight, port, target in records:
            data = struct.pack(">HHH", priority, weight, port) + labels(target)
            body += b"\xc0\x0c" + struct.pack(">HHIH", SRV, 1, 60, len(data)) + data
        return query[:2] + struct.pack(">HHHHH", 0x8180, 1, len(records), 0, 0) + query[12:end] + body

    def answer(self, query):
        end = query.index(b"\0", 12) + 5  # of the question
        is_a = query[end - 4 : end - 2] == b"\0\1"
        found = self.ADDRESSES.get(self.way, []) if is_a else []
        code = self.CODES.get(self.way, 0)
        head = query[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, len(found), 0, 0)
        records = [
            b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton(a) for a in found
        ]
        if self.way == "both" and query[end - 4 : end - 2] == b"\0\34":
            head = query[:2] + struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0)
            records = [b"\xc0\x0c" + struct.pack(">HHIH", 28, 1, 60, 16) + b"\0" * 15 + b"\1"]
        return head + query[12:end] + b"".join(records)
