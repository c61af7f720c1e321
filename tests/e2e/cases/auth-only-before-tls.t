# AUTH offered only before TLS does not count.
server:
    tls: starttls
    ehlo-clear: STARTTLS, AUTH PLAIN
    auth: PLAIN
    ehlo-drop: AUTH
status: 69
