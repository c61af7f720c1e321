#include "net/race.h"

#include "base/io.h"
#include "base/sig.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum {
    RACE_LIMIT = 16,  /* addresses tried */
    STAGGER_MS = 250, /* RFC 8305 section 5 */
    NOT_TRIED = -1,   /* beside errno values */
    UNDER_WAY = 0,
};

struct attempt {
    int fd; /* -1 when there is none under way */
    int errnum;
};

struct race {
    const struct resolved *addresses;
    const struct sockaddr_storage *source; /* or NULL */
    struct attempt *attempts;
    struct pollfd *pollers;
    size_t n;             /* addresses that take part */
    size_t started;       /* of them, from the front */
    struct deadline next; /* when another one starts though the others go on */
};

static socklen_t address_size(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

/* One attempt. */

static int open_socket(const struct race *r, const struct sockaddr_storage *to)
{
    int on = 1;
    int fd = socket(to->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (!r->source)
        return fd;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(fd, (const struct sockaddr *)r->source, address_size(r->source)) == 0)
        return fd;
    int kept = errno;
    close(fd);
    errno = kept;
    return -1;
}

static void attempt_fail(struct race *r, size_t i, int errnum)
{
    struct attempt *a = &r->attempts[i];
    io_close(&a->fd);
    *a = (struct attempt){ -1, errnum };
    r->next = (struct deadline){ 1 }; /* at once */
}

/* True when it is connected at once. */
static bool attempt_start(struct race *r, size_t i)
{
    const struct sockaddr_storage *to = &r->addresses->items[i];
    struct attempt *a = &r->attempts[i];
    r->next = deadline_in(STAGGER_MS);
    *a = (struct attempt){ open_socket(r, to), UNDER_WAY };
    if (a->fd < 0)
        attempt_fail(r, i, errno);
    else if (connect(a->fd, (const struct sockaddr *)to, address_size(to)) == 0)
        return true;
    else if (errno != EINPROGRESS && errno != EINTR)
        attempt_fail(r, i, errno);
    return false;
}

static bool attempt_finish(struct race *r, size_t i)
{
    int errnum = 0;
    socklen_t len = sizeof errnum;
    if (getsockopt(r->attempts[i].fd, SOL_SOCKET, SO_ERROR, &errnum, &len) < 0)
        errnum = errno;
    if (errnum)
        attempt_fail(r, i, errnum);
    return errnum == 0;
}

/* The race. */

static bool any_pending(const struct race *r)
{
    for (size_t i = 0; i < r->started; i++)
        if (r->attempts[i].fd >= 0)
            return true;
    return false;
}

/* Waits for the attempts under way, at most `ms`: the place of one that is connected, or -1. */
static int wait_for_one(struct race *r, int ms)
{
    for (size_t i = 0; i < r->started; i++)
        r->pollers[i] = (struct pollfd){ .fd = r->attempts[i].fd, .events = POLLOUT };
    if (poll(r->pollers, r->started, ms) <= 0)
        return -1;
    for (size_t i = 0; i < r->started; i++)
        if (r->pollers[i].revents && attempt_finish(r, i))
            return (int)i;
    return -1;
}

/* The place of the winner, or -1 when all have failed, the deadline has passed or a signal came. */
static int run(struct race *r, struct deadline deadline)
{
    while (!deadline_passed(deadline) && !sig_stop()) {
        bool pending = any_pending(r);
        bool more = r->started < r->n;
        if (more && (!pending || deadline_passed(r->next))) {
            if (attempt_start(r, r->started++))
                return (int)r->started - 1;
            continue;
        }
        if (!pending)
            return -1;
        int won = wait_for_one(r, deadline_nap(more ? deadline_min(r->next, deadline) : deadline));
        if (won >= 0)
            return won;
    }
    return -1;
}

/* The others are closed; the winner's descriptor is handed over. */
static int settle(struct race *r, int won)
{
    int fd = won < 0 ? -1 : r->attempts[won].fd;
    for (size_t i = 0; i < r->n; i++)
        if ((int)i != won)
            io_close(&r->attempts[i].fd);
    return fd;
}

/* What went wrong. */

static void add_outcome(struct buf *to, const struct race *r, size_t i)
{
    int errnum = r->attempts[i].errnum;
    if (errnum == NOT_TRIED)
        return;
    if (to->len)
        buf_add_string(to, ", ");
    resolve_add_text(to, &r->addresses->items[i]);
    buf_addf(to, ": %s", errnum == UNDER_WAY ? "no answer in time" : strerror(errnum));
}

static int port_of(const struct sockaddr_storage *address)
{
    const struct sockaddr_in *v4 = (const void *)address;
    const struct sockaddr_in6 *v6 = (const void *)address;
    return ntohs(address->ss_family == AF_INET ? v4->sin_port : v6->sin6_port);
}

static int explain(const struct race *r, const char *host, struct err *e)
{
    BUF text = { 0 };
    bool timed_out = false;
    int port = port_of(&r->addresses->items[0]);
    for (size_t i = 0; i < r->n; i++) {
        timed_out |= r->attempts[i].errnum <= UNDER_WAY;
        add_outcome(&text, r, i);
    }
    err_set(e, timed_out ? ERR_TIMEOUT : ERR_CONNECT, "%s port %d cannot be reached (%s)", host,
            port, text.len ? buf_string(&text) : "no time left");
    if (port == 25)
        err_hint(e, "many networks block port 25; submission uses port 465 or 587");
    return -1;
}

int race_connect(const struct resolved *addresses, const struct sockaddr_storage *source,
                 const char *host, struct deadline deadline, struct buf *tried, struct err *e)
{
    ARENA a = { 0 };
    struct race r = { .addresses = addresses, .source = source };
    r.n = addresses->n < RACE_LIMIT ? addresses->n : RACE_LIMIT;
    r.attempts = arena_new(&a, r.n, sizeof *r.attempts);
    r.pollers = arena_new(&a, r.n, sizeof *r.pollers);
    for (size_t i = 0; i < r.n; i++)
        r.attempts[i] = (struct attempt){ -1, NOT_TRIED };
    int won = run(&r, deadline);
    int fd = settle(&r, won);
    if (fd < 0)
        return explain(&r, host, e);
    for (size_t i = 0; tried && i < r.n; i++)
        if ((int)i != won)
            add_outcome(tried, &r, i);
    return fd;
}
