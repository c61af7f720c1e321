/* A message as it was submitted, in canonical line ends, header block and body apart. */
#ifndef MAIL_MESSAGE_H
#define MAIL_MESSAGE_H

#include "mail/body.h"
#include "mail/canon.h"
#include "mail/header.h"

enum { MESSAGE_HEADER_LIMIT = 1024 * 1024 };

struct message {
    struct arena arena;
    struct buf block;     /* canonical header block without the empty line */
    struct header header; /* parsed from `block` */
    struct body body;
    struct traits traits;        /* of the body */
    struct traits header_traits; /* of the block */
    bool empty;                  /* no octet came */
};

/* Zeroed is empty. */
void message_done(struct message *m);

struct message_limits {
    bool dot_ends;     /* a line that is a lone dot ends the message */
    uint64_t max_size; /* octets, 0 for none */
};

/* Reads to the end of `fd`. A first line "From " or ">From " (mbox) is dropped. The header ends at
 * the first empty line, or before the first line that is no field; a continuation line before any
 * field belongs to the body. -1: ERR_IO (read error: never taken for the end), ERR_DATA (header
 * block above the limit, size above max_size), ERR_CREATE/ERR_IO for the nameless file. */
int message_read(int fd, struct message_limits limits, struct message *ret, struct err *e) MUST_USE;

#endif
