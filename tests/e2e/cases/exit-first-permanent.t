# Temporary and permanent: the first permanent refusal decides.
args: a@example.net b@example.net c@example.net
server:
    tls: off
    on RCPT a@*: reply 451 4.2.0 later
    on RCPT b@*: reply 554 5.7.1 not you
status: 77
stderr:
    a@example.net: failed: 451 4.2.0 later
    b@example.net: refused: 554 5.7.1 not you
messages: 1
to: c@example.net
