/* What the server offers, from its reply to EHLO or LHLO (RFC 5321 section 4.1.1.1). */
#ifndef SMTP_CAPS_H
#define SMTP_CAPS_H

#include "auth/mech.h"
#include "base/buf.h"

enum cap {
    CAP_STARTTLS = 1,
    CAP_AUTH = 2,
    CAP_PIPELINING = 4,
    CAP_8BITMIME = 8,
    CAP_SIZE = 16,
    CAP_SMTPUTF8 = 32,
    CAP_DSN = 64,
    CAP_CHUNKING = 128,
    CAP_ENHANCED = 256,
    CAP_LIMITS = 512,
    CAP_XNONCE = 1024, /* postbag serve */
};

struct caps {
    unsigned set;             /* of enum cap */
    uint64_t size;            /* SIZE; 0 for no stated limit (RFC 1870) */
    unsigned mechs;           /* offered mechanisms that we know */
    struct buf words;         /* all mechanisms as offered, blanks between */
    uint64_t rcpt_max;        /* LIMITS RCPTMAX (RFC 9422), 0 for none */
    uint64_t mail_max;        /* LIMITS MAILMAX, 0 for none */
    uint64_t rcpt_domain_max; /* LIMITS RCPTDOMAINMAX, 0 for none */
};

void caps_done(struct caps *c);

/* `text` is a reply's text: greeting line first, then a keyword a line. What `ret` held is
 * forgotten. Unknown keywords and malformed parameters are ignored. "AUTH=" is taken too. */
void caps_parse(struct span text, struct caps *ret);

bool caps_has(const struct caps *c, enum cap cap);

#endif
