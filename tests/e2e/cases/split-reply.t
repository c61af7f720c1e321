# Replies that come octet by octet are replies.
server:
    tls: starttls
    auth: SCRAM-SHA-256
    on GREETING: split
    on EHLO: split
    on EHLO2: split
    on AUTH: split
    on RESPONSE: split
    on MAIL: split
    on RCPT: split
    on DATA: split
    on END: split
