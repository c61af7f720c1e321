/* What the TLS library writes to and reads from: it gathers records until they are pushed, and
 * hands out what one recv(2) has brought in the small pieces that the library asks for. Nothing
 * here waits. */
#ifndef NET_TRANSPORT_H
#define NET_TRANSPORT_H

#include "base/buf.h"
#include "base/err.h"

#include <sys/types.h>
#include <sys/uio.h>

struct transport {
    int fd;
    struct buf raw; /* received, not handed out yet */
    size_t taken;
    struct buf held; /* records for the kernel */
    size_t sent;
    struct buf marks; /* which octets of the user end where in `held` */
    struct buf clear; /* the peer's first line if it is no TLS record, printable */
    bool heard;       /* anything at all */
    int lost;         /* errno that ended the connection, or 0 */
};

void transport_done(struct transport *t);

/* For the library. `write` takes everything. `read` gives the count, 0 at the end, or -1 with
 * errno, EAGAIN when nothing is there. */
ssize_t transport_write(struct transport *t, const struct iovec *pieces, int n);
ssize_t transport_read(struct transport *t, void *to, size_t len);

/* All that was written since the last mark carries `octets` of the user. */
void transport_mark(struct transport *t, size_t octets);

/* 0 when the kernel has everything, or LAYER_AGAIN, LAYER_FAILED. */
int transport_push(struct transport *t, struct err *e) MUST_USE;

/* The user's octets that the kernel has not got, or only in part of their record. */
size_t transport_held(const struct transport *t);

#endif
