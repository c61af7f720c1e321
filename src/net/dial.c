#include "net/dial.h"

#include "net/proxy.h"
#include "net/race.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

/* A Unix socket. */

/* connect(2) waits for room in the listener's queue for as long as a send may take, unless the
 * socket is non-blocking: then it fails. */
static int connect_path(int fd, const struct sockaddr_un *to, struct deadline deadline)
{
    int left = deadline_left(deadline);
    struct timeval limit = { left / 1000, left % 1000 * 1000 };
    if (left == 0)
        return ETIMEDOUT;
    if (left > 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(fd, (const struct sockaddr *)to, sizeof *to) < 0)
        return errno == EAGAIN ? ETIMEDOUT : errno;
    return fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? errno : 0;
}

static int dial_path(const char *path, struct deadline deadline, struct err *e)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof to.sun_path)
        return err_set(e, ERR_CONFIG, "host %s: the path of a socket has at most %zu octets", path,
                       sizeof to.sun_path - 1);
    memcpy(to.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_system(e, ERR_SYSTEM, errno, "socket");
    int failed = connect_path(fd, &to, deadline);
    if (!failed)
        return fd;
    close(fd);
    err_system(e, failed == ETIMEDOUT ? ERR_TIMEOUT : ERR_CONNECT, failed, "%s", path);
    if (failed == ECONNREFUSED)
        err_hint(e, "nobody listens at this socket: start its server");
    return -1;
}

/* TCP. */

/* `ret` is NULL when none is wanted. */
static int parse_source(struct arena *a, const char *text, const struct sockaddr_storage **ret,
                        struct err *e)
{
    struct resolved source = { 0 };
    *ret = NULL;
    if (!text)
        return 0;
    if (!target_is_address(text))
        return err_set(e, ERR_CONFIG, "source_ip %s: this is no address", text);
    if (resolve(a, text, 0, IP_ANY, (struct deadline){ 0 }, &source, e) < 0)
        return -1;
    *ret = &source.items[0];
    return 0;
}

/* Only addresses of the source's own family can be reached from it. */
static int keep_family(const char *source_ip, sa_family_t family, struct resolved *addresses,
                       struct err *e)
{
    size_t kept = 0;
    for (size_t i = 0; i < addresses->n; i++)
        if (addresses->items[i].ss_family == family)
            addresses->items[kept++] = addresses->items[i];
    addresses->n = kept;
    if (kept)
        return 0;
    return err_set(e, ERR_CONFIG, "source_ip %s: the host has no address of this family",
                   source_ip);
}

static int connect_any(struct arena *a, const struct target *t, const struct net_opts *opts,
                       struct resolved *addresses, struct deadline deadline, struct buf *tried,
                       struct err *e)
{
    const struct sockaddr_storage *source = NULL;
    if (parse_source(a, opts->source_ip, &source, e) < 0)
        return -1;
    if (source && keep_family(opts->source_ip, source->ss_family, addresses, e) < 0)
        return -1;
    return race_connect(addresses, source, t->host, deadline, tried, e);
}

static void add_peer(int fd, struct buf *to)
{
    struct sockaddr_storage peer = { 0 };
    socklen_t len = sizeof peer;
    if (getpeername(fd, (struct sockaddr *)&peer, &len) == 0)
        resolve_add_text(to, &peer);
}

static int dial_host(const struct target *t, const struct net_opts *opts, struct deadline deadline,
                     struct dialled *d, struct err *e)
{
    ARENA a = { 0 };
    struct resolved addresses;
    int64_t start = clock_ms();
    if (resolve(&a, t->host, t->port, opts->ip, deadline, &addresses, e) < 0)
        return -1;
    d->times.lookup_ms = clock_ms() - start;
    int fd = connect_any(&a, t, opts, &addresses, deadline, &d->tried, e);
    if (fd >= 0)
        add_peer(fd, &d->address);
    return fd;
}

/* By a proxy. The copies of its password are wiped. */
static int dial_through(const struct target *t, const struct net_opts *opts,
                        struct deadline deadline, struct dialled *d, struct err *e)
{
    CLEANUP(arena_wipe) struct arena a = { 0 };
    struct proxy proxy = { 0 };
    if (proxy_parse(&a, opts->proxy, &proxy, e) < 0) {
        err_context(e, "proxy");
        return -1;
    }
    int fd = dial_host(&proxy.at, opts, deadline, d, e);
    if (fd < 0) {
        err_context(e, "proxy");
        return -1;
    }
    if (proxy_connect(fd, &proxy, t, deadline, e) == 0)
        return fd;
    close(fd);
    return -1;
}

void dialled_done(struct dialled *d)
{
    buf_done(&d->address);
    buf_done(&d->tried);
}

int dial(const struct target *t, const struct net_opts *opts, struct deadline deadline,
         struct dialled *ret, struct err *e)
{
    CLEANUP(dialled_done) struct dialled d = { 0 };
    int64_t start = clock_ms();
    int fd = t->is_path    ? dial_path(t->host, deadline, e)
             : opts->proxy ? dial_through(t, opts, deadline, &d, e)
                           : dial_host(t, opts, deadline, &d, e);
    if (fd < 0)
        return -1;
    d.times.connect_ms = clock_ms() - start - d.times.lookup_ms;
    if (t->is_path)
        buf_add_string(&d.address, t->host);
    if (ret) {
        *ret = d;
        d = (struct dialled){ 0 };
    }
    return fd;
}
