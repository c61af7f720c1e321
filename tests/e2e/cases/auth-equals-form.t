# The old form AUTH= is understood.
server:
    tls: implicit
    auth: PLAIN
    ehlo: AUTH=PLAIN, PIPELINING
    ehlo-drop: AUTH
