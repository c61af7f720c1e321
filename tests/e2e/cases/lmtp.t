# LMTP over a Unix socket-less port: one reply for each recipient.
args: a@example.net b@example.net
server:
    tls: off
    protocol: lmtp
    on END b@*: reply 550 5.2.1 Mailbox disabled
status: 67
stderr:
    b@example.net: refused: 550 5.2.1 Mailbox disabled
messages: 1
