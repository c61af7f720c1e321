/* What the mode makes of a message: deliver it now, keep it, or deliver it and keep what failed for
 * now. Whatever happens, each recipient has exactly one verdict afterwards; VERDICT_QUEUED only
 * when the message is durable in the spool. */
#ifndef QUEUE_SUBMIT_H
#define QUEUE_SUBMIT_H

#include "config/queue_opts.h"
#include "queue/deliver.h"
#include "queue/entry.h"

struct submit_request {
    struct parcel parcel;
    struct route route;
    const struct queue_opts *opts; /* its mode is not looked at */
    enum queue_mode mode;
    const char *spool; /* path; NULL when this user has none: `no_spool` says why */
    const char *no_spool;
};

struct submitted {
    struct delivery delivery;
    struct queue_id id; /* zeroed: nothing was kept */
    struct err problem; /* why what should have been kept was not */
};

void submit(const struct submit_request *request, struct submitted *ret);
void submitted_done(struct submitted *s);

/* Keeps the recipients whose verdict is a failure that may pass, or pending: they become
 * VERDICT_QUEUED; their verdicts keep why. Nothing to keep: nothing happens. When it cannot be kept
 * verdicts stay (pending ones fail with the reason), and ret->problem says why. */
void submit_keep(const struct submit_request *request, struct submitted *ret);

#endif
