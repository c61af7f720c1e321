/* Sender and recipients. */
#ifndef MAIL_ENVELOPE_H
#define MAIL_ENVELOPE_H

#include "mail/addr.h"
#include "mail/header.h"
#include "mail/opts.h"

struct rcpt {
    const char *wire;     /* what goes between the brackets of RCPT TO:<…> */
    const char *original; /* as the caller wrote it, for messages */
    bool utf8;            /* needs SMTPUTF8 */
};

struct envelope {
    const char *sender; /* wire form, "" for the null sender */
    bool sender_utf8;
    struct rcpt *rcpts;
    size_t n_rcpts;
    unsigned dsn_notify; /* DSN_NOTIFY_…, 0 unset */
    enum dsn_return dsn_return;
    const char *envid; /* or NULL */
};

/* -t: the addresses of To, Cc and Bcc; if any Resent-To, -Cc or -Bcc field is there, of all those
 * instead (RFC 5322 section 3.6.6). ERR_DATA names the field that cannot be parsed. */
int envelope_from_header(struct arena *a, const struct header *h, struct addr_list *ret,
                         struct err *e) MUST_USE;

/* Local names (no domain, localhost, this host): alias expansion, then `maildomain`; ERR_NOUSER
 * when neither knows them. Each mailbox once, in order. The result replaces env->rcpts. */
struct aliases;
int envelope_set_recipients(struct arena *a, struct envelope *env, const struct addr_list *list,
                            const struct aliases *aliases, const char *host,
                            const struct mail_opts *opts, struct err *e) MUST_USE;

#endif
