#include "mail/domain.h"

#include "base/idn.h"
#include "base/utf8.h"

#include <arpa/inet.h>
#include <string.h>

enum { LABEL_LIMIT = 63 };

/* Without the dot at the end, which only says that the name is complete. */
static struct span domain_name(const char *domain)
{
    struct span name = span_of(domain);
    if (name.len > 1 && name.at[name.len - 1] == '.')
        name.len--;
    return name;
}

static bool is_literal(struct span domain)
{
    return domain.len && domain.at[0] == '[';
}

/* Reads "[127.0.0.1]" and "[IPv6:::1]". An IPv4 address comes as IPv4-mapped IPv6. */
static bool literal_parse(struct span domain, struct in6_addr *ret)
{
    if (domain.len < 2 || domain.at[domain.len - 1] != ']')
        return false;
    struct span inner = { domain.at + 1, domain.len - 2 };
    bool six = span_istarts(inner, "IPv6:");
    if (six)
        inner = span_from(inner, strlen("IPv6:"));
    char text[INET6_ADDRSTRLEN] = "";
    if (span_has(inner, '\0') || inner.len >= sizeof text)
        return false;
    memcpy(text, inner.at, inner.len);
    if (six)
        return inet_pton(AF_INET6, text, ret) == 1;
    *ret = (struct in6_addr){ .s6_addr = { [10] = 0xff, [11] = 0xff } };
    return inet_pton(AF_INET, text, &ret->s6_addr[12]) == 1;
}

const char *domain_problem(struct span domain)
{
    struct in6_addr ignored;
    if (domain.len > DOMAIN_LIMIT)
        return "the domain is longer than 255 octets";
    if (!utf8_is_valid(domain))
        return "the domain is not UTF-8";
    if (is_literal(domain) && !literal_parse(domain, &ignored))
        return "a bad address in square brackets; write [192.0.2.1] or [IPv6:2001:db8::1]";
    return NULL;
}

static const char *label_problem(struct span label)
{
    if (!label.len)
        return "the domain has an empty part";
    if (label.len > LABEL_LIMIT)
        return "a part of the domain is longer than 63 octets";
    for (size_t i = 0; i < label.len; i++)
        if (!ascii_is_host(label.at[i]))
            return "the domain is no valid name";
    return NULL;
}

static const char *name_problem(struct span name)
{
    const char *problem = name.len > DOMAIN_LIMIT ? "the domain is longer than 255 octets" : NULL;
    struct span label;
    while (!problem && span_next(&name, '.', &label))
        problem = label_problem(label);
    return problem;
}

int domain_add_wire(struct buf *to, const char *domain, struct err *e)
{
    const char *problem = domain_problem(span_of(domain));
    if (problem)
        return err_set(e, ERR_DATA, "%s", problem);
    BUF ascii = { 0 };
    if (!utf8_has_8bit(span_of(domain)))
        buf_add_string(&ascii, domain);
    else if (idn_add_ascii(&ascii, domain, e) < 0)
        return -1;
    struct span name = domain_name(buf_string(&ascii));
    problem = is_literal(name) ? domain_problem(name) : name_problem(name);
    if (problem)
        return err_set(e, ERR_DATA, "%s", problem);
    buf_add_span(to, name);
    return 0;
}

bool domain_same(const char *a, const char *b)
{
    if (span_ieq(domain_name(a), domain_name(b)))
        return true;
    if (!utf8_has_8bit(span_of(a)) && !utf8_has_8bit(span_of(b)))
        return false;
    BUF first = { 0 };
    BUF second = { 0 };
    ERR ignored = { 0 };
    return domain_add_wire(&first, a, &ignored) == 0 &&
           domain_add_wire(&second, b, &ignored) == 0 &&
           span_ieq(buf_span(&first), buf_span(&second));
}

bool domain_is_loopback(const char *domain)
{
    struct span name = domain_name(domain);
    struct in6_addr address;
    if (!is_literal(name))
        return span_iis(name, "localhost") || span_iis(name, "localhost.localdomain");
    if (!literal_parse(name, &address))
        return false;
    return IN6_IS_ADDR_LOOPBACK(&address) ||
           (IN6_IS_ADDR_V4MAPPED(&address) && address.s6_addr[12] == 127);
}

static bool name_ends(struct span name, const char *suffix)
{
    size_t len = strlen(suffix);
    return name.len > len && span_iis(span_from(name, name.len - len), suffix);
}

bool domain_is_private(const char *domain)
{
    static const char *const suffixes[] = { ".localhost", ".local", ".localdomain",
                                            ".internal",  ".lan",   ".home.arpa" };
    struct span name = domain_name(domain);
    if (is_literal(name))
        return false;
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (name_ends(name, suffixes[i]))
            return true;
    return !span_has(name, '.');
}

bool domain_is_below_host(const char *domain, const char *host)
{
    struct span name = domain_name(domain);
    size_t len = strlen(host);
    return len && span_istarts(name, host) && (name.len == len || name.at[len] == '.');
}
