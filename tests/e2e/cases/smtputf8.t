# A local part beyond ASCII needs SMTPUTF8.
args: josé@example.net
server:
    tls: off
commands:
    EHLO *
    MAIL FROM:<acct@example.org> *SMTPUTF8*
    RCPT TO:<josé@example.net>
    DATA
    QUIT
