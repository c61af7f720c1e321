"""A plain submission opens no library and no file that it does not need, starts no program and
talks to nobody but the server: seen by strace and by the loader's own trace."""

import hashlib
import os
import re
import shutil
import ssl
import subprocess

from harness import MESSAGE, Skip, cases

BOB = "bob@example.net"

# What is linked, and what those load besides that speak TLS, or look a name up.
LIBRARIES = ("libinih", "libc", "ld-linux.*", "linux-vdso")
TLS_LIBRARIES = ("libgnutls", "libidn2", "libunistring", "libp11-kit", "libtasn1", "libnettle", "libhogweed",
                 "libgmp", "libffi")  # fmt: skip
NAME_LIBRARIES = ("libnss_.*", "libresolv", "libm", "libcap", "librt", "libpthread")

ALWAYS = {
    r"/etc/ld\.so\.(cache|preload)": "the loader",
    r"/": "the C library looks whether we are in a chroot before it reads nsswitch.conf",
    r"/etc/nsswitch\.conf": "where users are looked up",
    r"/etc/passwd": "who we are: home and name",
    r"/(var/)?run/nscd/socket": "the same",
    r"{home}/config": "$XDG_CONFIG_HOME: is it ours?",
    r"{folder}/postbag\.conf": "the configuration",
    r"{folder}/aliases": "what the account says",
    r"/etc/mailname": "maildomain",
    r"/etc/localtime": "for Date",
}
TLS = {r"/etc/gnutls/config": "the machine's policy for TLS, read by GnuTLS when it is loaded"}
CA = {**TLS, r"{ca}": "tls_ca_file"}
NAMES = {
    r"/etc/(hosts|host\.conf|resolv\.conf|gai\.conf)": "name lookup",
    r"/dev/null": "standard input of the child that looks names up",
    r"/(etc|run)/.*nss.*|/run/systemd/.*": "name lookup by other means",
}

# The server, keys of the account, and what may be opened besides.
WAYS = {
    "clear": (["tls: off"], [], {}),
    "starttls": (["tls: starttls"], [], CA),
    "implicit": (["tls: implicit"], [], CA),
    "plain": (["tls: implicit", "auth: PLAIN"], [], CA),
    "login": (["tls: implicit", "auth: LOGIN"], [], CA),
    "scram": (["tls: implicit", "auth: SCRAM-SHA-256"], [], CA),
    "password-file": (["tls: implicit", "auth: PLAIN"], ["-password", "password_file = {folder}/secret"],
                      {**CA, r"{folder}/secret": "password_file"}),
    "fingerprint": (["tls: implicit"], ["-tls_ca_file", "tls_fingerprint = {leaf}"], TLS),
    "name": (["tls: off"], ["host = localhost"], NAMES),
    "lmtp": (["listen: unix:{folder}/lmtp", "protocol: lmtp"], [], {r"{folder}/lmtp": "host"}),
}  # fmt: skip


def fill(t, text, quote=str):
    with open(os.path.join(t.context.certificates.folder, "good.pem"), encoding="ascii") as file:
        first = file.read().partition("-----END CERTIFICATE-----")
    leaf = hashlib.sha256(ssl.PEM_cert_to_DER_cert(first[0] + first[1])).hexdigest()
    words = {"folder": t.folder, "home": t.home, "ca": t.context.certificates.ca, "leaf": "sha256:" + leaf}
    for word, value in words.items():
        text = text.replace("{" + word + "}", quote(str(value)))
    return text


def prepare(t, way):
    script, lines, more = WAYS[way]
    secret = t.folder / "secret"
    secret.write_text("pa55-word-never-shown\n", encoding="utf-8")
    secret.chmod(0o600)
    t.smarthost(*[fill(t, line) for line in script])
    t.config(*[fill(t, line) for line in lines])
    return [fill(t, pattern, re.escape) for pattern in (*ALWAYS, *more)]


def run(t, *tracer, env=None):
    done = subprocess.run([*tracer, t.door("postbag"), BOB], input=MESSAGE, env=t.environment(env),
                          capture_output=True, timeout=60)  # fmt: skip
    t.equal((done.returncode, done.stdout), (0, b""), "status and stdout")
    return done.stderr.decode()


def loader(t):
    return {"LD_DEBUG": "files", "LD_DEBUG_OUTPUT": str(t.folder / "loader")}


def loaded(t):
    """The libraries whose initialisation the loader has told of."""
    text = "".join(path.read_text() for path in t.folder.glob("loader.*"))
    return {os.path.basename(path) for path in re.findall(r"calling init: (\S+)", text)}


def is_allowed(library, way):
    speaks_tls = {"tls: starttls", "tls: implicit"} & set(WAYS[way][0])
    names = LIBRARIES + (NAME_LIBRARIES if way == "name" else ()) + (TLS_LIBRARIES if speaks_tls else ())
    return is_one_of(library, names)


def is_one_of(library, names):
    return any(re.fullmatch(rf"{name}\.so(\.\d+)*", library) for name in names)


@cases(*WAYS)
def test_libraries(t, way):
    """Those that are linked, and those of TLS for who speaks it."""
    prepare(t, way)
    run(t, env=loader(t))
    found = loaded(t)
    if any("asan" in name or "ubsan" in name for name in found):
        raise Skip("a build with sanitizers loads more")
    t.equal({name for name in found if not is_allowed(name, way)}, set(), "other libraries")
    t.equal(len(t.messages), 1)


# What no smarthost is asked for.
TASKS = {
    "version": (["--version"], LIBRARIES),
    "list": (["-bp"], LIBRARIES),
    "dry-run": (["--dry-run", BOB], LIBRARIES),
    "queue": (["--queue", BOB], LIBRARIES),
    "international": (["--queue", "bob@b\u00fccher.example"], (*LIBRARIES, "libidn2", "libunistring")),
}


@cases(*TASKS)
def test_libraries_of_tasks(t, task):
    """What sends nothing now loads nothing for it."""
    words, names = TASKS[task]
    t.config("tls = starttls", more=("[queue]", f"dir = {t.folder}/spool"))
    done = t.run("postbag", *words, env=loader(t))
    t.equal(done.status, 0, done.stderr)
    found = loaded(t)
    if any("asan" in name or "ubsan" in name for name in found):
        raise Skip("a build with sanitizers loads more")
    t.equal({name for name in found if not is_one_of(name, names)}, set(), "other libraries")


@cases(*WAYS)
def test_files(t, way):
    """What is opened, looked at or connected to by name; nothing is written."""
    if not shutil.which("strace"):
        raise Skip("no strace")
    patterns = prepare(t, way)
    run(t, env=loader(t))
    if any("asan" in name for name in loaded(t)):
        raise Skip("a build with sanitizers opens more")
    trace = t.folder / "strace"
    run(t, "strace", "-f", "-qq", "-s", "4096", "-e", "trace=%file,socket,connect,%process", "-o", trace)
    calls = [line.split(None, 1)[1] for line in trace.read_text().splitlines()]
    t.equal([c for c in calls if c.startswith("execve")][1:], [], "programs started")
    processes = sum(c.startswith(("fork", "vfork", "clone")) for c in calls)
    t.equal(processes <= int(way == "name"), True, "at most one process, for a name lookup")
    t.equal([c for c in calls if re.search(r"O_(WRONLY|RDWR|CREAT)|^(unlink|rename|mkdir|link|chmod)", c)], [], "writes")
    paths = {path for c in calls if not c.startswith("execve")
             for path in re.findall(r'"(/[^"]*)"', c)}  # fmt: skip
    files = {p for p in paths if not is_allowed(os.path.basename(p), way)}
    t.equal({p for p in files if not any(re.fullmatch(x, p) for x in patterns)}, set(), "other files")
    sockets = [c for c in calls if c.startswith("socket(") and "AF_UNIX" not in c]
    t.true(len(sockets) == int(way != "lmtp") or way == "name", f"sockets: {sockets}")


def test_store_of_the_system(t):
    """Without tls_ca_file one file is read, not a folder of them, and only when a certificate has come."""
    if not shutil.which("strace"):
        raise Skip("no strace")
    t.smarthost("tls: implicit")
    t.config("-tls_ca_file")
    trace = t.folder / "strace"
    subprocess.run(["strace", "-f", "-qq", "-e", "trace=%file,connect", "-o", trace, t.door("postbag"), BOB],
                   input=MESSAGE, env=t.environment(None), capture_output=True, timeout=60, check=False)  # fmt: skip
    text = trace.read_text()
    opened = re.findall(r'openat\(AT_FDCWD, "(/etc/(?:ssl|pki|pkcs11)[^"]*|/usr/(?:share|lib)/\S*p11-kit[^"]*)"', text)
    t.equal(opened, ["/etc/ssl/certs/ca-certificates.crt"])
    t.true(text.index("AF_INET") < text.index("ca-certificates.crt"), "read before the connection")
    t.nothing_sent()
