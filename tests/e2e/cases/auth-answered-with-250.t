# A server that answers AUTH with 250 has not authenticated anybody by the protocol.
server:
    tls: implicit
    auth: PLAIN
    on AUTH: reply 250 2.0.0 sure
status: 76
