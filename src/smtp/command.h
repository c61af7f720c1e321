/* Commands as text (RFC 5321 section 4.1.1), one small writer each. Every argument is checked
 * here, last of all and whoever checked before: an octet that could end the line or the brackets
 * never passes. 0, or -1 with ERR_DATA and nothing appended. */
#ifndef SMTP_COMMAND_H
#define SMTP_COMMAND_H

#include "base/buf.h"
#include "base/err.h"
#include "mail/envelope.h"

struct mail_params {
    bool size; /* SIZE= (RFC 1870) */
    uint64_t size_value;
    bool body_8bit;      /* BODY=8BITMIME (RFC 6152) */
    bool smtputf8;       /* SMTPUTF8 (RFC 6531) */
    enum dsn_return ret; /* RET= (RFC 3461) */
    const char *envid;   /* ENVID=, or NULL */
    const char *nonce;   /* XNONCE= (smtp/arguments.h), or NULL */
};

int command_hello(struct buf *to, const char *verb, const char *name, struct err *e) MUST_USE;
int command_mail(struct buf *to, const char *sender, const struct mail_params *params,
                 struct err *e) MUST_USE;
void command_bdat(struct buf *to, uint64_t size, bool last); /* RFC 3030 section 2 */
int command_rcpt(struct buf *to, const char *recipient, unsigned dsn_notify,
                 struct err *e) MUST_USE;

#endif
