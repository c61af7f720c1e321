"""The configuration through the command line: values, mistakes, the choice of the account."""

import os
import string

from harness import cases

PRINTABLE = "".join(c for c in string.printable if c.isprintable())


def login_with(t, password, mechanism="PLAIN", written=None):
    """A password in the file reaches the server as it is."""
    t.smarthost("tls: implicit", "auth: " + mechanism)
    t.host.script.options["password"] = password
    t.config("password = " + (written or password))
    t.accepted(t.postbag("bob@example.net"))
    t.equal(t.sessions[0].user, "user@example.org")


@cases(
    semicolon="pa ;ss", hash="pa #ss", quotes='"pa\'ss"', colon="a:b=c", brackets="[x]",
    leading=";pa", hash_first="#pa", equals="=pa=", backslash="pa\\n\\", utf8="pä55-₿-wörd",
    long="x" * 4000, blanks="a   b", percent="%40%s",
)  # fmt: skip
def test_password(t, password):
    login_with(t, password)


@cases("PLAIN", "LOGIN", "SCRAM-SHA-256")
def test_password_all_printable(t, mechanism):
    login_with(t, PRINTABLE.strip(), mechanism, PRINTABLE.strip().replace("$", "$$"))


def test_password_dollar(t):
    """$$ is one, and a dollar sign before anything but { is itself."""
    login_with(t, "a$b$", written="a$b$$")


def test_password_from_environment(t):
    t.smarthost("tls: implicit", "auth: PLAIN")
    t.config("password = ${MY_SECRET}")
    secret = "pa55-word-never-shown"
    t.accepted(t.postbag("bob@example.net", env={"MY_SECRET": secret}))
    run = t.postbag("bob@example.net")
    t.failed(run, 78, "MY_SECRET", "postbag.conf:")


def test_value_of_4000_octets(t):
    """Whole, not cut at some line length."""
    t.smarthost("tls: off")
    words = "x" * 4000
    t.config("from_name = " + words)
    t.accepted(t.postbag("bob@example.net", stdin=b"Subject: x\n\nb\n"))
    t.match("".join(t.message().field("From")).replace(" ", ""), words)


def test_continuation(t):
    t.smarthost("tls: off")
    t.config("from_name = Ann\n  the\n\tWriter")
    t.accepted(t.postbag("bob@example.net", stdin=b"Subject: x\n\nb\n"))
    t.match(t.message().field("From")[0], "Ann the Writer")


MISTAKES = {
    "unknown_key": ("[account a]\nhots = x\n", ":2: ", "host"),
    "unknown_section": ("[acount a]\nhost = x\n", ":1: ", "account"),
    "twice": ("[account a]\nhost = x\nhost = y\n", ":3: ", "already"),
    "no_section": ("host = x\n", ":1: ", ""),
    "no_equals": ("[account a]\nhost\n", ":2: ", ""),
    "open_bracket": ("[account a\nhost = x\n", ":1: ", ""),
    "bad_port": ("[account a]\nhost = x\nport = 99999\n", ":3: ", "port"),
    "bad_number": ("[account a]\nhost = x\nport = 25x\n", ":3: ", "port"),
    "bad_choice": ("[account a]\nhost = x\ntls = maybe\n", ":3: ", "starttls"),
    "bad_duration": ("[account a]\nhost = x\ntimeout = soon\n", ":3: ", "timeout"),
    "bad_bool": ("[account a]\nhost = x\nset_date = perhaps\n", ":3: ", "yes"),
    "bad_address": ("[account a]\nhost = x\nfrom = nobody at all\n", ":3: ", "from"),
    "unset_variable": ("[account a]\nhost = ${NO_SUCH}\n", ":2: ", "NO_SUCH"),
    "nul": ("[account a]\nhost = a\0b\n", ":2: ", ""),
    "not_utf8": (b"[account a]\nhost = \xff\n", ":2: ", ""),
    "inherit_nobody": ("[account a]\nhost = x\ninherit = b\n", ":", "b"),
    "inherit_circle": ("[account a]\nhost = x\ninherit = b\n[account b]\ninherit = a\n", ":", ""),
    "no_host": ("[account a]\nfrom = a@b.example\n", "", "host"),
    "long_key": ("[account a]\n" + "k" * 60 + " = x\n", ":2: ", ""),
    "user_without_password": ("[account a]\nhost = x\nuser = u\n", "", "password"),
    "two_passwords": (
        "[account a]\nhost = x\nuser = u\npassword = p\npassword_file = /f\n", "", "password_file",
    ),
}  # fmt: skip


@cases(**MISTAKES)
def test_mistake(t, row):
    """78; file and line; what was meant."""
    text, place, word = row
    t.raw_config(text)
    run = t.postbag("bob@example.net")
    t.failed(run, 78, word)
    if place:
        t.match(run.stderr, str(t.config_file) + place)
    t.equal(t.postbag("check", stdin=b"").status, 78)


def two_accounts(t, first, second, top=""):
    """Accounts one and two; each shows itself by its sender."""
    t.smarthost("tls: off")
    common = f"host = 127.0.0.1\nport = {t.host.port}\ntls = off\n"
    t.raw_config(
        f"{top}[account one]\n{common}from = one@example.org\n{first}\n"
        f"[account two]\n{common}from = two@example.org\n{second}\n"
    )


CHOICES = {
    "first": (("", ""), [], "one"),
    "named": (("", ""), ["-a", "two"], "two"),
    "default": (("", "default = yes"), [], "two"),
    "match_sender": (("", "match = *@two.example"), ["-f", "x@two.example"], "two"),
    "match_header": (("", "match = ann@example.org"), [], "two"),
    "sender_before_header": (
        ("match = ann@example.org", "match = *@two.example"), ["-f", "x@two.example"], "two",
    ),
    "match_before_default": (("default = yes", "match = ann@example.org"), [], "two"),
    "named_before_match": (("", "match = ann@example.org"), ["--account=one"], "one"),
}  # fmt: skip


@cases(**CHOICES)
def test_choice(t, row):
    (first, second), args, chosen = row
    two_accounts(t, first, second)
    run = t.postbag("--json", *args, "bob@example.net")
    t.equal(run.status, 0)
    t.match(run.stdout, f'"account":"{chosen}"')


def test_no_such_account(t):
    two_accounts(t, "", "")
    t.failed(t.postbag("-a", "three", "bob@example.net"), 78, "three", "one", "two")


def test_inherit_and_defaults(t):
    two_accounts(t, "domain = one.example", "inherit = one", "[defaults]\ndomain = all.example\n")
    t.accepted(t.postbag("-a", "two", "bob@example.net"))
    t.accepted(t.postbag("-a", "two", "--set", "domain=set.example", "bob@example.net"))
    t.equal([s.hello for s in t.sessions], ["one.example", "set.example"])


def test_user_file_before_system(t):
    """$XDG_CONFIG_HOME counts if it belongs to the user; no -C, no $POSTBAG_CONFIG."""
    t.smarthost("tls: off")
    folder = t.home / "config" / "postbag"
    folder.mkdir(parents=True)
    os.rename(t.config_file, folder / "config")
    t.accepted(t.postbag("bob@example.net", env={"POSTBAG_CONFIG": None}))
    t.equal(len(t.messages), 1)


def test_no_config(t):
    t.drop_to("nobody")
    run = t.postbag("bob@example.net", env={"POSTBAG_CONFIG": None})
    if os.path.exists("/etc/postbag.conf"):
        return
    t.failed(run, 78, "postbag help config", "config/postbag/config", "POSTBAG_URL=", "no /nonexistent")


def test_missing_config(t):
    t.failed(t.postbag("-C", "/nonexistent/file", "bob@example.net"), 78, "/nonexistent/file")


URLS = {
    "plain": ("smtp://127.0.0.1:{port}?tls=off&from=me@example.org", b"me@example.org", "off"),
    "login": (
        "smtps://me%40example.org:pa55-word-never-shown@127.0.0.1:{port}?tls_ca_file={ca}",
        b"me@example.org", "implicit",
    ),
}  # fmt: skip


@cases(**URLS)
def test_url(t, row):
    """$POSTBAG_URL makes an account and makes it the default."""
    url, sender, tls = row
    auth = ["auth: PLAIN", "user: me@example.org"] if tls == "implicit" else []
    t.smarthost("tls: " + tls, *auth)
    url = url.format(port=t.host.port, ca=t.context.certificates.ca)
    run = t.postbag("bob@example.net", env={"POSTBAG_URL": url})
    t.accepted(run)
    t.equal(t.message().sender, sender)


@cases("http://x", "smtp://", "smtp://h:99999", "smtp://h?nokey=1", "smtp://u%zz@h", "smtp:h", "x")
def test_bad_url(t, url):
    """78; and the URL, which may hold a password, is not repeated."""
    t.smarthost("tls: off")
    run = t.postbag("bob@example.net", env={"POSTBAG_URL": url.replace("u%", "u:s3cret%")})
    t.failed(run, 78)
    t.lacks(run.stderr, "s3cret")


@cases(readable=0o644, group=0o640, writable=0o622)
def test_permissions_of_secrets(t, mode):
    """A literal secret that others can read, or a file that they can write, is refused."""
    t.smarthost("tls: starttls", "auth: PLAIN")
    t.drop_to("nobody")
    t.config()
    t.config_file.chmod(mode)
    run = t.postbag("bob@example.net")
    if mode == 0o640:
        t.accepted(run)  # for a group that shares the account
    else:
        t.failed(run, 78, "chmod")
        t.equal(t.sessions, [])


def test_config_of_somebody_else(t):
    """A configuration with a secret that belongs to a third user."""
    t.smarthost("tls: starttls", "auth: PLAIN")
    t.drop_to("nobody")
    os.chown(t.config_file, 1, t.user.pw_gid)
    t.config_file.chmod(0o640)
    t.failed(t.postbag("bob@example.net"), 78)


def test_without_secret_anyone_may_read(t):
    t.smarthost("tls: off")
    t.config_file.chmod(0o644)
    t.accepted(t.postbag("bob@example.net"))


def test_sendmail_dash_c(t):
    """In sendmail's door -C takes only root's own file; $POSTBAG_CONFIG any."""
    t.smarthost("tls: off")
    t.drop_to("nobody")
    t.config()
    t.config_file.chmod(0o644)
    t.failed(t.sendmail("-C", str(t.config_file), "bob@example.net"), 78)
    t.accepted(t.sendmail("bob@example.net"))
    os.chown(t.config_file, 0, 0)
    t.accepted(t.sendmail("-C", str(t.config_file), "bob@example.net"))


def test_check(t):
    """The effective account, without its secret."""
    t.smarthost("tls: starttls", "auth: PLAIN")
    run = t.postbag("check", stdin=b"")
    t.equal((run.status, run.stderr), (0, ""))
    t.match(run.stdout, "127.0.0.1")
    t.equal(t.sessions, [])


def test_set(t):
    t.smarthost("tls: off")
    t.accepted(t.postbag("--set", "domain=set.example", "bob@example.net"))
    t.equal(t.sessions[0].hello, "set.example")
    t.failed(t.postbag("--set", "dmoain=x", "bob@example.net"), 64, "domain")


def test_check_says_what_follows(t):
    """Port and TLS that nobody wrote, the accounts beside it, and that all is well."""
    t.config_file.write_text("[account a]\nhost = localhost\n[account b]\nhost = localhost:587\n[account c]\nhost = x\nport = 2525\n")
    run = t.postbag("check")
    t.equal((run.status, run.stderr), (0, ""))
    for words in ("built-in   port = 465", "built-in   tls = implicit", "other accounts: b, c", "no mistakes; `postbag test` tries it"):
        t.match(run.stdout, words)
    if not os.path.exists("/etc/mailname"):
        t.match(run.stdout, "note: without from or maildomain")
    t.lacks(t.postbag("--set", "from=a@example.org", "check").stdout, "note: without from")
    t.lacks(t.postbag("--set", "maildomain=example.org", "check").stdout, "note: without from")
    run = t.postbag("-a", "b", "check")
    t.match(run.stdout, "built-in   tls = starttls")
    t.lacks(run.stdout, "port = ")
    t.match(t.postbag("-a", "c", "check").stdout, "account    port = 2525")
    t.failed(t.postbag("check", "bob@example.net"), 64, "check takes no operand", "postbag test ADDRESS")


@cases(
    port=("[account a]\nhost = smtp.example.com 587\n", 'host: "587" is no host; write a port as in smtp.example.com:587'),
    account=("account default\nhost smtp.example.com\n", "a section without brackets"),
    defaults=("defaults\ntls on\n", '"[defaults]"'),
)  # fmt: skip
def test_as_others_write_it(t, row):
    """What comes over from the file of another program is told in our words."""
    text, words = row
    t.config_file.write_text(text)
    t.failed(t.postbag("check"), 78, words)


@cases(
    key=(["--host=x", "bob@example.net"], "host is a key of the account: --set host=VALUE"),
    near=(["--jsno", "bob@example.net"], "did you mean --json?"),
    far=(["wobble"], "--help lists the commands"),
)
def test_hints_of_the_call(t, row):
    args, words = row
    t.failed(t.postbag(*args), 64, words)
