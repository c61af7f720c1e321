# 535: 77, with the server's words.
server:
    tls: starttls
    auth: PLAIN
config:
    password = wrong
status: 77
stderr:
    535 5.7.8 Authentication credentials invalid
    not sent, not queued
