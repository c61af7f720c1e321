# 354 although nobody was accepted: a lone dot, whose 250 counts for nothing.
server:
    S: 220 mail.example.net
    C: EHLO *
    S: 250-mail.example.net
    S: 250 PIPELINING
    C: MAIL FROM:<*>*
    C: RCPT TO:<bob@example.net>
    C: DATA
    S: 250 ok
    S: 550 5.1.1 Nobody
    S: 354 go on
    C: .
    S: 250 accepted
    C: QUIT
    S: 221 bye
status: 67
stderr:
    550 5.1.1 Nobody
    not sent, not queued
messages: 0
