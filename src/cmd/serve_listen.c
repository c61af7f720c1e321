#include "cmd/serve_listen.h"

#include "base/arena.h"
#include "base/io.h"
#include "base/span.h"
#include "net/target.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { FIRST_FD = 3, PORT = 25 };

static const char beside[] = ".new"; /* behind the name of what is about to take its place */

static int add(struct listeners *l, int fd, bool lmtp, struct err *e)
{
    if (l->n == LISTENERS_MAX)
        return err_set(e, ERR_CONFIG, "more than %d sockets to listen at", LISTENERS_MAX);
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
        return err_system(e, ERR_SYSTEM, errno, "fcntl");
    l->items[l->n++] = (struct listener){ fd, lmtp };
    return 0;
}

/* What systemd hands over. */

static bool is_loopback(const struct sockaddr_storage *address)
{
    const struct sockaddr_in *v4 = (const void *)address;
    const struct sockaddr_in6 *v6 = (const void *)address;
    bool is_v4 = address->ss_family == AF_INET;
    const void *octets = is_v4 ? (const void *)&v4->sin_addr : &v6->sin6_addr;
    char text[INET6_ADDRSTRLEN];
    const struct target target = { .host = text, .is_literal = true };
    return (is_v4 || address->ss_family == AF_INET6) &&
           inet_ntop(address->ss_family, octets, text, sizeof text) && target_is_local(&target);
}

static int inherit(struct listeners *l, int fd, struct err *e)
{
    struct sockaddr_storage address = { 0 };
    socklen_t len = sizeof address, size = sizeof(int);
    int listens = 0;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0 || !listens ||
        getsockname(fd, (struct sockaddr *)&address, &len) < 0)
        return err_set(e, ERR_CONFIG, "descriptor %d of LISTEN_FDS is no listening socket", fd);
    if (address.ss_family == AF_UNIX || is_loopback(&address))
        return add(l, fd, address.ss_family == AF_UNIX, e);
    return err_set(e, ERR_CONFIG,
                   "descriptor %d of LISTEN_FDS is open to other machines, for which this service "
                   "has neither TLS nor login; write ListenStream=127.0.0.1:25",
                   fd);
}

static int inherited(void)
{
    const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
    uint64_t owner, n;
    if (!pid || !fds || span_number(span_of(pid), INT32_MAX, &owner) < 0 ||
        (pid_t)owner != getpid() || span_number(span_of(fds), LISTENERS_MAX + 1, &n) < 0)
        return 0;
    return (int)n;
}

static int inherit_all(struct listeners *l, int n, struct err *e)
{
    for (int fd = FIRST_FD; fd < FIRST_FD + n; fd++)
        if (inherit(l, fd, e) < 0)
            return -1;
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    return 0;
}

/* The Unix socket. */

static int failed(const char *path, int errnum, struct err *e)
{
    bool forbidden = errnum == EACCES || errnum == EPERM;
    return err_system(e, forbidden ? ERR_PERMISSION : ERR_CREATE, errnum, "%s", path);
}

/* With the remedy for a folder that is not there, or not ours. */
static void failed_in(const char *path, int errnum, struct err *e)
{
    failed(path, errnum, e);
    if (errnum == ENOENT || errnum == EACCES)
        err_hint(e, "before each start: install -d -o %lu %.*s", (unsigned long)geteuid(),
                 (int)(strrchr(path, '/') - path), path);
}

static int make_path(const char *path, struct sockaddr_un *ret, struct err *e)
{
    size_t len = strlen(path);
    *ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (len + sizeof beside > sizeof ret->sun_path)
        return err_set(e, ERR_CONFIG, "socket: %s is longer than %zu octets", path,
                       sizeof ret->sun_path - sizeof beside);
    memcpy(ret->sun_path, path, len);
    return 0;
}

/* 0 if somebody listens there, or errno. */
static int knock(const struct sockaddr_un *address)
{
    CLEANUP(io_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (const void *)address, sizeof *address) == 0)
        return 0;
    return errno == EAGAIN ? 0 : errno;
}

/* What the service before has left may be replaced, and nothing else. */
static int check_room(const struct sockaddr_un *address, struct err *e)
{
    struct stat facts;
    const char *path = address->sun_path;
    if (lstat(path, &facts) < 0)
        return errno == ENOENT ? 0 : failed(path, errno, e);
    if (!S_ISSOCK(facts.st_mode))
        return err_set(e, ERR_CREATE, "%s is there already, and no socket", path);
    int errnum = knock(address);
    if (errnum == ECONNREFUSED || errnum == ENOENT)
        return 0;
    if (errnum)
        return failed(path, errnum, e);
    return err_set(e, ERR_CREATE, "%s: another service listens there", path);
}

/* Its folder, if only that is missing. */
static void make_folder(const char *path)
{
    ARENA a = { 0 };
    const char *slash = strrchr(path, '/');
    const char *folder = arena_string(&a, (struct span){ path, (size_t)(slash - path) });
    if (mkdir(folder, 0755) == 0 && chmod(folder, 0755) < 0)
        return;
}

/* One at a time looks whether the name is free and takes it. */
static int lock_name(const char *path, struct err *e)
{
    ARENA a = { 0 };
    const char *name = arena_printf(&a, "%s.lock", path);
    const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY;
    int fd = open(name, flags, 0600);
    if (fd < 0 && errno == EACCES &&
        unlink(name) == 0) /* of another user's service, in our folder */
        fd = open(name, flags, 0600);
    if (fd >= 0 && io_lock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    if (errno == EWOULDBLOCK)
        err_set(e, ERR_CREATE, "%s: another service is about to listen there", path);
    else
        failed_in(name, errno, e);
    io_close(&fd);
    return -1;
}

/* Beside its place, then moved there: whoever looks finds the old one, or one that listens. */
static int bind_unix(int fd, const struct sockaddr_un *address, struct err *e)
{
    struct sockaddr_un at = *address;
    const char *path = at.sun_path;
    memcpy(at.sun_path + strlen(path), beside, sizeof beside);
    if (check_room(&at, e) < 0)
        return -1;
    if ((unlink(path) < 0 && errno != ENOENT) || bind(fd, (const void *)&at, sizeof at) < 0)
        return failed(path, errno, e);
    if (chmod(path, 0666) == 0 && listen(fd, SOMAXCONN) == 0 &&
        rename(path, address->sun_path) == 0)
        return 0;
    failed(address->sun_path, errno, e);
    (void)unlink(path);
    return -1;
}

static int listen_unix(struct listeners *l, const char *path, struct err *e)
{
    struct sockaddr_un address;
    if (make_path(path, &address, e) < 0)
        return -1;
    make_folder(path);
    CLEANUP(io_close) int lock = lock_name(path, e);
    if (lock < 0 || check_room(&address, e) < 0)
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_system(e, ERR_SYSTEM, errno, "socket");
    if (add(l, fd, true, e) < 0) {
        close(fd);
        return -1;
    }
    return bind_unix(fd, &address, e);
}

/* SMTP on loopback. */

/* A literal address, or "localhost". One of IPv4 needs no IPv6, however it is written. */
static int make_address(const char *host, int port, struct sockaddr_storage *ret)
{
    struct sockaddr_in *v4 = (void *)ret;
    struct sockaddr_in6 *v6 = (void *)ret;
    struct in_addr in = { .s_addr = htonl(INADDR_LOOPBACK) };
    struct in6_addr in6 = IN6ADDR_ANY_INIT;
    bool is_v4 = span_iis(span_of(host), "localhost") || inet_pton(AF_INET, host, &in) == 1;
    if (!is_v4 && inet_pton(AF_INET6, host, &in6) != 1)
        return -1;
    if (IN6_IS_ADDR_V4MAPPED(&in6)) {
        is_v4 = true;
        memcpy(&in, in6.s6_addr + 12, sizeof in);
    }
    *ret = (struct sockaddr_storage){ .ss_family = is_v4 ? AF_INET : AF_INET6 };
    if (is_v4) {
        v4->sin_port = htons((uint16_t)port);
        v4->sin_addr = in;
    } else {
        v6->sin6_port = htons((uint16_t)port);
        v6->sin6_addr = in6;
    }
    return 0;
}

static int bind_tcp(struct listeners *l, const char *where, const struct sockaddr_storage *address,
                    struct err *e)
{
    int on = 1;
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_system(e, ERR_SYSTEM, errno, "socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (const void *)address, sizeof *address) == 0 && listen(fd, SOMAXCONN) == 0 &&
        add(l, fd, false, e) == 0)
        return 0;
    if (!e->kind)
        err_system(e, errno == EACCES ? ERR_PERMISSION : ERR_CREATE, errno, "listen = %s", where);
    close(fd);
    return -1;
}

static int listen_tcp(struct listeners *l, const char *where, struct err *e)
{
    ARENA a = { 0 };
    struct net_opts net = { .port = PORT };
    struct target target = { 0 };
    struct sockaddr_storage address;
    if (target_parse(&a, where, &net, &target, e) < 0)
        return -1;
    if (!target_is_local(&target) || make_address(target.host, target.port, &address) < 0)
        return err_set(e, ERR_CONFIG, "listen = %s: write an address as in 127.0.0.1:25", where);
    return bind_tcp(l, where, &address, e);
}

int serve_listen(const struct serve_opts *opts, struct listeners *ret, struct err *e)
{
    int n = inherited();
    *ret = (struct listeners){ .inherited = n > 0 };
    int done = n ? inherit_all(ret, n, e) : 0;
    for (size_t i = 0; done == 0 && !n && i < opts->listen.n; i++)
        done = listen_tcp(ret, opts->listen.items[i], e);
    if (done == 0 && !n) /* last: once it is there it stays */
        done = listen_unix(ret, opts->socket, e);
    if (done < 0)
        listeners_close(ret);
    return done;
}

void listeners_close(struct listeners *l)
{
    for (size_t i = 0; i < l->n; i++)
        close(l->items[i].fd);
    l->n = 0;
}
