# Where the server takes no 8-bit, the body goes as quoted-printable.
stdin:
    From: ann@example.org
    Subject: x
    MIME-Version: 1.0
    Content-Type: text/plain; charset=utf-8
    Content-Transfer-Encoding: 8bit

    caf\xc3\xa9 =
server:
    tls: off
    ehlo-drop: 8BITMIME, SMTPUTF8
message:
    From: ann@example.org
    Subject: x
    MIME-Version: 1.0
    Content-Type: text/plain; charset=utf-8
    Content-Transfer-Encoding: quoted-printable
    Date: *
    Message-ID: *
    *
    caf=C3=A9 =3D
