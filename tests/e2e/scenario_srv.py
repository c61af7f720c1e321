"""host = srv:DOMAIN: the servers that the DNS names, on a machine of the test's own."""

import re

from harness import cases
from namespace import NameServer, labels, private

BOB = "bob@example.net"
IMPLICIT, STARTTLS = "_submissions._tcp.", "_submission._tcp."


def serve(t, tls, *lines):
    """A smarthost with a certificate for mail.example.net and localhost; its port."""
    t.smarthost("tls: " + tls, *lines)
    return t.host.port


def send(t, domain, srv, *lines, way="ok", args=("-v", BOB)):
    with NameServer(t, way, srv) as server:
        t.config(f"host = srv:{domain}", "-port", "-tls", *lines)
        run = t.postbag(*args)
    t.name_server = server
    return run


@cases("implicit", "starttls")
@private
def test_service(t, tls):
    """Each service begins with TLS in its own way."""
    port = serve(t, tls)
    service = IMPLICIT if tls == "implicit" else STARTTLS
    run = send(t, "example.net", {service + "example.net": [(0, 0, port, "mail.example.net")]})
    t.equal(run.status, 0, "status")
    t.match(run.stderr, f"note: trying mail.example.net port {port}, ")
    t.equal([bool(s.tls_version) for s in t.sessions], [True])
    t.equal(t.sessions[0].sni, "mail.example.net")
    t.equal(len(t.messages), 1)


@private
def test_implicit_goes_before_starttls(t):
    """RFC 8314: at the same priority; a better priority goes before."""
    ports = serve(t, "implicit"), serve(t, "starttls")
    for better, used in ((10, 0), (5, 1)):
        run = send(t, "example.net", {IMPLICIT + "example.net": [(10, 0, ports[0], "mail.example.net")],
                                      STARTTLS + "example.net": [(better, 0, ports[1], "mail.example.net")]})  # fmt: skip
        t.equal(run.status, 0, "status")
        t.match(run.stderr, f"trying mail.example.net port {ports[used]}")


@cases("implicit", "starttls")
@private
def test_tls_chooses(t, tls):
    """Only the service that fits is asked for."""
    port = serve(t, tls)
    both = [(0, 0, port, "mail.example.net")]
    run = send(t, "example.net", {IMPLICIT + "example.net": both, STARTTLS + "example.net": both}, f"tls = {tls}")
    t.equal(run.status, 0, "status")
    t.equal(len(t.messages), 1)


@private
def test_priority(t):
    """The second server when the first one is down, within the one deadline."""
    port = serve(t, "implicit")
    with t.closed_port() as dead, t.black_hole() as hole:
        records = [(30, 0, port, "mail.example.net"), (10, 0, dead, "mail.example.net"), (20, 0, hole, "localhost.example.net")]  # fmt: skip
        run = send(t, "example.net", {IMPLICIT + "example.net": records}, "timeout = 6")
    t.equal(run.status, 0, "status")
    tried = re.findall(r"trying \S+ port (\d+)", run.stderr)
    t.equal(tried, [str(dead), str(hole), str(port)])
    t.true(run.seconds <= 6, f"took {run.seconds:.1f} s")


# What the DNS may say instead of a server.
NOTHING = {
    "refused": ({IMPLICIT: [(0, 0, 0, ".")], STARTTLS: [(0, 0, 0, ".")]}, 69, "has no submission server"),
    "refused-once": ({IMPLICIT: [(0, 0, 0, ".")]}, 69, "has no submission server"),
    "unknown": ({}, 68, "names no submission server in the DNS"),
    "empty": ({IMPLICIT: [], STARTTLS: []}, 68, "names no submission server in the DNS"),
    "servfail": ({IMPLICIT: "servfail", STARTTLS: "servfail"}, 75, "no name server answers"),
    "half-servfail": ({IMPLICIT: "servfail"}, 75, "no name server answers"),
    "no-host-name": ({IMPLICIT: [(0, 0, 465, "a b.example")]}, 68, "names no submission server"),
    "malformed": ({IMPLICIT: b"\x81\x80\0\1\0\1\0\0\0\0" + labels(IMPLICIT + "example.net") + b"\0\x21\0\1\xc0\xff"}, 75, "lookup|looked up|answer"),
    "silent": ({IMPLICIT: "silent"}, 75, "name lookup"),
}  # fmt: skip


@cases(**NOTHING)
@private
def test_nothing(t, row):
    srv, status, words = row
    srv = {service + "example.net": records for service, records in srv.items()}
    run = send(t, "example.net", srv, "timeout = 2")
    t.failed(run, status, "srv:example.net: ", re.compile(words))
    t.true(run.seconds <= 3.5, f"took {run.seconds:.1f} s")


@cases(*[name for name in NOTHING])
@private
def test_next_host(t, name):
    """Whatever a domain says, the host behind it in the list is tried."""
    port = serve(t, "implicit")
    srv = {service + "example.net": records for service, records in NOTHING[name][0].items()}
    run = send(t, f"example.net, 127.0.0.1:{port}", srv, "tls = implicit", "timeout = 4", args=("-v", BOB))
    t.equal(run.status, 0, "status")
    t.match(run.stderr, "note: on to the next server: srv:example.net: ")
    t.equal(len(t.messages), 1)


@private
def test_one_is_refused(t):
    """ "." for one of the services leaves the other."""
    port = serve(t, "starttls")
    run = send(t, "example.net", {IMPLICIT + "example.net": [(0, 0, 0, ".")],
                                  STARTTLS + "example.net": [(0, 0, port, "mail.example.net")]})  # fmt: skip
    t.equal(run.status, 0, "status")


FOREIGN = "mail.example.net"


@private
def test_foreign_target(t):
    """The certificate must be for the domain; the remedy is told, and the login is not tried."""
    port = serve(t, "implicit", "auth: PLAIN")
    srv = {IMPLICIT + "example.com": [(0, 0, port, FOREIGN)]}
    run = send(t, "example.com", srv)
    t.failed(run, 69, f"trying {FOREIGN} port {port}, implicit TLS, with a certificate for example.com",
             f"{FOREIGN}, which the DNS of example.com names", f"write tls_name = {FOREIGN}")  # fmt: skip
    run = send(t, "example.com", srv, f"tls_name = {FOREIGN}")
    t.equal(run.status, 0, "status")
    refused, good = t.sessions
    t.equal((refused.commands, refused.sni, good.sni), ([], "example.com", FOREIGN))


@private
def test_foreign_target_with_a_certificate_for_the_domain(t):
    """A host that has one for the domain of its customer, and is asked for it."""
    port = serve(t, "implicit")
    run = send(t, "mail.example.net", {IMPLICIT + "mail.example.net": [(0, 0, port, "smtp.host.example")]})
    t.equal(run.status, 0, "status")
    t.equal(t.sessions[0].sni, "mail.example.net")


@private
def test_not_below_by_its_letters(t):
    """badexample.net does not end in the domain example.net."""
    port = serve(t, "implicit")
    run = send(t, "example.net", {IMPLICIT + "example.net": [(0, 0, port, "mail.badexample.net")]})
    t.failed(run, 69, "with a certificate for example.net")


@private
def test_at_most_eight(t):
    """A long list costs no more."""
    serve(t, "implicit")
    with t.closed_port() as port:
        srv = {IMPLICIT + "example.net": [(i, 0, port, "mail.example.net") for i in range(20)]}
        run = send(t, "example.net", srv)
    t.failed(run, 75, "refused")
    t.equal(run.stderr.count("note: trying"), 8)


@private
def test_check_and_test(t):
    """`check` and --dry-run ask nobody; `test` shows what it found."""
    port = serve(t, "implicit")
    srv = {IMPLICIT + "example.net": [(0, 0, port, "mail.example.net"), (1, 0, port, "localhost")]}
    run = send(t, "example.net", srv, args=("check",))
    t.equal(run.status, 0)
    run = send(t, "example.net", srv, args=("--dry-run", BOB))
    t.equal(run.status, 0)
    t.match(run.stdout, "Server: srv:example.net")
    t.equal(t.name_server.questions, [])
    run = send(t, "example.net", srv, args=("test",))
    t.equal(run.status, 0)
    t.match(run.stdout, f"example.net names mail.example.net port {port}, implicit TLS; localhost port {port}")


@cases("srv:", "srv:example.net:465", "srv:192.0.2.1", "srv:a..b", "srv:example.net\ntls = off")
def test_misspelled(t, text):
    t.config(f"host = {text}")
    t.failed(t.postbag(BOB), 78, "host \"srv:" if "tls" in text else "srv:")
