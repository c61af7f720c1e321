# One of two is refused: the other gets the mail, the status tells.
args: bob@example.net bad@example.net
server:
    tls: off
    on RCPT bad@*: reply 550 5.1.1 User unknown
status: 67
stderr:
    bad@example.net: refused: 550 5.1.1 User unknown
    !bob@example.net:
    /postbag: .*not sent, not queued\n$/
messages: 1
to: bob@example.net
