/* From a submitted message to its stored form: canonical, header complete, every line at most 998
 * octets, not dot-stuffed. Pure but for the body it may have to write anew.
 *
 * Changed, and nothing else: Bcc, Resent-Bcc, Return-Path, Content-Length removed; Date,
 * Message-ID, From added when missing (their Resent- forms when a Resent- block is there); From and
 * Sender rewritten, bare addresses qualified (mail/rewrite.h); fields folded
 * and body lines encoded or divided beyond 998 octets. A message with DKIM-Signature keeps its
 * header but for the removals, with a note; its body is divided, never encoded.
 *
 *   edit      a copy of the fields, less what is never sent
 *   rewrite   address fields, by the rules of sender
 *   complete  the fields that are missing
 *   content   the body, if its lines are too long
 *   fold      the fields, when they are printed */
#ifndef MAIL_PLAN_H
#define MAIL_PLAN_H

#include "base/ident.h"
#include "mail/addr.h"
#include "mail/message.h"
#include "mail/opts.h"

#include <time.h>

/* Who submits and when; plain data, so that a test can fix it. */
struct plan_facts {
    const struct mail_opts *opts;
    const struct addr *sender; /* envelope sender, final */
    const char *given_name;    /* -F, or NULL: wins over opts->from_name, which wins over … */
    const char *full_name;     /* … this one; "" for none; NULL: wins over … */
    const struct ident *who;   /* … the name that the system knows */
    const char *host;          /* this host's name */
    time_t now;
    uint64_t random[2]; /* for Message-ID */
};

struct stored {
    struct buf header; /* with the empty line behind it */
    struct body body;
    bool eight_bit;         /* an octet above 127 anywhere: wants 8BITMIME */
    bool utf8_addresses;    /* a non-ASCII local part in an address field: wants SMTPUTF8 */
    bool qp_allowed;        /* a single text part, unsigned: the wire may use quoted-printable */
    const char *message_id; /* with its angle brackets, or ""; in the arena of plan_store */
    struct strlist notes;   /* for -v and the log: what was changed and why; likewise */
};

void stored_done(struct stored *s);

/* Octets of the stored form: what SIZE says. */
uint64_t stored_size(const struct stored *s);

/* Consumes the body of `m` (moved or rewritten). -1: ERR_DATA for an address field that must be
 * rewritten but cannot be parsed, ERR_CONFIG for a sender that cannot be made deliverable (names
 * `from` and `maildomain`), ERR_CREATE/ERR_IO. */
int plan_store(struct arena *a, struct message *m, const struct plan_facts *facts,
               struct stored *ret, struct err *e) MUST_USE;

/* The envelope sender by the rules of mail/sender.h: `given` (-f), which may be the null sender; if
 * NULL the account's `from`, or else the login at `maildomain`. Where it keeps a bare name
 * (rewrite_from = never) that is put at `maildomain` or `host`, or with `leave_local` left. -1 with
 * ERR_CONFIG. */
int plan_sender(struct arena *a, const struct addr *given, const char *login, const char *host,
                const struct mail_opts *opts, struct addr *ret, struct err *e) MUST_USE;

#endif
