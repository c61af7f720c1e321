# Bcc never leaves, folded or not, with recipients in argv only.
args: bob@example.net
stdin:
    From: ann@example.org
    To: bob@example.net
    Bcc: hidden@example.net,
    \tmore@example.net
    Subject: x
    bcc : again@example.net

    body
server:
    tls: off
to: bob@example.net
message:
    From: ann@example.org
    To: bob@example.net
    Subject: x
    Date: *
    Message-ID: *
    *
    body
