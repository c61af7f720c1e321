"""A machine whose process 1 is systemd, made of the lab's own files, in namespaces inside the lab's.

    files       a root in memory: /usr with the build under test installed into it, /etc as the lab
                has it but for systemd, and of systemd's units those alone that an empty machine needs
    kernel      processes, mounts, control groups and the host name are its own; of what belongs to
                all machines, /proc/sys and /sys, it can change nothing
    network     the lab's: the smarthost is there

It needs control groups of version 2, beside version 1 or alone. There it has one group, which goes
with it; one whose lab was killed goes with a later machine."""

import glob
import json
import os
import re
import shutil
import signal
import subprocess
import time

from . import namespace
from .suite import Skipped, expect

_SYSTEMD = "/usr/lib/systemd/systemd"
_UNITS = "/usr/lib/systemd/system"
_WANTED = ("basic.target", "sysinit.target", "local-fs.target", "sockets.target", "timers.target",
           "paths.target", "slices.target", "multi-user.target", "network.target",
           "network-online.target", "shutdown.target", "umount.target", "final.target",
           "systemd-journald.service", "systemd-journald.socket",
           "systemd-journald-dev-log.socket")
_FOLDERS = ("usr", "etc", "dev", "proc", "sys", "run", "tmp", "root", "home", "srv", "old", "var/lib",
            "var/log", "var/spool", "var/cache", "var/tmp")
_BOOT = """set -e
umount -n {work}/groups
cd {root}
mount -n -t proc proc proc
mount -n --bind proc/sys proc/sys
mount -n -o remount,bind,ro proc/sys
mount -n -t sysfs -o ro sysfs sys
mount -n -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
mount -n -t cgroup2 cgroup2 sys/fs/cgroup
hostname machine
pivot_root . old
cd /
umount -n -l /old
mount -n --make-rshared /
exec env -i container=lab PATH=/usr/sbin:/usr/bin LANG=C.UTF-8 %s \\
  --log-target=journal systemd.unit=multi-user.target
""" % _SYSTEMD
_MINUTE = 60
_CONFINED = """[Service]
Type=oneshot
User={user}
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateNetwork=yes
PrivateTmp=yes
Environment=HOME=/nonexistent
StandardInput=file:{files}.in
StandardOutput=file:{files}.out
StandardError=file:{files}.err
ExecStart={words}
"""
_CLEAN = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "LANG": "C.UTF-8",
          "HOME": "/root", "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0", "SYSTEMD_URLIFY": "0"}


class Machine:
    """Up and running from its making to close()."""

    def __init__(self, lab):
        self._work = os.path.join(lab.folder, "machine")
        self._root = os.path.join(self._work, "root")
        self._group = None
        self._units = 0
        for name in ("root", "installed", "etc", "etc-work", "usr", "usr-work", "groups"):
            os.makedirs(os.path.join(self._work, name))
        _install(lab.build, os.path.join(self._work, "installed"))
        self._make_root()
        self._group = self._make_group()
        self._boot()

    def path(self, name):
        """A file of the machine's as the lab sees it."""
        return os.path.join(self._root, name.lstrip("/"))

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)

    def run(self, *command, text="", timeout=60):
        """As root, outside of any unit; the completed process, its output as text."""
        return subprocess.run(self.entering(command), input=text, text=True, env=_CLEAN, cwd="/",
                              capture_output=True, timeout=timeout, check=False)

    def must(self, *command, text=""):
        """The same; the output of a command that has to succeed."""
        done = self.run(*command, text=text)
        expect(done.returncode == 0, f"{' '.join(command)}: exit status {done.returncode}",
               done.stdout + done.stderr)
        return done.stdout

    def entering(self, command):
        """The command line that runs `command` in the machine."""
        return ["nsenter", "-t", str(self._pid), "-a", "--wd", *command]

    def confined(self, user, *command, text=""):
        """The completed process of a unit that has no rights, no network, no home and nothing to
        write to."""
        self._units += 1
        name, files = f"confined{self._units}.service", f"/srv/{self._units}"
        words = " ".join(f'"{word}"' for word in command)
        for stream, octets in (("in", text), ("out", ""), ("err", "")):
            self.write(f"{files}.{stream}", octets)
        self.write(f"/run/systemd/system/{name}",
                   _CONFINED.format(user=user, words=words, files=files))
        self.must("systemctl", "daemon-reload")
        self.run("systemctl", "start", name)
        said = [self._read(f"{files}.{stream}") for stream in ("out", "err")]
        return subprocess.CompletedProcess(command, int(self.show(name, "ExecMainStatus")), *said)

    def journal(self, unit):
        """What the journal has of a unit, as dictionaries."""
        said = self.must("journalctl", "-o", "json", "-u", unit)
        return [json.loads(line) for line in said.splitlines()]

    def show(self, unit, name):
        """A property of a unit."""
        return self.must("systemctl", "show", "--value", "-p", name, unit).strip()

    def close(self):
        if self._group:
            os.kill(self._pid, signal.SIGKILL)
            self._process.wait()
            _remove_group(self._group)

    def _read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def _make_root(self):
        root, work = self._root, self._work
        namespace.mount("tmpfs", "tmpfs", root, "mode=755")
        for name in _FOLDERS:
            os.makedirs(self.path(name))
        for name in ("tmp", "var/tmp"):
            os.chmod(self.path(name), 0o1777)
        for name in ("bin", "sbin", "lib", "lib64"):
            os.symlink(f"usr/{name}", self.path(name))
        try:
            for name, lower in (("usr", f"{work}/installed/usr:/usr"), ("etc", "/etc")):
                namespace.mount("overlay", "overlay", self.path(name), f"lowerdir={lower},"
                                f"upperdir={work}/{name},workdir={work}/{name}-work")
        except subprocess.CalledProcessError as why:
            raise Skipped("no overlay over the lab's own can be mounted") from why
        for name in ("etc/systemd", "usr/lib/systemd/system-generators", "run"):
            namespace.mount("tmpfs", "tmpfs", self.path(name), "mode=755")
        os.mkdir(self.path("etc/systemd/system"))
        self._take_units()
        self._be_empty()
        namespace.make_devices(self.path("dev"))

    def _take_units(self):
        namespace.mount("tmpfs", "tmpfs", self.path(_UNITS), "mode=755")
        for name in _WANTED:
            shutil.copy(os.path.join(_UNITS, name), self.path(_UNITS))
        for path in glob.glob(os.path.join(self._work, f"installed{_UNITS}/*")):
            shutil.copy(path, self.path(_UNITS))
        for name in _WANTED[-2:]:
            wants = self.path(f"{_UNITS}/sockets.target.wants")
            os.makedirs(wants, exist_ok=True)
            os.symlink(f"../{name}", os.path.join(wants, name))

    def _be_empty(self):
        """No user, no configuration, no mount of the lab's or of the machine below."""
        for name in ("passwd", "group"):
            with open(self.path(f"etc/{name}"), encoding="utf-8") as file:
                kept = [line for line in file if not line.startswith("postbag:")]
            self.write(f"etc/{name}", "".join(kept))
        for name in ("etc/postbag.conf", "etc/fstab", "etc/machine-id"):
            if os.path.lexists(self.path(name)):
                os.unlink(self.path(name))
        # without one it would be the first start, and every unit enabled
        self.write("etc/machine-id", f"{os.urandom(16).hex()}\n")

    def _make_group(self):
        groups = os.path.join(self._work, "groups")
        done = subprocess.run(["mount", "-n", "-t", "cgroup2", "cgroup2", groups],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Skipped(f"no version 2 of cgroups: {done.stderr.strip()}")
        with open("/proc/self/cgroup", encoding="ascii") as file:
            own = re.search(r"^0::(/.*)$", file.read(), re.MULTILINE)
        parent = os.path.join(groups, own[1].lstrip("/") if own else "")
        _remove_orphans(parent)
        group = os.path.join(parent, os.path.basename(namespace.work_folder()))
        try:
            os.mkdir(group)
        except OSError as why:
            raise Skipped(f"no cgroup can be made: {why.strerror}") from why
        return group

    def _boot(self):
        script = _BOOT.format(root=self._root, work=self._work)
        enter = f'echo $$ >"{self._group}/cgroup.procs" && exec "$@"'
        with open(os.path.join(self._work, "console"), "wb") as console:
            self._process = subprocess.Popen(
                ["sh", "-c", enter, "sh", "unshare", "--pid", "--fork", "--kill-child", "--cgroup",
                 "--mount", "--uts", "--ipc", "sh", "-c", script], stdin=subprocess.DEVNULL,
                stdout=console, stderr=console)
        self._pid = self._await(self._find_first, "process 1")
        self._await(lambda: self.run("systemctl", "is-active", "multi-user.target").returncode == 0,
                    "multi-user.target")

    def _find_first(self):
        """The process that is number 1 there, once it is systemd."""
        own = self._process.pid
        with open(f"/proc/{own}/task/{own}/children", encoding="ascii") as file:
            children = file.read().split()
        if children and os.path.exists(self.path("run/systemd/private")):
            return int(children[0])
        return None

    def _await(self, found, what, timeout=30):
        end = time.monotonic() + timeout
        while time.monotonic() < end and self._process.poll() is None:
            if result := found():
                return result
            time.sleep(0.02)
        with open(os.path.join(self._work, "console"), encoding="utf-8") as console:
            raise AssertionError(f"systemd does not start: no {what}\n{console.read()}")


def _install(build, folder):
    if not build or not os.path.exists(os.path.join(build, "build.ninja")):
        raise Skipped("the binary stands in no folder of meson's to install from")
    done = subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--quiet",
                           "--destdir", folder], capture_output=True, text=True, check=False)
    expect(done.returncode == 0, "meson install", done.stdout + done.stderr)


def _remove_orphans(parent):
    """Groups whose lab was killed: nobody is in them, and not because they are just being made."""
    for path in glob.glob(os.path.join(parent, "postbag-lab-*")):
        try:
            with open(os.path.join(path, "cgroup.events"), encoding="ascii") as file:
                empty = "populated 0" in file.read()
            if empty and os.stat(path).st_mtime < time.time() - _MINUTE:
                _remove_group(path, timeout=0)
        except OSError:
            pass  # another lab has removed it


def _remove_group(top, timeout=10):
    """Waits for the processes that are still on their way out."""
    end = time.monotonic() + timeout
    while True:
        for folder, _, _ in os.walk(top, topdown=False):
            try:
                os.rmdir(folder)
            except OSError:
                pass
        if not os.path.exists(top) or time.monotonic() > end:
            return
        time.sleep(0.02)
