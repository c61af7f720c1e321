#include "net/proxy.h"

#include "base/mask.h"
#include "base/percent.h"
#include "base/sig.h"
#include "net/socks.h"
#include "net/tunnel.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

/* The notation. */

enum { PORT_SOCKS = 1080 };

static int bad_proxy(struct err *e, const char *why)
{
    return err_set(e, ERR_CONFIG,
                   "%s; write socks5://host:port or http://host:port, with "
                   "user:password@ in front of the host if it wants a login",
                   why);
}

/* Takes "scheme://" off the front. */
static int take_scheme(struct span *rest, enum proxy_kind *kind)
{
    static const struct {
        const char *scheme;
        enum proxy_kind kind;
    } schemes[] = {
        { "socks5://", PROXY_SOCKS5 },
        { "socks5h://", PROXY_SOCKS5 },
        { "http://", PROXY_HTTP },
    };
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (span_istarts(*rest, schemes[i].scheme)) {
            *rest = span_from(*rest, strlen(schemes[i].scheme));
            *kind = schemes[i].kind;
            return 0;
        }
    return -1;
}

/* Undoes "%XX". NULL for a broken one, a control character, or too much. */
static const char *decode(struct arena *a, struct span text)
{
    BUF out = { .secret = true };
    if (percent_decode(text, &out) < 0 || span_has_control(buf_span(&out)) ||
        out.len > SOCKS_TEXT_MAX)
        return NULL;
    return arena_string(a, buf_span(&out));
}

/* Takes "user:password@" off the front; the last "@" counts. */
static int take_login(struct arena *a, struct span *rest, struct proxy *p)
{
    size_t at = rest->len;
    while (at && rest->at[at - 1] != '@')
        at--;
    if (!at)
        return 0;
    struct span login = { rest->at, at - 1 }, user;
    *rest = span_from(*rest, at);
    span_next(&login, ':', &user);
    p->user = decode(a, user);
    p->password = decode(a, login);
    return p->user && *p->user && p->password ? 0 : -1;
}

static int parse_place(struct arena *a, struct span place, struct proxy *p)
{
    ERR why = { 0 };
    const struct net_opts opts = { .tls = TLS_MODE_OFF, .port = PORT_SOCKS };
    struct target at = { 0 };
    if (target_parse(a, arena_string(a, place), &opts, &at, &why) < 0 || at.is_path ||
        at.is_service || (p->kind == PROXY_HTTP && !at.has_port))
        return -1;
    p->at = at;
    return 0;
}

int proxy_parse(struct arena *a, const char *text, struct proxy *ret, struct err *e)
{
    struct proxy p = { 0 };
    struct span rest = span_of(text);
    if (take_scheme(&rest, &p.kind) < 0)
        return bad_proxy(e, "neither a SOCKS nor an HTTP proxy");
    if (rest.len && rest.at[rest.len - 1] == '/')
        rest.len--;
    if (take_login(a, &rest, &p) < 0)
        return bad_proxy(e, "the login is broken (special characters are written as % and two "
                            "hexadecimal digits)");
    if (parse_place(a, rest, &p) < 0)
        return bad_proxy(e, p.kind == PROXY_HTTP ? "no host and port" : "no host");
    *ret = p;
    return 0;
}

/* The dialogue. */

struct dialogue {
    int fd;
    struct deadline deadline;
    struct err *e;
};

static int wait_for(const struct dialogue *d, short events)
{
    for (;;) {
        struct pollfd wait = { .fd = d->fd, .events = events };
        if (deadline_passed(d->deadline))
            return err_set(d->e, ERR_TIMEOUT, "the proxy gave no answer in time");
        if (sig_stop())
            return err_set(d->e, ERR_TEMPORARY, "stopped by signal %d", sig_stop());
        int ready = poll(&wait, 1, deadline_nap(d->deadline));
        if (ready > 0)
            return 0;
        if (ready < 0 && errno != EINTR)
            return err_system(d->e, ERR_SYSTEM, errno, "poll");
    }
}

static int lost(const struct dialogue *d, int errnum)
{
    if (errnum == 0)
        return err_set(d->e, ERR_CLOSED, "the proxy closed the connection");
    return err_system(d->e, ERR_CLOSED, errnum, "the connection to the proxy broke");
}

static int put(const struct dialogue *d, struct span octets)
{
    while (octets.len) {
        ssize_t n = send(d->fd, octets.at, octets.len, MSG_NOSIGNAL);
        if (n > 0)
            octets = span_from(octets, (size_t)n);
        else if (errno != EAGAIN && errno != EINTR)
            return lost(d, errno);
        else if (wait_for(d, POLLOUT) < 0)
            return -1;
    }
    return 0;
}

/* At most `n` octets more; with MSG_PEEK they stay, and `to` then is what there is from the front.
 * Returns how many, or -1. */
static ssize_t get(const struct dialogue *d, struct buf *to, size_t n, int flags)
{
    for (;;) {
        ssize_t got = recv(d->fd, buf_room(to, n), n, flags | MSG_DONTWAIT);
        if (got > 0)
            buf_grew(to, (size_t)got);
        if (got > 0)
            return got;
        if (got == 0 || (errno != EAGAIN && errno != EINTR))
            return lost(d, got == 0 ? 0 : errno);
        if (wait_for(d, POLLIN) < 0)
            return -1;
    }
}

static int get_method(const struct dialogue *d, bool with_password, enum socks_method *ret)
{
    BUF reply = { 0 };
    int lacks;
    while ((lacks = socks_take_method(buf_span(&reply), with_password, ret, d->e)) > 0)
        if (get(d, &reply, (size_t)lacks, 0) < 0)
            return -1;
    return lacks;
}

static int get_whole(const struct dialogue *d, int (*take)(struct span reply, struct err *e))
{
    BUF reply = { 0 };
    int lacks;
    while ((lacks = take(buf_span(&reply), d->e)) > 0)
        if (get(d, &reply, (size_t)lacks, 0) < 0)
            return -1;
    return lacks;
}

static int log_in(const struct dialogue *d, const struct proxy *p)
{
    BUF login = { .secret = true };
    socks_add_login(&login, p->user, p->password);
    return put(d, buf_span(&login)) < 0 ? -1 : get_whole(d, socks_take_login);
}

static int connect_socks(const struct dialogue *d, const struct proxy *p, const struct target *t)
{
    BUF out = { 0 };
    enum socks_method method = SOCKS_METHOD_NONE;
    socks_add_methods(&out, p->user != NULL);
    if (put(d, buf_span(&out)) < 0 || get_method(d, p->user != NULL, &method) < 0)
        return -1;
    if (method == SOCKS_METHOD_PASSWORD && log_in(d, p) < 0)
        return -1;
    buf_clear(&out);
    if (socks_add_request(&out, t->host, t->port, d->e) < 0 || put(d, buf_span(&out)) < 0)
        return -1;
    return get_whole(d, socks_take_reply);
}

/* Only what belongs to the head is taken: a server that speaks first may stand right behind it. */
static int get_head(const struct dialogue *d, struct buf *head)
{
    int length = 0;
    while (length == 0 || head->len < (size_t)length) {
        BUF seen = { 0 };
        size_t taken = head->len;
        buf_add_span(&seen, buf_span(head));
        if (get(d, &seen, TUNNEL_REPLY_MAX, MSG_PEEK) < 0)
            return -1;
        length = tunnel_head(buf_span(&seen), d->e);
        if (length < 0 || get(d, head, (length ? (size_t)length : seen.len) - taken, 0) < 0)
            return -1;
    }
    return 0;
}

static int connect_http(const struct dialogue *d, const struct proxy *p, const struct target *t)
{
    BUF out = { .secret = true };
    BUF head = { 0 };
    tunnel_add_request(&out, t->host, t->port, p->user, p->password);
    if (put(d, buf_span(&out)) < 0 || get_head(d, &head) < 0)
        return -1;
    return tunnel_take_reply(buf_span(&head), p->user != NULL, d->e);
}

/* A proxy that repeats the password is not quoted. */
static void conceal(const struct proxy *p, struct err *e)
{
    struct mask mask = { 0 };
    BUF text = { 0 };
    BUF hint = { 0 };
    mask_add(&mask, span_of(p->password));
    buf_add_string(&text, e->text);
    buf_add_string(&hint, e->hint ? e->hint : "");
    mask_apply(&mask, &text);
    mask_done(&mask);
    err_set(e, e->kind, "%s", buf_string(&text));
    if (hint.len)
        err_hint(e, "%s", buf_string(&hint));
}

int proxy_connect(int fd, const struct proxy *p, const struct target *t, struct deadline deadline,
                  struct err *e)
{
    struct dialogue d = { fd, deadline, e };
    int done = p->kind == PROXY_HTTP ? connect_http(&d, p, t) : connect_socks(&d, p, t);
    if (done < 0 && p->password)
        conceal(p, e);
    if (done < 0)
        err_context(e, "%s port %d through %s", t->host, t->port, p->at.host);
    return done;
}
