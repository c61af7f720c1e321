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
    uint64_t max_size; /* octets of the body, 0 for none */
};

/* Reads `fd` to its end, by the rules of mail/reader.h. After a failure the rest is read and
 * thrown away, so that a caller in the middle of writing is not killed by SIGPIPE (not if
 * `dot_ends`). -1: ERR_IO (read error: never taken for the end), or what the reader says. */
int message_read(int fd, struct message_limits limits, struct message *ret, struct err *e) MUST_USE;

#endif
