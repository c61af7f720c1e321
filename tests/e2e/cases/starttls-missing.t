# STARTTLS is wanted but not offered: 69, and no word of the message.
server:
    tls: off
config:
    tls = starttls
status: 69
stderr:
    STARTTLS
commands:
    EHLO client.example.org
    QUIT
