/* What proxies answer, and the notation of `proxy`: a reply that lacks octets lacks them for every
 * beginning of it, a whole one stays whole; what is said of a proxy is one line and shows nothing
 * of the notation; a request is one line and a head. */
#include "net/proxy.h"
#include "net/socks.h"
#include "net/tunnel.h"

#include "fuzz.h"

#include <string.h>

static int method(struct span reply, struct err *e)
{
    enum socks_method chosen = SOCKS_METHOD_NONE;
    int lacks = socks_take_method(reply, true, &chosen, e);
    FUZZ_CHECK(lacks || chosen == SOCKS_METHOD_NONE || chosen == SOCKS_METHOD_PASSWORD);
    return lacks;
}

static void check_words(const struct err *e)
{
    for (const char *c = e->text; c && *c; c++)
        FUZZ_CHECK(!ascii_is_control(*c));
    FUZZ_CHECK(!e->text || strlen(e->text) < 1000);
}

static void check_socks(struct span in, int (*take)(struct span reply, struct err *e))
{
    size_t have = 0;
    int lacks = 0;
    do {
        ERR e = { 0 };
        lacks = take((struct span){ in.at, have }, &e);
        FUZZ_CHECK((lacks < 0) == (e.kind != ERR_NONE));
        FUZZ_CHECK(lacks <= 262);
        check_words(&e);
        if (lacks > 0)
            have += (size_t)lacks;
    } while (lacks > 0 && have <= in.len);
}

static void check_tunnel(struct span in)
{
    int whole = 0;
    for (size_t have = 0; have <= in.len && have < 600; have++) {
        ERR e = { 0 };
        int length = tunnel_head((struct span){ in.at, have }, &e);
        FUZZ_CHECK(length <= (int)have);
        FUZZ_CHECK(!whole || length == whole);
        whole = length;
        if (length > 0 && tunnel_take_reply((struct span){ in.at, (size_t)length }, true, &e) < 0)
            check_words(&e);
    }
}

static void check_notation(struct span in)
{
    ARENA a = { 0 };
    ERR e = { 0 };
    BUF request = { 0 };
    struct proxy p = { 0 };
    const char *text = arena_string(&a, in);
    if (strlen(text) != in.len || proxy_parse(&a, text, &p, &e) < 0) {
        FUZZ_CHECK(!e.text || strlen(e.text) < 300);
        return;
    }
    FUZZ_CHECK(p.at.port > 0 && p.at.port < 65536 && !p.at.is_path && !p.at.is_service);
    FUZZ_CHECK(!p.user == !p.password);
    tunnel_add_request(&request, p.at.host, p.at.port, p.user, p.password);
    size_t lines = 0;
    for (size_t i = 0; i < request.len; i++)
        lines += request.at[i] == '\n';
    FUZZ_CHECK(lines == (p.user ? 4u : 3u));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = { (const char *)data, size };
    check_socks(in, method);
    check_socks(in, socks_take_login);
    check_socks(in, socks_take_reply);
    check_tunnel(in);
    check_notation(in);
    return 0;
}
