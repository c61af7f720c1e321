"""Round trips of one small message, counted at the server below TLS: none is wasted."""

from lab.client import Client
from lab.sink import Sink
from lab.suite import expect_same

from . import messages

# TCP, greeting, EHLO, STARTTLS, TLS, EHLO, AUTH, envelope, message; implicit TLS has the first
# EHLO and STARTTLS to spare. With CHUNKING envelope and message are one.
_TRIPS = {"starttls": 9, "tls": 7}


def cases(lab):
    for mode, trips in _TRIPS.items():
        yield f"round trips, {mode}", _count, lab, mode, trips
        yield f"round trips, {mode}, CHUNKING", _count, lab, mode, trips - 1, "-k"


def _count(lab, mode, trips, *options):
    with Sink(lab, "-c", *options) as sink:
        result = Client(lab, mode, sink).send(messages.NASTY, "box@lab.example")
        session = sink.session()
    expect_same(result.exit, 0, f"exit status ({result.err.strip()})")
    expect_same(session.trips, trips, "round trips to acceptance")
    expect_same(session.trips_in_all, trips, "round trips with QUIT")
    return f"{trips} trips"
