"""Debian packages that the lab uses without installing them.

apt-get works out what the peers need beyond what the machine has; those packages are downloaded
and unpacked into one folder of the cache. Its name stands for the packages that the machine has,
so another state of the machine makes another folder, and a folder that exists is complete.
"""

import fcntl
import hashlib
import os
import re
import shutil
import stat
import subprocess
import tempfile

PEERS = ("postfix", "libsasl2-modules", "dovecot-core", "php-cli", "git", "git-email",
         "libmailtools-perl", "s-nail", "mutt", "msmtp", "curl")

_PLANNED = re.compile(r"^Inst (\S+) (?:\[\S+\] )?\((\S+) .*\[(\S+)\]\)", re.MULTILINE)


class PackagesMissing(Exception):
    """The packages cannot be had: no package lists, no network, no dpkg."""


def peers_tree():
    """The folder that holds the unpacked peers; its usr/ is to be laid over /usr.

    It stays for the life of this process; what no process holds any more is removed when the
    machine's packages have changed and a new one is made."""
    tree = os.path.join(_cache_folder(), _machine_state())
    lock = _Lock(f"{tree}.lock")
    while True:
        lock.take(fcntl.LOCK_EX)
        if not os.path.isdir(tree):
            _remove_unused(os.path.dirname(tree))
            _unpack(_plan(PEERS), tree)
        lock.take(fcntl.LOCK_SH)
        if os.path.isdir(tree):
            _HELD.append(lock)
            return tree


_HELD = []


class _Lock:
    """A lock file, held until this object goes."""

    def __init__(self, path):
        self._file = open(path, "w", encoding="ascii")

    def take(self, how):
        fcntl.flock(self._file, how)


def _remove_unused(cache):
    for name in os.listdir(cache):
        tree = os.path.join(cache, name)
        if os.path.isdir(tree) and os.path.exists(f"{tree}.lock"):
            try:
                _Lock(f"{tree}.lock").take(fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(tree)
            except BlockingIOError:
                pass


def _machine_state():
    """A name for what the tree depends on: the peers wanted and the packages installed."""
    with open("/var/lib/dpkg/status", "rb") as status:
        return hashlib.sha256(" ".join(PEERS).encode() + status.read()).hexdigest()[:16]


def _plan(names):
    """What installing `names` would bring, as sorted name:arch=version words."""
    command = ["apt-get", "-s", "-qq", "--no-install-recommends", "install", *names]
    done = _run(command)
    if done.returncode != 0:
        _run(["apt-get", "-qq", "update"])
        done = _run(command)
    if done.returncode != 0:
        raise PackagesMissing(f"apt-get finds no way to the peers: {_last_line(done.stderr)}")
    return sorted(f"{name}:{arch}={version}".replace(":all=", "=")
                  for name, version, arch in _PLANNED.findall(done.stdout))


def _unpack(plan, tree):
    """Downloads and unpacks beside `tree`, then renames: the folder is there whole or not."""
    with tempfile.TemporaryDirectory(dir=os.path.dirname(tree)) as work:
        fresh = os.path.join(work, "tree")
        os.makedirs(os.path.join(fresh, "usr"))
        _download(plan, work)
        for name in sorted(os.listdir(work)):
            if name.endswith(".deb"):
                subprocess.run(["dpkg", "-x", os.path.join(work, name), fresh], check=True)
        _merge_usr(fresh)
        os.chmod(fresh, 0o755)
        os.rename(fresh, tree)


def _download(plan, folder):
    if not plan:
        return
    command = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", *plan]
    done = _run(command, cwd=folder)
    if done.returncode != 0:
        _run(["apt-get", "-qq", "update"])
        done = _run(command, cwd=folder)
    if done.returncode != 0:
        raise PackagesMissing(f"download failed: {_last_line(done.stderr)}")


def _merge_usr(tree):
    """Moves bin, sbin and lib below usr, where the machine's own files are, too."""
    for name in ("bin", "sbin", "lib", "lib64"):
        old = os.path.join(tree, name)
        if os.path.isdir(old) and not os.path.islink(old):
            shutil.copytree(old, os.path.join(tree, "usr", name), symlinks=True,
                            dirs_exist_ok=True)
            shutil.rmtree(old)


def _cache_folder():
    """A folder that only this user can have filled: what is in it runs as root."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    folder = os.path.join(base if base.startswith("/") else "/var/tmp", "postbag-peers")
    os.makedirs(folder, mode=0o755, exist_ok=True)
    found = os.lstat(folder)
    safe = (stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
            and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH))
    if not safe:
        raise PackagesMissing(f"{folder} is not a folder of this user alone; remove it")
    return folder


def _run(command, cwd=None):
    environment = dict(os.environ, LC_ALL="C", DEBIAN_FRONTEND="noninteractive")
    return subprocess.run(command, cwd=cwd, env=environment, text=True, check=False,
                          stdin=subprocess.DEVNULL, capture_output=True)


def _last_line(text):
    return (text.strip().splitlines() or ["no message"])[-1]
