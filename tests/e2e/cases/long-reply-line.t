# A reply line of 12,289 octets is malformed.
server:
    tls: off
    on GREETING: long 12290 220
status: 76
