#include "cmd/tls_remarks.h"

#include "net/identity.h"

#include <time.h>

enum { DAY = 24 * 60 * 60 };

static int judge_own_certificate(struct arena *a, const struct net_opts *net,
                                 struct strlist *warnings, struct err *e)
{
    int64_t end = 0;
    if (!net->tls_cert)
        return 0;
    if (identity_expires(net, &end, e) < 0)
        return -1;
    int64_t left = end - time(NULL);
    long long days = (long long)(left / DAY);
    if (left < 0)
        strlist_add(
            a, warnings,
            arena_printf(a, "tls_cert ran out %lld days ago: renew it, servers refuse it", -days));
    else if (days < EXPIRY_WARNING_DAYS)
        strlist_add(a, warnings,
                    arena_printf(a, "tls_cert runs out in %lld days: renew it in time", days));
    return 0;
}

int tls_remarks(struct arena *a, const struct account *account, struct tls_remarks *ret,
                struct err *e)
{
    const struct net_opts *net = &account->net;
    *ret = (struct tls_remarks){ 0 };
    if (net->tls == TLS_MODE_OFF)
        return 0;
    if (net->tls_pin.n == 1)
        strlist_add(a, &ret->notes,
                    "tls_pin names no backup: if the server's key changes, nothing can be sent");
    if (net->tls_priority)
        strlist_add(a, &ret->notes,
                    "tls_priority stands in place of tls_min, and of the demand for keys of 2048 "
                    "bits at least");
    return judge_own_certificate(a, net, &ret->warnings, e);
}
