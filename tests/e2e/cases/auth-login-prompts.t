# LOGIN answers user, then password, whatever the prompts say.
server:
    tls: implicit
    auth: LOGIN
    on AUTH: reply 334 d2hhdGV2ZXI=
commands:
    EHLO *
    AUTH LOGIN
    dXNlckBleGFtcGxlLm9yZw==
    *
    MAIL *
    RCPT *
    DATA
    QUIT
