# 454 to STARTTLS is temporary.
server:
    tls: starttls
    on STARTTLS: reply 454 4.7.0 TLS not available
status: 75
stderr:
    454 4.7.0 TLS not available
