/* The message that tells a sender what was not delivered (RFC 3464 in the multipart/report of RFC
 * 6522; RFC 3834, RFC 5321 section 6.1): text for people with the server's words and the remedy,
 * message/delivery-status for programs, and the message itself, or its header when it is large.
 *
 * Null sender, so that it is never answered by another; Auto-Submitted: auto-replied; only the
 * recipients that failed; Message-ID, boundary and queue id follow from those of the original, so
 * that a bounce made twice is one. */
#ifndef QUEUE_BOUNCE_H
#define QUEUE_BOUNCE_H

#include "config/account.h"
#include "queue/entry.h"
#include "queue/item.h"
#include "smtp/verdict.h"

enum bounce_action { BOUNCE_FAILED, BOUNCE_DELAYED };

enum { BOUNCE_FULL_MAX = 1024 * 1024 }; /* octets of an original that is returned whole */

/* Is the original more than comes back? Then it is kept. */
bool bounce_is_too_large(const struct entry *entry);

struct bounce_facts {
    const struct account *account;
    const char *host;    /* this host's name */
    const char *to;      /* wire form of the address to tell */
    int64_t now;         /* since 1970 */
    int64_t retry_until; /* of a delay notice, 0 if unknown */
    enum bounce_action action;
    bool expired; /* given up after the whole lifetime */
};

/* Whom a bounce of this entry would go to, by `bounce` of [queue] ("sender", "none" or an address);
 * NULL for nobody: the null sender (never a bounce of a bounce), "none". */
const char *bounce_target(const struct entry *entry, const char *policy);

/* Does the recipient want to hear of it (RFC 3461 NOTIFY)? */
bool bounce_is_wanted(const struct entry *entry, size_t recipient, enum bounce_action action);

/* Makes it: `about[i]` says whether recipient i is reported, verdicts[i] why. `envelope` and
 * `stored` are the bounce's own (in `a`; stored_done), `id` its name in the queue. -1:
 * ERR_TEMPORARY when the original cannot be read or there is no room, ERR_DATA when `to` is no
 * address that mail can go to. */
struct bounce {
    struct envelope envelope;
    struct stored stored;
    struct queue_id id;
    bool whole; /* the original is in it, not its header alone: not if it is large, if RET=HDRS asks
                   for no more, or nothing but a delay is told */
};
int bounce_make(struct arena *a, const struct item *original, const struct bounce_facts *facts,
                const bool *about, const struct verdict *verdicts, struct bounce *ret,
                struct err *e) MUST_USE;

#endif
