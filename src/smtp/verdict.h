/* What became of one recipient. */
#ifndef SMTP_VERDICT_H
#define SMTP_VERDICT_H

#include "base/err.h"
#include "smtp/stage.h"

enum verdict_result {
    VERDICT_PENDING = 0,
    VERDICT_SENT,      /* the smarthost has it */
    VERDICT_REFUSED,   /* for good */
    VERDICT_FAILED,    /* not delivered, for any other reason */
    VERDICT_AMBIGUOUS, /* lost after the end of data: may have been delivered */
    VERDICT_QUEUED,    /* kept in the queue; `err` is why it was not sent at once, if that was
                          tried */
};

struct verdict {
    enum verdict_result result;
    enum stage stage;
    struct err err; /* for VERDICT_SENT: code, enhanced and reply of the acceptance */
};

/* The result that an error means: refused for a 5yz reply and for what is wrong with an address or
 * the message, failed for all else. */
enum verdict_result verdict_of(const struct err *err);

/* Is somebody else answerable for the message now: the smarthost or the queue? */
bool verdict_is_settled(const struct verdict *v);

/* The failure that stands for all: the first permanent one, else the first. `skip` (or NULL) marks
 * those that do not count. NULL if all others are settled. */
const struct verdict *verdict_worst(const struct verdict *verdicts, const bool *skip, size_t n);

void verdict_done(struct verdict *v);
void verdict_copy(struct verdict *to, const struct verdict *from);
const char *verdict_name(enum verdict_result result); /* "sent", "refused", … */

#endif
