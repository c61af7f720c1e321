/* Sender and recipients. */
#ifndef MAIL_ENVELOPE_H
#define MAIL_ENVELOPE_H

#include "mail/addr.h"
#include "mail/header.h"
#include "mail/opts.h"

struct aliases;

struct rcpt {
    const char *wire;     /* what goes between the brackets of RCPT TO:<…> */
    const char *original; /* the addr-spec as the caller wrote it, for messages: printable; an
                             alias, not what it stands for */
    bool utf8;            /* needs SMTPUTF8 */
    unsigned dsn_notify;  /* DSN_NOTIFY_…, 0: as the envelope has it */
};

struct envelope {
    const char *sender; /* wire form, "" for the null sender */
    bool sender_utf8;
    struct rcpt *rcpts;
    size_t n_rcpts;
    unsigned dsn_notify; /* DSN_NOTIFY_…, 0 unset */
    enum dsn_return dsn_return;
    const char *envid; /* or NULL */
    const char *nonce; /* for postbag serve: smtp/arguments.h. Or NULL */
};

/* -t: the addresses of To, Cc and Bcc; if any Resent-To, -Cc or -Bcc field is there, of all those
 * instead (RFC 5322 section 3.6.6). Appends to `ret`, in the order of the fields. ERR_DATA names
 * the field that cannot be parsed. */
int envelope_from_header(struct arena *a, const struct header *h, struct addr_list *ret,
                         struct err *e) MUST_USE;

/* Local names (no domain, localhost, this host): alias expansion, then `maildomain`; ERR_NOUSER
 * when neither knows them; a domain that equals `maildomain` is never local. Each mailbox once, in
 * order. The result replaces env->rcpts. `aliases` may be NULL: no expansion. Addresses that have
 * no valid wire form: ERR_DATA. */
int envelope_set_recipients(struct arena *a, struct envelope *env, const struct addr_list *list,
                            struct aliases *aliases, const char *host, const struct mail_opts *opts,
                            struct err *e) MUST_USE;

#endif
