/* What stands behind MAIL and RCPT, as a server reads it (RFC 5321 sections 4.1.1.2, 4.1.1.3 and
 * 4.1.2; SIZE of RFC 1870, BODY of RFC 6152, SMTPUTF8 of RFC 6531, RET, ENVID, NOTIFY and ORCPT of
 * RFC 3461).
 *
 *   arguments = ( "FROM:" / "TO:" ) *WSP path *( 1*WSP parameter )
 *   path      = "<" … ">" / word        (quoted strings may hold blanks and brackets)
 *   parameter = keyword [ "=" value ]   (each keyword once)
 *
 * What the path means is for mail/addr to say. */
#ifndef SMTP_ARGUMENTS_H
#define SMTP_ARGUMENTS_H

#include "smtp/command.h"

/* XNONCE=… says that it is the same message whenever it comes again: so a client that has lost its
 * connection can give it once more. postbag's own; the first digits are the time (queue/id.h). */
enum { NONCE_SIZE = 32 }; /* hexadecimal digits */

struct mail_arguments {
    struct span path; /* with its brackets, if it has them */
    bool size_given;
    uint64_t size;
    bool body_7bit; /* said explicitly */
    bool body_8bit;
    bool smtputf8;
    enum dsn_return ret;
    struct buf envid;           /* decoded, "" for none */
    char nonce[NONCE_SIZE + 1]; /* of XNONCE, in capitals; "" for none */
};

struct rcpt_arguments {
    struct span path;
    unsigned notify; /* DSN_NOTIFY_…, 0 for none; ORCPT is checked and dropped */
};

enum arguments_fault {
    ARGUMENTS_FINE,
    ARGUMENTS_SYNTAX,  /* no path, or none that ends */
    ARGUMENTS_UNKNOWN, /* a keyword that is not ours */
    ARGUMENTS_VALUE,   /* a value that does not fit its keyword, or a keyword that comes twice */
};

/* `ret` is set anew; its spans point into `text`. */
enum arguments_fault arguments_of_mail(struct span text, struct mail_arguments *ret);
enum arguments_fault arguments_of_rcpt(struct span text, struct rcpt_arguments *ret);

void mail_arguments_done(struct mail_arguments *a);

#endif
