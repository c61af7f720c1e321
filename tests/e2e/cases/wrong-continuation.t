# A reply whose lines disagree about the code is malformed.
server:
    tls: off
    on RCPT: reply 250-yes\n550 no
status: 76
