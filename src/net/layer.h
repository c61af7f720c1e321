/* What a stream stands on: a socket in clear text, TLS over it (net/tls), or in tests a script.
 * No call here waits, and none closes the descriptor. */
#ifndef NET_LAYER_H
#define NET_LAYER_H

#include "base/buf.h"
#include "base/err.h"

#include <sys/types.h>

enum { LAYER_FAILED = -1, LAYER_AGAIN = -2 };

struct layer;

struct layer_ops {
    /* At most `len` octets: the count, 0 at the end, LAYER_AGAIN, or LAYER_FAILED with `e`. */
    ssize_t (*read)(struct layer *l, char *to, size_t len, struct err *e);

    /* Takes octets over, all or the first of them: the count, LAYER_AGAIN, LAYER_FAILED. */
    ssize_t (*write)(struct layer *l, struct span from, struct err *e);

    /* Gives the kernel what has been taken over: 0 when it has all of it, LAYER_AGAIN,
     * LAYER_FAILED. */
    int (*push)(struct layer *l, struct err *e);

    /* Can something be read that poll(2) does not see? */
    bool (*has_input)(const struct layer *l);

    /* How many of the octets taken over the kernel has not got yet. */
    size_t (*held)(const struct layer *l);

    /* Says good-bye, as far as that goes without waiting. */
    void (*bye)(struct layer *l);
    void (*free)(struct layer *l);
};

struct layer {
    const struct layer_ops *ops;
    int fd; /* -1: nothing to wait for, reading always gives something */
};

/* Clear text over a connected socket. */
struct layer *layer_new_plain(int fd) MUST_USE;

/* `script` in pieces of `step` octets (0: all at once); what is written is appended to `sent`. */
struct layer *layer_new_memory(struct span script, size_t step, struct buf *sent) MUST_USE;

/* One send(2), with the results of `write` above. */
ssize_t layer_send(int fd, struct span from, struct err *e) MUST_USE;

/* One recv(2), past EINTR: the count, 0 at the end, -1 with errno. */
ssize_t layer_receive(int fd, char *to, size_t len) MUST_USE;

/* ERR_CLOSED in words that fit an errno of send or recv. Returns -1. */
int layer_lost(int errnum, struct err *e);

#endif
