# Without SIZE none is declared.
server:
    tls: off
    ehlo: PIPELINING
commands:
    EHLO *
    MAIL FROM:<acct@example.org>
    RCPT TO:<bob@example.net>
    DATA
    QUIT
