# With -t and nobody in the header: usage, nothing is connected.
args: -t
stdin:
    From: ann@example.org
    Subject: t

    b
server:
    tls: off
status: 64
sessions: 0
