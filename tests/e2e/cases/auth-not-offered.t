# A login is wanted, the server offers none: 69.
server:
    tls: starttls
config:
    user = user@example.org
    password = pa55-word-never-shown
status: 69
