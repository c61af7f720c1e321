/* The parts of a bounce, for queue/bounce.c alone: what people read, what programs read. Whatever
 * the entry and the verdicts hold, no line of theirs begins anything: neither a field nor a part.
 */
#ifndef QUEUE_BOUNCE_PARTS_H
#define QUEUE_BOUNCE_PARTS_H

#include "queue/bounce.h"

struct bounce_about { /* all borrowed; the arrays are for the entry's recipients */
    const struct entry *entry;
    const struct bounce_facts *facts;
    const bool *about;
    const struct verdict *verdicts;
    bool whole; /* the message comes with it, not its header alone */
};

/* The next recipient that is reported, from index `i` on; n_rcpts for none. */
size_t bounce_next(const struct bounce_about *b, size_t i);

/* For people: text in UTF-8, CRLF, no line longer than HEADER_LINE_MAX. */
void bounce_add_text(struct buf *to, const struct bounce_about *b);

/* message/delivery-status: printable ASCII. */
void bounce_add_status(struct buf *to, struct arena *a, const struct bounce_about *b);

/* Words (one line without control characters) from `column` on, in lines of about 76 octets; those
 * behind the first begin with `indent`. No CRLF at the end. */
void bounce_add_wrapped(struct buf *to, size_t column, const char *indent, struct span words);

#endif
