# A verdict in the middle of the message is the verdict.
stdin:
    From: ann@example.org
    Subject: large

    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
server:
    tls: off
    on BODY: reply 552 5.3.4 Too big for me | close
status: 65
stderr:
    552 5.3.4 Too big for me
