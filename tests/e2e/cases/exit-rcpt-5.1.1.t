# 550 5.1.1 at RCPT: 67, the server's own words, and what was kept.
args: bob@example.net
server:
    tls: off
    on RCPT: reply 550 5.1.1 User unknown
status: 67
stderr:
    postbag: bob@example.net: refused: 550 5.1.1 User unknown (
    , RCPT)
    postbag: not sent, not queued
