# Without PIPELINING every command waits for the reply before, and QUIT for the verdict.
server:
    S: 220 mail.example.net ESMTP
    C: EHLO client.example.org
    S: 250 mail.example.net
    C: MAIL FROM:<acct@example.org>
    S: 250 ok
    C: RCPT TO:<bob@example.net>
    S: 250 ok
    C: DATA
    S: 354 go on
    C: (message)
    S: 250 accepted
    C: QUIT
    S: 221 bye
