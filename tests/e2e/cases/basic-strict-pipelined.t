# With PIPELINING the envelope and DATA leave before any of their replies.
server:
    S: 220 mail.example.net ESMTP
    C: EHLO client.example.org
    S: 250-mail.example.net
    S: 250 PIPELINING
    C: MAIL FROM:<acct@example.org>
    C: RCPT TO:<bob@example.net>
    C: DATA
    S: 250 ok
    S: 250 ok
    S: 354 go on
    C: (message)
    C: QUIT
    S: 250 accepted
    S: 221 bye
