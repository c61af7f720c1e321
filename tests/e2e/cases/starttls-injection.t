# Clear text behind the reply to STARTTLS ends everything.
server:
    tls: starttls
    on STARTTLS: reply 220 go\n250 injected
status: 76
stderr:
    TLS
