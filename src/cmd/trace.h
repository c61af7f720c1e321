/* -v: the dialogue on stderr, "S: " for the server's lines and "C: " for ours. Secrets come as
 * `***` (the stream sees to that); the message is one line with its size. */
#ifndef CMD_TRACE_H
#define CMD_TRACE_H

#include "net/stream.h"
#include "queue/deliver.h"

struct trace {
    int level; /* 0 for silence */
    struct buf in, out;
    bool content;    /* the server has said 354 and not spoken since */
    uint64_t octets; /* of content */
    uint64_t chunk;  /* of BDAT: octets still to come */
};

/* The hook for a stream; sees nothing at level 0. */
struct stream_trace trace_hook(struct trace *t);

/* What is not part of the dialogue: at -v what was changed in the message, at -vv addresses, TLS
 * and times. */
void trace_notes(const struct trace *t, const struct strlist *notes);
void trace_delivery(struct trace *t, const struct delivery *d);

void trace_done(struct trace *t);

#endif
