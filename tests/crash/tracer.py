"""The system calls of a command, and which of them can go wrong in which way (see inject.c)."""

import errno
import pathlib
import random
import signal
import subprocess
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent

# What each call may fail with; a call that stands nowhere here is only struck by signals.
_READ = ("EIO", "EINTR")
_ROOM = ("EIO", "ENOSPC", "EINTR", "EDQUOT")
_OPEN = ("EIO", "ENOSPC", "EINTR", "EMFILE", "EACCES", "EROFS", "ENOMEM")
_LINK = ("ECONNRESET", "EINTR", "ETIMEDOUT")
ERRORS = {
    "openat": _OPEN,
    "open": _OPEN,
    "read": _READ,
    "pread64": _READ,
    "write": (*_ROOM, "EFBIG", "EPIPE"),
    "pwrite64": (*_ROOM, "EROFS"),
    "writev": _ROOM,
    "fsync": ("EIO", "ENOSPC", "EINTR", "EINVAL"),
    "fdatasync": ("EIO", "ENOSPC", "EINTR"),
    "syncfs": ("EIO",),
    "ftruncate": ("EIO", "ENOSPC"),
    "lseek": ("EIO",),
    "fcntl": ("EINVAL",),
    "flock": ("EINTR", "ENOLCK", "EWOULDBLOCK"),
    "fstat": ("EIO",),
    "fstatfs": ("EIO",),
    "statfs": ("EIO",),
    "newfstatat": ("EIO", "EACCES"),
    "statx": ("EIO",),
    "getdents64": ("EIO",),
    "mkdirat": ("ENOSPC", "EROFS"),
    "mkdir": ("ENOSPC", "EROFS"),
    "unlinkat": ("EIO", "EROFS"),
    "renameat2": ("EIO", "ENOSPC", "EINTR", "EINVAL", "EROFS"),
    "renameat": ("EIO", "ENOSPC", "EROFS"),
    "linkat": ("EIO", "ENOSPC", "EMLINK"),
    "close": ("EIO", "EINTR"),
    "socket": ("EMFILE", "ENOBUFS"),
    "socketpair": ("EMFILE", "ENOBUFS"),
    "bind": ("EADDRINUSE", "EACCES"),
    "listen": ("EADDRINUSE",),
    "accept4": ("EMFILE", "ECONNABORTED", "ENOBUFS"),
    "getsockname": ("ENOBUFS",),
    "signalfd4": ("EMFILE", "ENOMEM"),
    "chmod": ("EPERM", "EROFS"),
    "connect": ("ECONNREFUSED", "EINTR", "ENETUNREACH"),
    "getsockopt": ("ENOBUFS",),
    "sendto": (*_LINK, "EPIPE"),
    "sendmsg": (*_LINK, "EPIPE"),
    "recvfrom": _LINK,
    "recvmsg": _LINK,
    "poll": ("EINTR", "ENOMEM"),
    "ppoll": ("EINTR", "ENOMEM"),
    "pipe2": ("EMFILE",),
    "clone": ("EAGAIN", "ENOMEM"),
    "clone3": ("EAGAIN", "ENOMEM"),
    "fork": ("EAGAIN",),
    "vfork": ("EAGAIN",),
    "wait4": ("EINTR",),
    "getrandom": ("EINTR",),
}
ERRORS_EACH = 2  # of them strike each call, always the same
SHORT = ("write", "pwrite64", "sendto", "read", "pread64", "recvfrom")


@dataclass
class Call:
    """One line of the trace."""

    at: int  # its place in the trace
    process: int
    name: str
    nth: int
    fate: str  # "-" or the fault that struck it
    result: int | None  # None: it never returned
    path: str
    path2: str
    number: int
    data: bytes

    @property
    def key(self):
        return f"{self.process}:{self.name}:{self.nth}"

    @property
    def struck(self):
        return self.fate != "-"

    @property
    def on_socket(self):
        return self.path.startswith("socket:")

    @property
    def sent(self):
        """The octets that were taken."""
        return self.data[: max(self.result or 0, 0)]


def compile_tool(folder, source, *options):
    """Builds one of the C files beside this one; returns the path."""
    name = pathlib.Path(source).stem
    target = pathlib.Path(folder) / (name + (".so" if "-shared" in options else ""))
    command = ["cc", "-O1", "-Wall", *options, "-o", str(target), str(HERE / source)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return target


def parse(path):
    """The trace as a list of Call; `exit` among them."""
    calls = []
    for line in pathlib.Path(path).read_text("utf-8", "surrogateescape").splitlines():
        columns = line.split("\t")
        if len(columns) != 9:
            continue  # cut short by a kill
        result = None if columns[4] == "?" else int(columns[4])
        calls.append(
            Call(len(calls), int(columns[0]), columns[1], int(columns[2]), columns[3], result,
                 columns[5], columns[6], int(columns[7]), bytes.fromhex(columns[8]))
        )  # fmt: skip
    return calls


def interesting(calls, config):
    """The calls from the first look into the configuration on; what goes before is the loader's and
    the C library's."""
    first = next((c.at for c in calls if c.path == str(config)), 0)
    return [c for c in calls if c.name != "exit" and (c.process > 0 or c.at >= first)]


def faults(calls, kind):
    """Every fault of one kind that can strike these calls."""
    found = []
    for call in calls:
        if kind == "kill":
            found.append(f"{call.key}:signal={int(signal.SIGKILL)}")
        elif kind == "term":
            found.append(f"{call.key}:signal={int(signal.SIGTERM)}")
        elif kind == "hup":
            found.append(f"{call.key}:signal={int(signal.SIGHUP)}")
        elif kind == "short" and call.name in SHORT and (call.result or 0) > 1:
            found.append(f"{call.key}:short")
        elif kind == "error":
            names = ERRORS.get(call.name, ())
            names = random.Random(call.key).sample(names, min(len(names), ERRORS_EACH))
            found += [f"{call.key}:error={getattr(errno, name)}" for name in names]
    return found


KINDS = ("kill", "error", "short", "term", "hup")
