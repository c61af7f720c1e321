#include "net/target.h"

#include "base/idn.h"
#include "base/utf8.h"

#include <arpa/inet.h>
#include <string.h>

enum {
    PORT_SMTP = 25,
    PORT_SUBMISSIONS = 465, /* RFC 8314 */
    PORT_SUBMISSIONS_TOO = 2465,
    PORT_SUBMISSION = 587,
    LABEL_LIMIT = 63, /* RFC 1035 section 2.3.4 */
    NAME_LIMIT = 253,
};

static int bad_target(struct err *e, const char *text, const char *why)
{
    return err_set(e, ERR_CONFIG, "host \"%s\": %s", text, why);
}

bool target_is_address(const char *host)
{
    struct in6_addr address;
    size_t len = strcspn(host, "%");
    CLEANUP(mem_free_string) char *bare = mem_copy(host, len);
    return inet_pton(AF_INET6, bare, &address) == 1 ||
           (!host[len] && inet_pton(AF_INET, bare, &address) == 1);
}

/* The two halves of an entry; `port` is empty if there is none. */
struct halves {
    struct span host;
    struct span port;
    bool bracketed;
    bool has_port;
};

static int split_bracketed(struct span entry, struct halves *ret)
{
    const char *close = memchr(entry.at, ']', entry.len);
    if (!close)
        return -1;
    size_t at = (size_t)(close - entry.at);
    struct span rest = span_from(entry, at + 1);
    ret->host = (struct span){ entry.at + 1, at - 1 };
    ret->bracketed = true;
    ret->has_port = rest.len > 0;
    ret->port = span_from(rest, 1);
    return rest.len && rest.at[0] != ':' ? -1 : 0;
}

static int split(struct span entry, struct halves *ret)
{
    *ret = (struct halves){ .host = entry };
    if (entry.len && entry.at[0] == '[')
        return split_bracketed(entry, ret);
    const char *colon = entry.len ? memchr(entry.at, ':', entry.len) : NULL;
    if (!colon)
        return 0;
    size_t at = (size_t)(colon - entry.at);
    struct span rest = span_from(entry, at + 1);
    if (span_has(rest, ':')) /* a bare IPv6 address */
        return 0;
    ret->host.len = at;
    ret->port = rest;
    ret->has_port = true;
    return 0;
}

static bool is_name(struct span name)
{
    struct span label;
    if (!name.len || name.len > NAME_LIMIT)
        return false;
    while (span_next(&name, '.', &label)) {
        if (!label.len || label.len > LABEL_LIMIT || label.at[0] == '-')
            return false;
        for (size_t i = 0; i < label.len; i++)
            if (!ascii_is_host(label.at[i]))
                return false;
    }
    return true;
}

static const char not_a_name[] = "this is no host name; write name, name:port or [IPv6]:port";

/* Makes A-labels (RFC 5891) of an international name. */
static int make_ascii(struct arena *a, const char **name, const char *text, struct err *e)
{
    BUF ascii = { 0 };
    ERR why = { 0 };
    if (!utf8_is_valid(span_of(*name)))
        return bad_target(e, text, not_a_name);
    if (idn_add_ascii(&ascii, *name, &why) < 0)
        return bad_target(e, text, why.kind == ERR_LIBRARY ? why.text : not_a_name);
    *name = arena_string(a, buf_span(&ascii));
    return 0;
}

static int parse_name(struct arena *a, struct span name, const char *text, struct target *ret,
                      struct err *e)
{
    if (name.len && name.at[name.len - 1] == '.')
        name.len--;
    ret->host = arena_string(a, name);
    if (utf8_has_8bit(name) && make_ascii(a, &ret->host, text, e) < 0)
        return -1;
    return is_name(span_of(ret->host)) ? 0 : bad_target(e, text, not_a_name);
}

static int parse_host(struct arena *a, const struct halves *halves, const char *text,
                      struct target *ret, struct err *e)
{
    char *host = arena_string(a, halves->host);
    ret->is_literal = strlen(host) == halves->host.len && target_is_address(host);
    ret->host = host;
    if (ret->is_literal)
        return 0;
    if (halves->bracketed)
        return bad_target(e, text, "only an IPv6 address stands in brackets");
    return parse_name(a, halves->host, text, ret, e);
}

static int parse_port(const struct halves *halves, const struct net_opts *opts, const char *text,
                      struct target *ret, struct err *e)
{
    uint64_t port = (uint64_t)opts->port;
    if (halves->has_port && (span_number(halves->port, 65535, &port) < 0 || port == 0))
        return bad_target(e, text, "the port is a number from 1 to 65535");
    ret->port = (int)port;
    ret->has_port = halves->has_port;
    return 0;
}

static void fill_defaults(const struct net_opts *opts, struct target *t)
{
    bool implicit = t->port == 0 || t->port == PORT_SUBMISSIONS || t->port == PORT_SUBMISSIONS_TOO;
    t->tls = opts->tls;
    if (t->tls == TLS_MODE_UNSET)
        t->tls = implicit ? TLS_MODE_IMPLICIT : TLS_MODE_STARTTLS;
    if (t->port)
        return;
    switch (t->tls) {
    case TLS_MODE_UNSET:
    case TLS_MODE_IMPLICIT: t->port = PORT_SUBMISSIONS; break;
    case TLS_MODE_STARTTLS: t->port = PORT_SUBMISSION; break;
    case TLS_MODE_OFF: t->port = PORT_SMTP; break;
    }
}

static void fill_path(struct arena *a, const char *text, const struct net_opts *opts,
                      struct target *ret)
{
    *ret = (struct target){
        .host = arena_string(a, span_of(text)),
        .is_path = true,
        .tls = opts->tls == TLS_MODE_UNSET ? TLS_MODE_OFF : opts->tls,
    };
}

/* The DNS names the port, and TLS is what both services have. */
static int parse_service(struct arena *a, const char *text, const struct net_opts *opts,
                         struct target *ret, struct err *e)
{
    struct target parsed = { .is_service = true, .tls = opts->tls };
    struct span domain = span_from(span_of(text), strlen("srv:"));
    if (span_has(domain, ':'))
        return bad_target(e, text, "the DNS names the port; write srv: and the domain alone");
    if (opts->tls == TLS_MODE_OFF)
        return bad_target(e, text, "these servers are asked for TLS; take \"tls = off\" out");
    if (parse_name(a, domain, text, &parsed, e) < 0)
        return -1;
    if (target_is_address(parsed.host))
        return bad_target(e, text, "an address has no domain; write it without srv:");
    *ret = parsed;
    return 0;
}

int target_parse(struct arena *a, const char *text, const struct net_opts *opts, struct target *ret,
                 struct err *e)
{
    struct halves halves;
    struct target parsed = { 0 };
    if (text[0] == '/') {
        fill_path(a, text, opts, ret);
        return 0;
    }
    if (span_istarts(span_of(text), "srv:"))
        return parse_service(a, text, opts, ret, e);
    if (split(span_of(text), &halves) < 0)
        return bad_target(e, text, "an IPv6 address with a port is written [address]:port");
    if (parse_host(a, &halves, text, &parsed, e) < 0 ||
        parse_port(&halves, opts, text, &parsed, e) < 0)
        return -1;
    fill_defaults(opts, &parsed);
    *ret = parsed;
    return 0;
}

static bool is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    if (inet_pton(AF_INET6, host, &v6) != 1)
        return false;
    return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

bool target_is_local(const struct target *t)
{
    return t->is_path || span_iis(span_of(t->host), "localhost") ||
           (t->is_literal && is_loopback(t->host));
}
