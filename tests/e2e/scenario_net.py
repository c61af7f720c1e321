"""The way to the server: proxies, several hosts, addresses, and one deadline over all of it."""

import contextlib
import re
import socket

from harness import cases
from namespace import NameServer, private
from proxies import Proxy

BOB = "bob@example.net"
SECRET = "prox%40y-pa55"  # as it stands in a URL
PLAIN = "prox@y-pa55"


# Proxies


@cases(*[f"{kind} {tls} {login}" for kind in ("socks5", "http") for tls in ("off", "starttls", "implicit")
         for login in ("open", "login")])  # fmt: skip
def test_proxy(t, row):
    """The proxy looks the name up, and TLS goes through it."""
    kind, tls, login = row.split()
    t.smarthost("tls: " + tls)
    login = ("me", PLAIN) if login == "login" else None
    with Proxy(kind, login) as proxy:
        url = proxy.url.replace(PLAIN, SECRET)
        t.config("host = mail.example.net", f"proxy = {url}")
        t.accepted(t.postbag(BOB))
    t.equal(proxy.asked, [f"mail.example.net:{t.host.port}"])
    t.equal(proxy.logins, [login] if login else [])


def test_proxy_to_an_address(t):
    t.smarthost("tls: off")
    with Proxy("socks5") as proxy:
        t.config("host = 127.0.0.1, [::1]", f"proxy = {proxy.url}")
        t.accepted(t.postbag(BOB))
    t.equal(proxy.asked, [f"127.0.0.1:{t.host.port}"])


# What the proxy does: the exit status, its words and the remedy.
REFUSALS = {
    "socks-rules": (dict(kind="socks5", refuse=b"\5\2\0\1\0\0\0\0\0\0"), 77, "not allowed by its rules", "operator"),
    "socks-unreachable": (dict(kind="socks5", refuse=b"\5\4\0\1\0\0\0\0\0\0"), 75, "host unreachable", "looks the name up"),
    "socks-refused": (dict(kind="socks5", refuse=b"\5\5"), 75, "connection refused", "check host and port"),
    "socks-closed": (dict(kind="socks5", refuse=b""), 75, "the proxy closed the connection", ""),
    "socks-login": (dict(kind="socks5", login=("me", "other")), 77, "wants one|takes no login", "user:password@"),
    "http-login": (dict(kind="http", login=("me", "other")), 77, "407 Who are you", "user:password@"),
    "http-forbidden": (dict(kind="http", refuse=b"HTTP/1.1 403 Forbidden\r\n\r\n"), 77, "403 Forbidden", "CONNECT"),
    "http-gateway": (dict(kind="http", refuse=b"HTTP/1.0 502 Bad Gateway\r\n\r\n"), 75, "502 Bad Gateway", "reach the server"),
    "web-server": (dict(kind="http", refuse=b"HTTP/1.1 404 Not Found\r\n\r\n"), 69, "404 Not Found", "HTTP proxy?"),
    "http-is-smtp": (dict(kind="http", front=b"220 mail.example.net ESMTP\r\n"), 76, "does not speak HTTP", "socks5://"),
    "socks-is-http": (dict(kind="socks5", front=b"HTTP/1.1 400 Bad Request\r\n\r\n"), 76, "does not speak SOCKS", "http://"),
}  # fmt: skip


@cases(**REFUSALS)
def test_refusing_proxy(t, row):
    """Its words and the remedy; the server is not asked by any other way."""
    how, status, words, remedy = row
    t.smarthost("tls: off")
    with Proxy(**how) as proxy:
        t.config("host = mail.example.net", f"proxy = {how['kind']}://{proxy.place}")
        run = t.postbag("-v", BOB)
    t.failed(run, status, re.compile(words), "through 127.0.0.1", remedy)
    t.equal(t.sessions, [])


@cases("socks5", "http")
def test_wrong_login_at_a_proxy(t, kind):
    """It is tried once, for no other server, and shown nowhere."""
    t.smarthost("tls: off")
    with Proxy(kind, ("me", PLAIN)) as proxy:
        wrong = "not-" + PLAIN
        t.config("host = mail.example.net, mx.example.net", f"proxy = {kind}://me:{wrong.replace('@', '%40')}@{proxy.place}")  # fmt: skip
        run = t.postbag("-vv", BOB)
    t.failed(run, 77, "the proxy refuses", "check user and password")
    t.equal(proxy.logins, [("me", wrong)])
    t.lacks(run.stderr, "pa55")


@cases("socks5", "http")
def test_proxy_password_is_a_secret(t, kind):
    """Not in -vv, check, --dry-run, test; and the file must be private."""
    t.smarthost("tls: off")
    with Proxy(kind, ("me", PLAIN)) as proxy:
        t.config("host = mail.example.net", f"proxy = {proxy.url.replace(PLAIN, SECRET)}")
        runs = [t.postbag("-vv", BOB), t.postbag("check"), t.postbag("--dry-run", "-vv", BOB), t.postbag("test")]
        t.equal([run.status for run in runs], [0, 0, 0, 0])
        for run in runs:
            t.lacks(run.stdout + run.stderr, "pa55")
        t.match(runs[1].stdout, f"proxy = {kind}://me:***@127.0.0.1")
        t.config_file.chmod(0o644)
        t.failed(t.postbag(BOB), 78, "read")


@cases("start", "request")
def test_silent_proxy(t, step):
    """It counts as the connection, within connect_timeout and timeout."""
    for kind in ("socks5", "http"):
        with Proxy(kind, silent=step) as proxy:
            t.config("host = mail.example.net", f"proxy = {kind}://{proxy.place}", "connect_timeout = 1")
            run = t.postbag(BOB)
        t.failed(run, 75, "the proxy gave no answer in time")
        t.true(0.9 <= run.seconds <= 3, f"took {run.seconds:.1f} s")


def test_dead_proxy(t):
    with t.closed_port() as port:
        t.config("host = mail.example.net", f"proxy = socks5://127.0.0.1:{port}")
        t.failed(t.postbag(BOB), 75, "proxy: 127.0.0.1", "refused")


def test_no_proxy_for_a_socket(t):
    path = t.folder / "lmtp"
    t.smarthost(f"listen: unix:{path}", "protocol: lmtp")
    t.config("proxy = socks5://127.0.0.1:1")
    t.accepted(t.postbag(BOB))


MISTAKES = ("127.0.0.1:1080", "socks4://127.0.0.1", "http://127.0.0.1", "socks5://me:a%@b", "socks5://a:70000")


@cases(*MISTAKES)
def test_proxy_misspelled(t, url):
    t.config(f"proxy = {url}")
    t.failed(t.postbag(BOB), 78, "proxy: ", "write socks5://host:port or http://host:port")


# Several hosts. Each way of being of no use leaves the next one its time.

HANGING = {
    "greeting": ["tls: off", "on GREETING: stall"],
    "drip": ["tls: off", "on GREETING: drip 0.3"],
    "ehlo": ["tls: off", "on EHLO: stall"],
    "tls": ["tls: implicit", "on TLS: stall"],
    "starttls": ["tls: starttls", "on TLS: stall"],
    "full": ["tls: off", "on GREETING: reply 421 4.3.2 Full | close"],
    "closed": ["tls: off", "on GREETING: close"],
}


@cases(**HANGING)
def test_next_host(t, script):
    """Within the one deadline, and -v names each attempt."""
    t.smarthost(*script)
    first = t.host.port
    t.smarthost(script[0])
    t.config(f"host = 127.0.0.1:{first}, 127.0.0.1:{t.host.port}", "-port", "timeout = 4")
    run = t.postbag("-v", BOB)
    t.equal(run.status, 0, "status")
    t.equal(len(t.messages), 1)
    t.match(run.stderr, f"note: trying 127.0.0.1 port {first}")
    t.match(run.stderr, "note: on to the next server: ")
    t.match(run.stderr, f"note: trying 127.0.0.1 port {t.host.port}")
    t.true(run.seconds <= 4, f"took {run.seconds:.1f} s")
    t.allow("")  # the first session is cut off


@contextlib.contextmanager
def dead(t, how):
    """An entry of `host` that leads nowhere."""
    if how == "refusing":
        with t.closed_port() as port:
            yield f"127.0.0.1:{port}"
    elif how == "black-hole":
        with t.black_hole() as port:
            yield f"127.0.0.1:{port}"
    elif how == "no-socket":
        yield "/nonexistent/socket"
    else:
        yield "no-such-host.invalid"


@cases("refusing", "black-hole", "no-socket", "no-name")
def test_dead_host(t, how):
    t.smarthost("tls: off")
    with dead(t, how) as entry:
        t.config(f"host = {entry}, 127.0.0.1:{t.host.port}", "-port", "timeout = 8")
        run = t.postbag("-v", BOB)
    t.equal(run.status, 0, "status")
    t.equal(len(t.messages), 1)
    t.match(run.stderr, "note: trying " + entry.replace(":", " port "))
    t.match(run.stderr, "note: on to the next server: ")
    t.true(run.seconds <= 8, f"took {run.seconds:.1f} s")


def test_budget_leaves_time_for_the_next(t):
    """With mode = try the budget is the deadline: nothing is queued while a server is well."""
    t.smarthost("tls: off", "on GREETING: stall")
    first = t.host.port
    t.smarthost("tls: off")
    t.config(f"host = 127.0.0.1:{first}, 127.0.0.1:{t.host.port}", "-port",
             more=["[queue]", "mode = try", "budget = 4s", f"dir = {t.folder / 'spool'}"])  # fmt: skip
    run = t.postbag(BOB)
    t.accepted(run)
    t.equal(len(t.messages), 1)
    t.true(run.seconds <= 4, f"took {run.seconds:.1f} s")


def test_all_dead(t):
    """The last one's reason, temporary."""
    with t.closed_port() as one, t.black_hole() as other:
        t.config(f"host = 127.0.0.1:{one}, 127.0.0.1:{other}", "tls = off", "timeout = 2")
        run = t.postbag("-v", BOB)
    t.failed(run, 75, f"127.0.0.1 port {other} cannot be reached", "127.0.0.1: Connection refused")
    t.true(run.seconds <= 3, f"took {run.seconds:.1f} s")


def test_connect_timeout_covers_the_greeting(t):
    """Name lookup, connection and greeting of one host together."""
    t.smarthost("tls: off", "on GREETING: stall")
    t.config("connect_timeout = 1")
    run = t.postbag(BOB)
    t.failed(run, 75)
    t.true(0.9 <= run.seconds <= 2.5, f"took {run.seconds:.1f} s")


@cases(
    login=(["tls: implicit", "auth: PLAIN", "on AUTH: reply 535 5.7.8 No"], 77),
    later=(["tls: implicit", "auth: PLAIN", "on AUTH: reply 454 4.7.0 Later"], 75),
    certificate=(["tls: implicit", "auth: PLAIN", "cert: expired"], 69),
    starttls=(["tls: starttls", "auth: PLAIN", "ehlo-drop: STARTTLS"], 69),
)
def test_refusals_are_not_carried_on(t, row):
    """A login or a certificate that is refused is no matter for the next host."""
    script, status = row
    t.smarthost(*script)
    first = t.host.port
    t.smarthost(script[0], script[1])
    second = t.host
    t.config(f"host = 127.0.0.1:{first}, 127.0.0.1:{second.port}", "-port")
    t.failed(t.postbag(BOB), status)
    t.equal(second.finish(), [], "sessions of the second host")


# Addresses


def test_source_ip(t):
    t.smarthost("tls: off")
    t.config("source_ip = 127.0.0.2", "-domain")
    t.accepted(t.postbag(BOB, env={"HOSTNAME": None}))
    t.config("source_ip = 192.0.2.1")
    t.failed(t.postbag(BOB), 75, "Cannot assign requested address")
    t.config("source_ip = ::1")
    t.failed(t.postbag(BOB), 78, "source_ip ::1: the host has no address of this family")


@cases("4", "6")
def test_ip(t, version):
    """Only addresses of this version are used."""
    t.smarthost("tls: off")
    other = "::1" if version == "4" else "127.0.0.1"
    t.config(f"ip = {version}", f"host = {other}")
    t.failed(t.postbag(BOB), 68, f"no such host as IPv{version}")
    if version == "4":
        t.config("ip = 4", "host = localhost")
        t.accepted(t.postbag(BOB))


@private
def test_black_hole_of_ipv6(t):
    """A host whose IPv6 address takes connections and no one answers: IPv4 is tried 250 ms later."""
    with NameServer(t, "both"), contextlib.ExitStack() as stack:
        t.smarthost("tls: off")
        hole = stack.enter_context(socket.socket(socket.AF_INET6))
        hole.bind(("::1", t.host.port))
        hole.listen(0)
        for _ in range(3):
            caller = stack.enter_context(socket.socket(socket.AF_INET6))
            caller.setblocking(False)
            caller.connect_ex(("::1", t.host.port))
        t.config("host = smtp.example.com")
        run = t.postbag("-v", BOB)
    t.equal(run.status, 0, "status")
    t.equal(len(t.messages), 1)
    t.match(run.stderr, "connected to 127.0.0.1; not reached: ::1: no answer in time")
    t.true(0.2 <= run.seconds <= 2, f"took {run.seconds:.1f} s")


@cases("smtp", "lmtp")
def test_unix_socket(t, protocol):
    """LMTP by default, without TLS."""
    path = t.folder / "socket"
    t.smarthost(f"listen: unix:{path}", "protocol: " + protocol)
    t.config(*(["protocol = smtp"] if protocol == "smtp" else ["-protocol"]))
    t.accepted(t.postbag(BOB))
    t.equal(t.sessions[0].verbs()[0], "LHLO" if protocol == "lmtp" else "EHLO")


def test_unix_socket_whose_queue_is_full(t):
    """connect(2) itself is bounded."""
    path = str(t.folder / "socket")
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.socket(socket.AF_UNIX))
        server.bind(path)
        server.listen(0)
        stack.enter_context(socket.socket(socket.AF_UNIX)).connect(path)
        t.config(f"host = {path}", "timeout = 1")
        run = t.postbag(BOB)
    t.failed(run, 75, path)
    t.true(run.seconds <= 3, f"took {run.seconds:.1f} s")


def test_silent_unix_socket(t):
    """There is no port to have expected TLS."""
    t.smarthost(f"listen: unix:{t.folder}/lmtp", "protocol: lmtp", "on GREETING: close")
    run = t.postbag(BOB)
    t.failed(run, 75, "the server closed the connection")
    t.lacks(run.stderr, "implicit")
