"""Messages that go wrong in careless hands, and what must arrive."""

# Complete and clean: it must arrive octet by octet.
NASTY = (
    b"Received: from elsewhere.example by other.example; Thu, 1 Jan 2026 00:00:00 +0000\n"
    b"Date: Thu, 01 Jan 2026 12:00:00 +0100\n"
    b"From: =?utf-8?q?=C3=84nne?= <alice@lab.example>\n"
    b"To: Undisclosed: ;\n"
    b"Subject: Gr\xc3\xbc\xc3\x9fe \xe2\x80\x94 as they are\n"
    b"Message-ID: <nasty@lab.example>\n"
    b"MIME-Version: 1.0\n"
    b"Content-Type: text/plain; charset=utf-8\n"
    b"Content-Transfer-Encoding: 8bit\n"
    b"X-Folded: one\n\ttwo\n    three\n"
    b"X-Blanks: trailing \t \n"
    b"X-Same: 1\n"
    b"X-Same: 2\n"
    b"x-same: 3\n"
    b"\n"
    b"\n"
    b".\n"
    b"..\n"
    b".leading dot\n"
    b"...\n"
    b". \n"
    b"From the start of a line\n"
    b">From quoted already\n"
    b"trailing blanks   \n"
    b"trailing tab\t\n"
    b"\xc3\xbcn\xc3\xafc\xc3\xb6d\xc3\xa9 \xf0\x9f\x93\xa8\n"
    + b"x" * 990 + b"\n"
    + b"y" * 998 + b"\n"
    + b"." * 997 + b"\n"
    b"QUIT\n"
    b"-- \n"
    b"\n"
    b".\n"
    b"\n"
    b"\n"
)

# Each promised change of product.md, section 8, once.
UNTIDY = (
    b"From alice Thu Jan  1 00:00:00 2026\n"
    b"Return-Path: <old@lab.example>\r\n"
    b"From: Alice <alice@lab.example>\r\n"
    b"To: someone@lab.example\r\n"
    b"Bcc: hidden@lab.example,\r\n other@lab.example\r\n"
    b"Subject: untidy\r\r\n"
    b"Content-Length: 99\r\n"
    b"X-Kept: yes\r\n"
    b"\r\n"
    b"crlf\r\n"
    b"lf\n"
    b"cr cr lf\r\r\n"
    b"bare\rreturn\n"
    b"a\0b\n"
    b".\n"
    b"no newline at the end"
)
UNTIDY_HEADER = (
    b"From: Alice <alice@lab.example>\n"
    b"To: someone@lab.example\n"
    b"Subject: untidy\n"
    b"X-Kept: yes\n"
)
UNTIDY_BODY = (
    b"crlf\nlf\ncr cr lf\nbare return\nab\n.\nno newline at the end\n"
)

# Passed on by its reader: the Resent block is completed, the rest stays.
RESENT = (
    b"Resent-From: Alice <alice@lab.example>\n"
    b"Resent-To: someone@lab.example\n"
    b"Resent-Bcc: hidden@lab.example\n"
    b"Date: Thu, 01 Jan 2026 12:00:00 +0100\n"
    b"From: Other <other@elsewhere.example>\n"
    b"To: alice@lab.example\n"
    b"Bcc: hidden@lab.example\n"
    b"Subject: passed on\n"
    b"Message-ID: <resent@elsewhere.example>\n"
    b"\n"
    b"text\n"
)
RESENT_HEADER = (
    b"Resent-From: Alice <alice@lab.example>\n"
    b"Resent-To: someone@lab.example\n"
    b"Date: Thu, 01 Jan 2026 12:00:00 +0100\n"
    b"From: Other <other@elsewhere.example>\n"
    b"To: alice@lab.example\n"
    b"Subject: passed on\n"
    b"Message-ID: <resent@elsewhere.example>\n"
)
RESENT_BODY = b"text\n"
