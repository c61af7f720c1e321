#include "net/service.h"

#include "base/child.h"
#include "base/io.h"
#include "base/random.h"
#include "net/srv.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>
#include <string.h>

enum {
    ANSWER_SIZE = 65536,
    SERVICES = 2,
};

struct question {
    const char *domain;
    bool wanted[SERVICES]; /* implicit TLS, STARTTLS */
};

/* What the child writes for each service: this, then the message. */
struct answer {
    int code; /* h_errno, 0 for an answer */
    int len;
};

/* What all answers come to. */
struct finding {
    struct srv_records records;
    bool failed;  /* a question was not answered */
    bool refused; /* a service is said not to be offered */
};

/* In the child. */

static void ask(res_state state, const char *service, const char *domain, struct buf *to)
{
    BUF name = { 0 };
    BUF message = { 0 };
    struct answer answer = { 0 };
    buf_addf(&name, "%s._tcp.%s", service, domain);
    char *room = buf_room(&message, ANSWER_SIZE);
    answer.len =
        res_nquery(state, buf_string(&name), ns_c_in, ns_t_srv, (unsigned char *)room, ANSWER_SIZE);
    if (answer.len < 0 || answer.len > ANSWER_SIZE) {
        answer.code = answer.len < 0 ? state->res_h_errno : TRY_AGAIN;
        answer.len = 0;
    }
    buf_add(to, &answer, sizeof answer);
    buf_add(to, room, (size_t)answer.len);
}

static int work(const void *context, int fd)
{
    static const char *const names[SERVICES] = { "_submissions", "_submission" };
    const struct question *q = context;
    struct __res_state state = { 0 };
    BUF out = { 0 };
    if (res_ninit(&state) < 0)
        return 1;
    for (size_t i = 0; i < SERVICES; i++)
        if (q->wanted[i])
            ask(&state, names[i], q->domain, &out);
    res_nclose(&state);
    return io_write(fd, out.at, out.len) < 0 ? 1 : 0;
}

/* In the parent. */

static int take_answer(struct arena *a, struct span *rest, bool implicit, struct finding *f,
                       struct err *e)
{
    struct answer answer;
    if (rest->len < sizeof answer)
        return err_set(e, ERR_LOOKUP, "the name server's answer is lost");
    memcpy(&answer, rest->at, sizeof answer);
    *rest = span_from(*rest, sizeof answer);
    if (answer.code) {
        f->failed |= answer.code != HOST_NOT_FOUND && answer.code != NO_DATA;
        return 0;
    }
    struct span message = { rest->at,
                            (size_t)answer.len < rest->len ? (size_t)answer.len : rest->len };
    *rest = span_from(*rest, message.len);
    return srv_parse(a, message, implicit, &f->records, e);
}

/* Takes out what is not offered. */
static void drop_refused(struct finding *f)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->records.n; i++) {
        if (*f->records.items[i].host)
            f->records.items[kept++] = f->records.items[i];
        else
            f->refused = true;
    }
    f->records.n = kept;
}

static int nothing_found(const struct target *t, const struct finding *f, struct err *e)
{
    if (f->failed) {
        err_set(e, ERR_LOOKUP, "srv:%s: no name server answers", t->host);
        err_hint(e, "is this machine on the network? see /etc/resolv.conf");
    } else if (f->refused) {
        err_set(e, ERR_UNAVAILABLE, "srv:%s: the domain says that it has no submission server",
                t->host);
        err_hint(e, "ask the provider for the server's name, and write that in host");
    } else {
        err_set(e, ERR_NOHOST, "srv:%s: the domain names no submission server in the DNS (%s)",
                t->host,
                t->tls == TLS_MODE_IMPLICIT   ? "_submissions._tcp"
                : t->tls == TLS_MODE_STARTTLS ? "_submission._tcp"
                                              : "_submissions._tcp, _submission._tcp");
        err_hint(e, "ask the provider for the server's name, and write that in host");
    }
    return -1;
}

/* Is `host` the domain or below it? */
static bool is_below(const char *host, const char *domain)
{
    struct span h = span_of(host), d = span_of(domain);
    if (h.len < d.len || !span_ieq(span_from(h, h.len - d.len), d))
        return false;
    return h.len == d.len || h.at[h.len - d.len - 1] == '.';
}

static struct target make_target(const struct target *service, const struct srv_record *record)
{
    struct target t = { .host = record->host,
                        .port = record->port,
                        .tls = record->implicit ? TLS_MODE_IMPLICIT : TLS_MODE_STARTTLS };
    if (!is_below(record->host, service->host))
        t.tls_name = service->host;
    return t;
}

static int take_answers(struct arena *a, const struct question *q, const struct buf *out,
                        struct finding *f, struct err *e)
{
    struct span rest = buf_span(out);
    for (size_t i = 0; i < SERVICES; i++)
        if (q->wanted[i] && take_answer(a, &rest, i == 0, f, e) < 0)
            return -1;
    drop_refused(f);
    return 0;
}

static int look_up(struct arena *a, const struct question *q, struct deadline deadline,
                   struct finding *f, struct err *e)
{
    struct child_result end;
    BUF out = { 0 };
    if (child_call(work, q, deadline, &out, &end, e) == 0 && take_answers(a, q, &out, f, e) == 0)
        return 0;
    err_context(e, "srv:%s: name lookup", q->domain);
    return -1;
}

int service_find(struct arena *a, const struct target *t, struct deadline deadline,
                 struct targets *ret, struct err *e)
{
    struct question q = { t->host, { t->tls != TLS_MODE_STARTTLS, t->tls != TLS_MODE_IMPLICIT } };
    struct finding found = { 0 };
    if (t->is_service) {
        if (look_up(a, &q, deadline, &found, e) < 0)
            return -1;
        if (!found.records.n)
            return nothing_found(t, &found, e);
        srv_sort(&found.records, random_number());
    }
    size_t n = !t->is_service                    ? 1
               : found.records.n < SERVICE_LIMIT ? found.records.n
                                                 : SERVICE_LIMIT;
    ret->items = arena_new(a, n, sizeof *ret->items);
    ret->n = n;
    for (size_t i = 0; i < n; i++)
        ret->items[i] = t->is_service ? make_target(t, &found.records.items[i]) : *t;
    return 0;
}

void service_explain(const struct target *t, struct err *e)
{
    if (!t->tls_name || e->kind != ERR_CERTIFICATE || !strstr(e->text, t->tls_name))
        return;
    err_context(e, "%s, which the DNS of %s names", t->host, t->tls_name);
    err_hint(e,
             "the DNS alone is not believed; if your provider says that %s is its server, write "
             "tls_name = %s",
             t->host, t->host);
}
