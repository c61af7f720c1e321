"""Private namespaces: mounts, network, host name and processes of the lab.

The outer process starts itself again inside; whatever way either ends, the kernel ends every
process of the inner namespace and forgets its mounts.

    outer   makes the work folders, starts `unshare`, waits, removes the folders
    inner   is process 1: mounts, then the lab

Only the folder `disk` holds files on the outer file system, so only it is removed with content.
"""

import ctypes
import fcntl
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile

_WORK = "POSTBAG_LAB_WORK"
_TREES = "POSTBAG_LAB_TREES"
_CHROOTED = "POSTBAG_LAB_CHROOTED"
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_MNT_DETACH = 2
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1


def inside():
    """Is this the inner process?"""
    return _WORK in os.environ


def work_folder():
    """Inner process only: where the lab lives, in memory."""
    return os.environ[_WORK]


def groups():
    """Inner process only: the groups of packages that are there."""
    return list(json.loads(os.environ[_TREES])["trees"])


def missing_groups():
    """Inner process only: {group of packages: why it is not there}."""
    return json.loads(os.environ[_TREES])["missing"]


def run_inside(trees, missing):
    """Starts this very command again inside new namespaces; its exit status. `trees` are what
    packages.peers_trees() says."""
    work = tempfile.mkdtemp(prefix="postbag-lab-", dir="/var/tmp")  # on disk
    for name in ("lab", "root", "disk"):
        os.mkdir(os.path.join(work, name))
    try:
        return _run_inner(work, {"trees": trees, "missing": missing})
    finally:
        _remove_work(work)


def _run_inner(work, packages):
    chrooted = not _root_is_mount()
    flags = ["--propagation", "unchanged"] if chrooted else []
    command = ["setpriv", "--pdeathsig", "KILL",
               "unshare", "--mount", "--net", "--uts", "--pid", "--fork", "--kill-child", *flags,
               sys.executable, "-B", *sys.argv]
    environment = dict(os.environ, **{_WORK: work, _TREES: json.dumps(packages),
                                      _CHROOTED: "1" if chrooted else ""})
    child = subprocess.Popen(command, env=environment)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: child.kill())
    while True:
        try:
            status = child.wait()
            return status if status >= 0 else 128 - status
        except KeyboardInterrupt:
            child.kill()


def _remove_work(work):
    root = os.path.join(work, "root")
    # Out of a chroot below a shared mount, the inner bind mount is seen here too.
    ctypes.CDLL(None).umount2(root.encode(), _MNT_DETACH)
    shutil.rmtree(os.path.join(work, "disk"), ignore_errors=True)
    for path in (os.path.join(work, "lab"), root, work):
        os.rmdir(path)


def _root_is_mount():
    """False in a plain chroot, whose mounts cannot be made private where they are."""
    try:
        with open("/proc/self/mountinfo", encoding="utf-8") as table:
            return any(line.split()[4] == "/" for line in table)
    except OSError:
        return False


def build(layer):
    """Inner process: mounts everything; `layer(folder)` fills what lies on top of /usr.

    Afterwards work_folder() + "/lab" is an empty memory file system, /etc, /run, /var/spool and
    /dev may be written to without harm, /usr is the peers' and the machine's together."""
    work = work_folder()
    if os.environ[_CHROOTED]:
        _leave_for_bind_mount(os.path.join(work, "root"))
    os.chmod(work, 0o755)
    lab = os.path.join(work, "lab")
    mount("tmpfs", "tmpfs", lab, "mode=755")
    mount("proc", "proc", "/proc")
    for name in ("usr", "etc", "etc-work"):
        os.mkdir(os.path.join(lab, name))
    layer(os.path.join(lab, "usr"))
    layers = ":".join(f"{tree}/usr" for tree in json.loads(os.environ[_TREES])["trees"].values())
    mount("overlay", "overlay", "/usr", f"lowerdir={lab}/usr:{layers}:/usr")
    mount("overlay", "overlay", "/etc", f"lowerdir=/etc,upperdir={lab}/etc,workdir={lab}/etc-work")
    os.mkdir(os.path.join(lab, "dev"))
    make_devices(os.path.join(lab, "dev"))
    subprocess.run(["mount", "-n", "--rbind", os.path.join(lab, "dev"), "/dev"], check=True)
    for name in ("/run", "/var/spool"):
        mount("tmpfs", "tmpfs", name, "mode=755")
    socket.sethostname("client")
    _loopback_up()
    return lab


def make_devices(folder):
    """The usual devices in an empty folder, where a /dev/log of one's own can be."""
    mount("tmpfs", "tmpfs", folder, "mode=755")
    for name in _DEVICES:
        path = os.path.join(folder, name)
        open(path, "wb").close()
        subprocess.run(["mount", "-n", "--bind", os.path.join("/dev", name), path], check=True)
    os.symlink("/proc/self/fd", os.path.join(folder, "fd"))
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        os.symlink(f"/proc/self/fd/{number}", os.path.join(folder, name))
    os.symlink("pts/ptmx", os.path.join(folder, "ptmx"))
    shared = os.path.join(folder, "shm")
    os.mkdir(shared)
    os.chmod(shared, 0o1777)


def _leave_for_bind_mount(root):
    """The same tree again as a mount of its own, which can be made private."""
    subprocess.run(["mount", "--rbind", "/", root], check=True)
    subprocess.run(["mount", "--make-rprivate", root], check=True)
    os.chroot(root)
    os.chdir("/")


def mount(kind, source, target, options=None):
    """As mount(8), without a trace in /etc/mtab."""
    flags = ["-o", options] if options else []
    subprocess.run(["mount", "-n", "-t", kind, *flags, source, target], check=True)


def _loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(control, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | _IFF_UP))
