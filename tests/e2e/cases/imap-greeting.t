# A server for reading mail, at the port that was meant for sending: the remedy says so.
server:
    on GREETING: raw * OK [CAPABILITY IMAP4rev1] ready.\r\n
status: 76
stderr:
    no valid reply: "* OK
    for reading mail
violations: .
