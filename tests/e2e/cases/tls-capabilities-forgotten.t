# What was offered before TLS does not count after it.
server:
    tls: starttls
    ehlo-clear: PIPELINING, SIZE 100, STARTTLS, DSN
    ehlo-tls: SMTPUTF8
commands:
    EHLO client.example.org
    STARTTLS
    EHLO client.example.org
    MAIL FROM:<acct@example.org>
    RCPT TO:<bob@example.net>
    DATA
    QUIT
