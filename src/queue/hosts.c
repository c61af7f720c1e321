#include "queue/hosts.h"

/* No longer than one server may take from the lookup to the greeting: that is part of it. */
static struct deadline lookup_limit(const struct hosts *h, struct deadline deadline)
{
    struct deadline share = hosts_share(h, deadline);
    return deadline_min(share, deadline_in(h->net->connect_timeout_ms));
}

int hosts_next(struct hosts *h, struct deadline deadline, struct target *ret, struct err *e)
{
    struct target entry = { 0 };
    if (h->taken >= h->found.n) {
        h->found.n = h->taken = 0;
        if (h->at >= h->net->host.n)
            return 0;
        const char *text = h->net->host.items[h->at++];
        if (target_parse(h->arena, text, h->net, &entry, e) < 0 ||
            service_find(h->arena, &entry, lookup_limit(h, deadline), &h->found, e) < 0)
            return -1;
    }
    *ret = h->found.items[h->taken++];
    return 1;
}

bool hosts_have_more(const struct hosts *h)
{
    return h->taken < h->found.n || h->at < h->net->host.n;
}

struct deadline hosts_share(const struct hosts *h, struct deadline deadline)
{
    int left = deadline_left(deadline);
    return left > 1 && hosts_have_more(h) ? deadline_in(left / 2) : deadline;
}

void hosts_describe(struct buf *to, const struct target *t, const struct net_opts *net)
{
    static const char *const modes[] = { [TLS_MODE_UNSET] = "",
                                         [TLS_MODE_IMPLICIT] = ", implicit TLS",
                                         [TLS_MODE_STARTTLS] = ", STARTTLS",
                                         [TLS_MODE_OFF] = ", no TLS" };
    buf_add_string(to, t->host);
    if (!t->is_path)
        buf_addf(to, " port %d", t->port);
    if (!t->is_path || t->tls != TLS_MODE_OFF)
        buf_add_string(to, modes[t->tls]);
    if (net->proxy && !t->is_path)
        buf_add_string(to, ", through the proxy");
    if (t->tls_name && !net->tls_name)
        buf_addf(to, ", with a certificate for %s", t->tls_name);
}
