/* What became of one submission: the facts that stderr, --json and the log tell in their ways. */
#ifndef CMD_OUTCOME_H
#define CMD_OUTCOME_H

#include "cmd/exit.h"
#include "cmd/options.h"
#include "queue/deliver.h"

struct outcome {
    const char *name;              /* prefix on stderr */
    const struct account *account; /* NULL: not chosen */
    const struct envelope *envelope;
    const struct stored *stored;
    const struct delivery *delivery; /* NULL: never tried */
    const struct err *error;         /* why it was never tried */
    int status;
};

/* "sent", "partial", "ambiguous" or "failed". */
const char *outcome_result(const struct outcome *o);

/* The error that stands for the whole: before or at the session, else of the first recipient that
 * failed. NULL when all was sent. */
const struct err *outcome_error(const struct outcome *o);

/* The lines on stderr; nothing after a success. */
void outcome_report(const struct outcome *o);

/* One JSON object and a line feed. */
void outcome_json(const struct outcome *o, struct buf *to);

/* One line for the log, as text or JSON. */
void outcome_record(const struct outcome *o, bool json, struct buf *to);

#endif
