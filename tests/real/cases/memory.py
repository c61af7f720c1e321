"""A message of 200 MB from a pipe, in little memory."""

import hashlib
import subprocess
import threading

from lab import client, users
from lab.sink import Sink
from lab.suite import expect, expect_same

_HEADER = (b"Date: Thu, 01 Jan 2026 12:00:00 +0100\nFrom: <alice@lab.example>\n"
           b"To: <large@lab.example>\nSubject: large\nMessage-ID: <large@lab.example>\n\n")
_BLOCK = (b".\n.dots\n" + b"abcdefghij" * 7 + b"\n" + b"z" * 997 + b"\n") * 970
_BLOCKS = 200
_LIMIT_KIB = 12 * 1024


def cases(lab):
    yield "memory for 200 MB from a pipe", _large, lab


def _large(lab):
    with Sink(lab, "-d") as sink:
        account = client.Client(lab, "tls", sink)
        command = ["/usr/bin/postbag", "-C", account.config, "large@lab.example"]
        process = subprocess.Popen(users.as_user(client.CALLER, command), stdin=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env={"TMPDIR": lab.disk})
        feeder = threading.Thread(target=_feed, args=(process.stdin,))
        feeder.start()
        peak = _watch(process)
        feeder.join()
        expect_same(process.returncode, 0, f"exit status ({process.stderr.read().decode()})")
        session = sink.session()
    expect_same(session.octets, _wire(len), "octets at the server")
    expect_same(session.digest, _digest(), "digest at the server")
    expect(0 < peak < _LIMIT_KIB, f"peak memory {peak} KiB, not under {_LIMIT_KIB}")
    return f"peak {peak} KiB"


def _feed(pipe):
    try:
        with pipe:
            pipe.write(_HEADER)
            for _ in range(_BLOCKS):
                pipe.write(_BLOCK)
    except BrokenPipeError:
        pass


def _watch(process):
    """The high-water mark of resident memory in KiB, read until the process ends."""
    peak = 0
    while process.poll() is None:
        peak = max(peak, _high_water(process.pid))
        try:
            process.wait(0.005)
        except subprocess.TimeoutExpired:
            pass
    return peak


def _high_water(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        lines = dict(line.split(":", 1) for line in status if ":" in line)
    if lines.get("Name", "").strip() != "postbag":  # still on its way there
        return 0
    return int(lines.get("VmHWM", "0 kB").split()[0])


def _wire(measure):
    """`measure` of the message as it crosses the wire, summed over its parts."""
    return measure(_crlf(_HEADER)) + _BLOCKS * measure(_crlf(_BLOCK))


def _digest():
    block = _crlf(_BLOCK)
    digest = hashlib.sha256(_crlf(_HEADER))
    for _ in range(_BLOCKS):
        digest.update(block)
    return digest.hexdigest()


def _crlf(text):
    return text.replace(b"\n", b"\r\n")
