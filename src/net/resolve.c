#include "net/resolve.h"

#include "base/child.h"
#include "base/io.h"
#include "net/hosts_file.h"
#include "net/target.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

enum { RESOLVE_LIMIT = 64 }; /* addresses taken of one name */

struct question {
    const char *host;
    int port;
    enum ip_family family;
};

/* What the child writes: this, then the addresses. */
struct answer {
    int code; /* of getaddrinfo */
    int errnum;
};

static int run_getaddrinfo(const struct question *q, int flags, struct addrinfo **ret)
{
    static const int families[] = { [IP_ANY] = AF_UNSPEC, [IP_4] = AF_INET, [IP_6] = AF_INET6 };
    struct addrinfo hints = {
        .ai_flags = flags | AI_NUMERICSERV,
        .ai_family = families[q->family],
        .ai_socktype = SOCK_STREAM,
    };
    char port[16];
    snprintf(port, sizeof port, "%d", q->port);
    return getaddrinfo(q->host, port, &hints, ret);
}

static void add_addresses(const struct addrinfo *list, struct buf *to)
{
    size_t n = 0;
    for (; list && n < RESOLVE_LIMIT; list = list->ai_next, n++) {
        struct sockaddr_storage address = { 0 };
        if (list->ai_addrlen <= sizeof address) {
            memcpy(&address, list->ai_addr, list->ai_addrlen);
            buf_add(to, &address, sizeof address);
        }
    }
}

static void add_answer(const struct question *q, int flags, struct buf *to)
{
    struct addrinfo *list = NULL;
    struct answer answer = { 0 };
    errno = 0;
    answer.code = run_getaddrinfo(q, flags, &list);
    answer.errnum = errno;
    buf_add(to, &answer, sizeof answer);
    if (answer.code == 0) {
        add_addresses(list, to);
        freeaddrinfo(list);
    }
}

static int work(const void *context, int fd)
{
    BUF out = { 0 };
    add_answer(context, 0, &out);
    return io_write(fd, out.at, out.len) < 0 ? 1 : 0;
}

static int no_host(const struct question *q, struct err *e)
{
    static const char *const what[] = { [IP_ANY] = "", [IP_4] = " as IPv4", [IP_6] = " as IPv6" };
    err_set(e, ERR_NOHOST, "%s: no such host%s", q->host, what[q->family]);
    err_hint(e, q->family == IP_ANY ? "check the spelling of host" : "remove ip, or set ip = any");
    return -1;
}

static int explain(const struct question *q, const struct answer *answer, struct err *e)
{
    switch (answer->code) {
    case EAI_NONAME:
    case EAI_NODATA:
    case EAI_ADDRFAMILY: return no_host(q, e);
    case EAI_SYSTEM:
        return err_system(e, ERR_LOOKUP, answer->errnum, "%s: the name cannot be looked up",
                          q->host);
    case EAI_AGAIN:
        err_set(e, ERR_LOOKUP, "%s: no name server answers", q->host);
        err_hint(e, "is this machine on the network? see /etc/resolv.conf");
        return -1;
    default:
        return err_set(e, ERR_LOOKUP, "%s: the name cannot be looked up: %s", q->host,
                       gai_strerror(answer->code));
    }
}

static int take_answer(struct arena *a, const struct question *q, const struct buf *out,
                       struct resolved *ret, struct err *e)
{
    struct answer answer;
    if (out->len < sizeof answer)
        return err_set(e, ERR_LOOKUP, "%s: the name cannot be looked up", q->host);
    memcpy(&answer, out->at, sizeof answer);
    if (answer.code != 0)
        return explain(q, &answer, e);
    size_t n = (out->len - sizeof answer) / sizeof *ret->items;
    if (n == 0)
        return no_host(q, e);
    ret->items = arena_new(a, n, sizeof *ret->items);
    ret->n = n;
    memcpy(ret->items, out->at + sizeof answer, n * sizeof *ret->items);
    return 0;
}

int resolve(struct arena *a, const char *host, int port, enum ip_family family,
            struct deadline deadline, struct resolved *ret, struct err *e)
{
    struct question q = { host, port, family };
    struct child_result end;
    BUF address = { 0 };
    BUF out = { 0 };
    if (target_is_address(host) || hosts_file_find(host, family, &address)) {
        struct question known = { address.len ? buf_string(&address) : host, port, family };
        add_answer(&known, AI_NUMERICHOST, &out);
    } else if (child_call(work, &q, deadline, &out, &end, e) < 0) {
        err_context(e, "%s: name lookup", host);
        return -1;
    }
    return take_answer(a, &q, &out, ret, e);
}

void resolve_add_text(struct buf *to, const struct sockaddr_storage *address)
{
    char text[INET6_ADDRSTRLEN];
    const struct sockaddr_in *v4 = (const void *)address;
    const struct sockaddr_in6 *v6 = (const void *)address;
    bool is_v4 = address->ss_family == AF_INET;
    const void *octets = is_v4 ? (const void *)&v4->sin_addr : (const void *)&v6->sin6_addr;
    if (!inet_ntop(address->ss_family, octets, text, sizeof text))
        return;
    buf_add_string(to, text);
    if (!is_v4 && v6->sin6_scope_id)
        buf_addf(to, "%%%u", v6->sin6_scope_id);
}
