# No second mechanism after a refusal.
server:
    tls: starttls
    auth: SCRAM-SHA-256 PLAIN LOGIN
config:
    password = wrong
status: 77
commands:
    EHLO *
    STARTTLS
    EHLO *
    AUTH SCRAM-SHA-256 *
    *
    QUIT
