"""Debian packages that the lab uses without installing them.

apt-get works out what the peers need beyond what the machine has; those packages are downloaded
and unpacked below one folder of the cache, each group of them in a tree of its own. The folder's
name stands for the packages that the machine has, so another state of the machine makes another
folder; a tree that exists is complete. Downloaded packages are kept beside for the next state.
"""

import fcntl
import functools
import hashlib
import os
import re
import shutil
import stat
import subprocess
import tempfile
import time

CORE = ("postfix", "libsasl2-modules", "dovecot-core", "php-cli", "git", "git-email",
        "libmailtools-perl", "s-nail", "mutt", "msmtp", "curl")

# Each is there or missing by itself.
GROUPS = {
    "phpmailer": ("libphp-phpmailer",),
    "symfony": ("php-symfony-mailer",),
    "wordpress": ("wordpress",),
    "systemd-cron": ("systemd-cron",),
    "cron": ("cron",),
    "at": ("at",),
    "bsd-mailx": ("bsd-mailx",),
    "mailutils": ("mailutils",),
    "mime-lite": ("libmime-lite-perl",),
    "email-sender": ("libemail-sender-perl",),
    "ruby": ("ruby-mail",),
    "node": ("nodejs", "node-nodemailer"),
    "emacs": ("emacs-nox",),
    "systemd": ("systemd",),
}
# Large, or their programs are slow: only where all is wanted.
HEAVY = ("emacs", "systemd")
# Other queues, only to be measured against. What they depend on is here; they exclude each other.
QUEUES = {name: (name,) for name in ("nullmailer", "dma")}
# Unpacked without what they depend on: no web server, no data base, no systemd is called.
_ALONE = ("wordpress", "systemd-cron")
# Of the npm registry, if the machine has npm; else Debian's, which is older.
_NODEMAILER = "nodemailer@10"

_PLANNED = re.compile(r"^Inst (\S+) (?:\[\S+\] )?\((\S+) .*\[(\S+)\]\)", re.MULTILINE)
_KEPT_DAYS = 30


class PackagesMissing(Exception):
    """The packages cannot be had: no package lists, no network, no dpkg."""


def peers_trees(groups=()):
    """Makes sure of the core and of these groups (of GROUPS or QUEUES): ({group: tree}, {group: why it is missing}).

    Each tree has a usr/ that is to be laid over /usr. They stay for the life of this process;
    what no process holds any more is removed when the machine's packages have changed and new
    ones are made. Without the core: PackagesMissing."""
    wanted = {"core": CORE, **{name: (GROUPS | QUEUES)[name] for name in groups}}
    folder = os.path.join(_cache_folder(), _machine_state())
    trees = {name: os.path.join(folder, name) for name in wanted}
    lock = _Lock(f"{folder}.lock")
    _HELD.append(lock)
    lock.take(fcntl.LOCK_SH)
    missing = {}
    if not all(map(os.path.isdir, trees.values())):
        lock.take(fcntl.LOCK_EX)
        missing = _complete(trees, wanted)
        lock.take(fcntl.LOCK_SH)
    return {name: tree for name, tree in trees.items() if name not in missing}, missing


_HELD = []


class _Lock:
    """A lock file, held until this object goes."""

    def __init__(self, path):
        self._file = open(path, "w", encoding="ascii")

    def take(self, how):
        fcntl.flock(self._file, how)


def _complete(trees, wanted):
    """Makes the trees that are not there; {group: why not}."""
    folder = os.path.dirname(trees["core"])
    if not os.path.isdir(folder):
        _remove_unused(os.path.dirname(folder))
        os.mkdir(folder, 0o755)
    missing = {}
    for name, tree in trees.items():
        try:
            if not os.path.isdir(tree):
                _make_tree(tree, name, wanted[name])
        except PackagesMissing as reason:
            if name == "core":
                raise
            missing[name] = str(reason)
    _remove_old_packages()
    return missing


def _make_tree(tree, name, packages):
    if name in _ALONE or name in QUEUES:
        plan = _candidates(packages)
    elif name == "core":
        plan = _plan(packages)
    else:
        plan = [one for one in _plan(CORE + packages) if one not in _plan_of_core()]
    _unpack(plan, tree, _install_nodemailer if name == "node" else None)


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
    """A name for what the trees depend on: the peers wanted and the packages installed."""
    wanted = repr((CORE, GROUPS, _ALONE))
    with open("/var/lib/dpkg/status", "rb") as status:
        return hashlib.sha256(wanted.encode() + status.read()).hexdigest()[:16]


class _Package:
    """One package as apt-get names it, and the file that it downloads."""

    def __init__(self, name, version, arch):
        self.word = f"{name}={version}" if arch == "all" else f"{name}:{arch}={version}"
        self.file = f"{name}_{version.replace(':', '%3a')}_{arch}.deb"

    def __eq__(self, other):
        return self.word == other.word


def _plan(names):
    """What installing `names` would bring."""
    done = _apt(["-s", "--no-install-recommends", "install", *names], "no way to the peers")
    return [_Package(*found) for found in _PLANNED.findall(done)]


@functools.cache
def _plan_of_core():
    return _plan(CORE)


def _candidates(names):
    """These packages alone."""
    found = []
    for name in names:
        shown = _apt(["show", "--no-all-versions", name], "no such package", "apt-cache")
        fields = dict(line.split(": ", 1) for line in shown.splitlines() if ": " in line)
        found.append(_Package(name, fields["Version"], fields["Architecture"]))
    return found


def _unpack(plan, tree, more=None):
    """Unpacks beside `tree`, then renames: the folder is there whole or not."""
    debs = _download(plan)
    with tempfile.TemporaryDirectory(dir=os.path.dirname(tree)) as work:
        fresh = os.path.join(work, "tree")
        os.makedirs(os.path.join(fresh, "usr"))
        for deb in debs:
            if _run(["dpkg", "-x", deb, fresh]).returncode != 0:
                os.unlink(deb)
                raise PackagesMissing(f"not a package: {deb}")
        _merge_usr(fresh)
        if more:
            more(fresh)
        os.chmod(fresh, 0o755)
        os.rename(fresh, tree)


def _download(plan):
    """The files of these packages, those of earlier downloads among them."""
    folder = _packages_folder()
    absent = [one.word for one in plan if not os.path.exists(os.path.join(folder, one.file))]
    if absent:
        _apt(["-o", "APT::Sandbox::User=root", "download", *absent], "download failed", cwd=folder)
    paths = [os.path.join(folder, one.file) for one in plan]
    for path in paths:
        if not os.path.exists(path):
            raise PackagesMissing(f"download brought no {os.path.basename(path)}")
        os.utime(path)
    return sorted(paths)


def _packages_folder():
    folder = os.path.join(_cache_folder(), "packages")
    os.makedirs(folder, mode=0o755, exist_ok=True)
    return folder


def _remove_old_packages():
    """Those that no tree has been made of for a month."""
    oldest = time.time() - _KEPT_DAYS * 86400
    for name in os.listdir(_packages_folder()):
        path = os.path.join(_packages_folder(), name)
        if os.path.getmtime(path) < oldest:
            os.unlink(path)


def _install_nodemailer(tree):
    """Below /usr/lib/lab/node_modules."""
    if not shutil.which("npm"):
        return
    done = _run(["npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund",
                 "--prefix", os.path.join(tree, "usr/lib/lab"), _NODEMAILER])
    if done.returncode != 0:
        raise PackagesMissing(f"npm: {_last_line(done.stderr or done.stdout)}")


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


def _apt(words, failure, program="apt-get", cwd=None):
    """What apt says; once more with fresh package lists if it fails."""
    command = [program, "-qq", *words]
    done = _run(command, cwd)
    if done.returncode != 0:
        _update()
        done = _run(command, cwd)
    if done.returncode != 0:
        raise PackagesMissing(f"{failure}: {_last_line(done.stderr)}")
    return done.stdout


@functools.cache
def _update():
    _run(["apt-get", "-qq", "update"])


def _run(command, cwd=None):
    environment = dict(os.environ, LC_ALL="C", DEBIAN_FRONTEND="noninteractive")
    return subprocess.run(command, cwd=cwd, env=environment, text=True, check=False,
                          stdin=subprocess.DEVNULL, capture_output=True)


def _last_line(text):
    return (text.strip().splitlines() or ["no message"])[-1]
