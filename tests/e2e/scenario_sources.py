"""Where the password comes from beside the configuration itself: a systemd credential, a variable
of the environment, a netrc."""

import os

from harness import cases

BOB = "bob@example.net"
PASSWORD = "pa55-word-never-shown"  # of the smarthost; no run may show it
USER = "user@example.org"


def serve(t, *lines):
    """A smarthost that wants a login, and an account without a password."""
    t.smarthost("tls: implicit", "auth: PLAIN")
    t.config("-password", *lines)


def write(t, name, text, mode=0o600):
    path = t.folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


# Credentials


@cases(0o400, 0o440, 0o600)
def test_credential(t, mode):
    """As systemd puts it there: the mode's group is the mask of an ACL."""
    serve(t, "password_credential = mail")
    write(t, "credentials/mail", PASSWORD + "\n", mode)
    t.accepted(t.postbag(BOB, env={"CREDENTIALS_DIRECTORY": str(t.folder / "credentials")}))
    t.equal(t.sessions[0].user, USER)


CREDENTIALS = {
    "no-folder": (None, "mail", 0o400, "there is no CREDENTIALS_DIRECTORY"),
    "missing": ("credentials", "other", 0o400, "No such file"),
    "written": ("credentials", "mail", 0o666, "may write it"),
    "name": ("credentials", "../mail", 0o400, "is no name of a credential"),
}


@cases(**CREDENTIALS)
def test_no_credential(t, row):
    folder, name, mode, words = row
    serve(t, f"password_credential = {name}")
    write(t, "credentials/mail", PASSWORD, mode)
    env = {"CREDENTIALS_DIRECTORY": str(t.folder / folder) if folder else None}
    t.failed(t.postbag(BOB, env=env), 78, "password_credential", words)
    t.nothing_sent()


# The environment


def test_variable(t):
    serve(t, "password_env = SMTP_PASSWORD")
    t.accepted(t.postbag(BOB, env={"SMTP_PASSWORD": PASSWORD}))
    t.failed(t.postbag(BOB), 78, "password_env: there is no variable SMTP_PASSWORD")
    t.failed(t.postbag(BOB, env={"SMTP_PASSWORD": ""}), 78, "password_env: the password is empty")
    t.equal([s.user for s in t.sessions], [USER])


def test_variable_is_not_left_there(t):
    """While the server keeps us waiting, /proc shows nothing of it."""
    t.smarthost("tls: implicit", "auth: PLAIN", "on MAIL: wait 1 | default")
    t.config("-password", "password_env = SMTP_PASSWORD")
    process = t.start("postbag", BOB, env={"SMTP_PASSWORD": PASSWORD})
    process.write(b"Subject: x\n\nx\n")
    process.popen.stdin.close()
    process.popen.stdin = None
    while not any(b"MAIL" in line for s in t.host.sessions for line in s.commands):
        t.true(process.popen.poll() is None, "it has ended")
    with open(f"/proc/{process.popen.pid}/environ", "rb") as environ:
        t.lacks(environ.read(), PASSWORD.encode())
    t.accepted(process.finish())


def test_variable_in_a_dialogue(t):
    """One sendmail -bs, two connections."""
    t.smarthost("tls: implicit", "auth: PLAIN", "on 1/END: default | close")
    t.config("-password", "password_env = SMTP_PASSWORD")
    one = b"MAIL FROM:<a@example.org>\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n"
    body = b"Subject: x\r\n\r\nx\r\n.\r\n"
    run = t.sendmail("-bs", stdin=b"EHLO x\r\n" + one + body + one + body + b"QUIT\r\n",
                     env={"SMTP_PASSWORD": PASSWORD})  # fmt: skip
    t.equal(run.status, 0, "status")
    t.equal([s.user for s in t.sessions], [USER, USER])


# netrc


NETRC = {
    "plain": f"machine 127.0.0.1 login {USER} password {PASSWORD}\n",
    "default": f"default login {USER} password {PASSWORD}\n",
    "no-login": f"machine 127.0.0.1 password {PASSWORD}\n",
    "quoted": f'machine "127.0.0.1"\n\tlogin "{USER}"\n\tpassword "{PASSWORD}"\n',
    "second": f"# mine\nmachine 127.0.0.1 login other password no\nmacdef init\nmachine x\n\n"
    f"machine 127.0.0.1 login {USER} password {PASSWORD}\n",
}


@cases(**NETRC)
def test_netrc(t, text):
    path = write(t, "netrc", text)
    serve(t, f"netrc = {path}")
    t.accepted(t.postbag(BOB))
    t.equal(t.sessions[0].user, USER)


def test_netrc_of_the_second_host(t):
    """The hosts are looked for in their order."""
    path = write(t, "netrc", f"machine localhost login {USER} password {PASSWORD}\n")
    t.smarthost("tls: implicit", "auth: PLAIN")
    t.config("-password", f"netrc = {path}", "host = 127.0.0.1, localhost")
    t.accepted(t.postbag(BOB))


BAD = {
    "other-host": (f"machine mx login {USER} password {PASSWORD}\n", 0o600, f"no password for machine 127.0.0.1, login {USER}"),
    "other-user": (f"machine 127.0.0.1 login me password {PASSWORD}\n", 0o600, "no password for machine"),
    "broken": (f"machine 127.0.0.1\nlogin {USER}\npasswort {PASSWORD}\n", 0o600, "line 3: neither"),
    "read": (NETRC["plain"], 0o604, "others may read it"),
    "written": (NETRC["plain"], 0o620, "group or others may write it"),
}  # fmt: skip


@cases(**BAD)
def test_bad_netrc(t, row):
    """Why, and nothing of what stands in it."""
    text, mode, words = row
    serve(t, f"netrc = {write(t, 'netrc', text, mode)}")
    t.failed(t.postbag(BOB), 78, "netrc", words)
    t.nothing_sent()


def test_netrc_at_home(t):
    """yes is ~/.netrc of the passwd entry; a missing one is an error."""
    serve(t, "netrc = yes")
    if os.path.exists(os.path.expanduser("~/.netrc")):
        return
    t.failed(t.postbag(BOB), 78, ".netrc: No such file")


# One of them


def test_only_one(t):
    serve(t, "password_env = X", "netrc = yes")
    t.failed(t.postbag(BOB), 78, "more than one of password,", "keep one")


def test_a_closer_one_replaces_the_others(t):
    """--set and the account go before what is inherited."""
    path = write(t, "netrc", NETRC["plain"])
    t.smarthost("tls: implicit", "auth: PLAIN")
    t.config(more=["[account other]", "inherit = test", f"netrc = {path}"])
    t.accepted(t.postbag("-a", "other", BOB))
    run = t.postbag("-a", "other", "--set", "password_env=SECRET", "check", env={"SECRET": PASSWORD})
    t.equal(run.status, 0)
    t.match(run.stdout, "--set      password_env = SECRET")
    t.lacks(run.stdout, "netrc")
