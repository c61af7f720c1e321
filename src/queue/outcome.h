/* What became of one message: the facts that stderr, --json and the log tell in their ways. */
#ifndef QUEUE_OUTCOME_H
#define QUEUE_OUTCOME_H

#include "config/config.h"
#include "queue/deliver.h"

struct outcome {
    const char *name;              /* prefix on stderr */
    const struct account *account; /* NULL: not chosen */
    const struct envelope *envelope;
    const struct stored *stored;
    const struct delivery *delivery; /* NULL: never tried */
    const struct err *error;         /* why it was never tried */
    const struct err *problem;       /* why it could not be kept in the queue; NULL, or no kind */
    const char *queue_id;            /* NULL or "": not in the queue */
    int status;                      /* exit status; negative: there is none */
    bool submitter;                  /* it came through the service, from this process: */
    uid_t uid;
    pid_t pid;
};

/* "sent", "queued" (all of it sent or queued), "partial", "ambiguous" or "failed". */
const char *outcome_result(const struct outcome *o);

/* Recipients with this verdict. */
size_t outcome_count(const struct outcome *o, enum verdict_result result);

/* The error that stands for the whole: before or at the session, else the recipients' worst, by
 * which the exit status goes too (verdict_worst). NULL when all was sent or queued. */
const struct err *outcome_error(const struct outcome *o);

/* One JSON object and a line feed. */
void outcome_json(const struct outcome *o, struct buf *to);

/* One line for the log, as text or JSON. */
void outcome_record(const struct outcome *o, bool json, struct buf *to);

/* Writes that into the log as [log] says, as an error if there is an exit status. The caller ends
 * it: log_problem, if he wants to know, and log_done. */
void outcome_log(const struct outcome *o, const struct config *config);

#endif
