/* The servers of an account in the order in which they are tried. A domain whose DNS names them
 * (srv:) is looked up when its turn comes. */
#ifndef QUEUE_HOSTS_H
#define QUEUE_HOSTS_H

#include "base/buf.h"
#include "net/service.h"

struct hosts {
    struct arena *arena;        /* for names and what is found */
    const struct net_opts *net; /* borrowed */
    size_t at;                  /* the next entry of net->host */
    struct targets found;       /* what the one before it stands for */
    size_t taken;               /* of these */
};

/* The next server: 1, 0 when there is none any more, -1 when an entry of `host` gives none (as
 * target_parse and service_find); the call after that goes on with the entry behind it. */
int hosts_next(struct hosts *h, struct deadline deadline, struct target *ret,
               struct err *e) MUST_USE;

/* Is there certainly, or perhaps, another one? */
bool hosts_have_more(const struct hosts *h);

/* The part of the time until `deadline` that one server may take until it has said EHLO: all of it
 * for the last, half of it for any other, so that one that hangs leaves time for the next. */
struct deadline hosts_share(const struct hosts *h, struct deadline deadline);

/* Appends "smtp.example.com port 465, implicit TLS" and what else there is to say of a server
 * before it is tried. */
void hosts_describe(struct buf *to, const struct target *t, const struct net_opts *net);

#endif
