/* Where in a delivery something happened. */
#ifndef SMTP_STAGE_H
#define SMTP_STAGE_H

enum stage {
    STAGE_NONE,
    STAGE_SECRET, /* password file or command */
    STAGE_LOOKUP,
    STAGE_CONNECT,
    STAGE_GREETING,
    STAGE_EHLO,
    STAGE_STARTTLS,
    STAGE_TLS,
    STAGE_AUTH,
    STAGE_MAIL,
    STAGE_RCPT,
    STAGE_DATA,
    STAGE_BODY,
    STAGE_END, /* end of data */
    STAGE_QUIT,
};

/* "connect", "MAIL", "end of data", …: for messages and JSON. */
const char *stage_name(enum stage stage);

#endif
