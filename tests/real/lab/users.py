"""The lab's users and names: passwd, group, hosts, resolver."""

import os
import pwd

DOMAIN = "lab.example"
SMARTHOST = f"smtp.{DOMAIN}"

# name, uid, group, home below the lab (None: none)
_USERS = (
    ("postfix", 64101, "postfix", None),
    ("dovecot", 64102, "dovecot", None),
    ("dovenull", 64103, "dovenull", None),
    ("vmail", 64104, "vmail", None),
    ("alice", 64105, "alice", "home/alice"),
    ("postbag", 64106, "postbag", None),
)
_GROUPS = (("postdrop", 64201),)


def write(lab):
    """Fills the private /etc and makes the homes."""
    names = {user[0] for user in _USERS} | {group[0] for group in _GROUPS}
    _append("/etc/passwd", names,
            [f"{name}:x:{uid}:{uid}:Alice Example:{_home(lab, home)}:/bin/sh"
             for name, uid, _, home in _USERS])
    _append("/etc/group", names,
            [f"{group}:x:{uid}:" for _, uid, group, _ in _USERS]
            + [f"{name}:x:{gid}:" for name, gid in _GROUPS])
    _replace("/etc/hosts", f"127.0.0.1 localhost\n127.0.0.1 {SMARTHOST}\n")
    _replace("/etc/resolv.conf", "nameserver 127.0.0.1\n")
    _replace("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n")
    _replace("/etc/mailname", f"client.{DOMAIN}\n")
    for name, uid, _, home in _USERS:
        if home:
            os.makedirs(_home(lab, home))
            os.chown(_home(lab, home), uid, uid)


def own(path, name):
    """Gives a file to one of the lab's users."""
    user = pwd.getpwnam(name)
    os.chown(path, user.pw_uid, user.pw_gid)


def as_user(name, command):
    """`command` as run by an ordinary user without any privilege."""
    user = pwd.getpwnam(name)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups",
            "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all", *command]


def _home(lab, home):
    return os.path.join(lab, home) if home else "/nonexistent"


def _append(path, names, lines):
    with open(path, encoding="utf-8") as old:
        kept = [line for line in old.read().splitlines() if line.split(":")[0] not in names]
    _replace(path, "\n".join(kept + lines) + "\n")


def _replace(path, text):
    """A new file, never through a symbolic link that leads out of the private /etc."""
    if os.path.lexists(path):
        os.unlink(path)
    with open(path, "w", encoding="utf-8") as new:
        new.write(text)
