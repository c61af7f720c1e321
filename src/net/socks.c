#include "net/socks.h"

#include <arpa/inet.h>
#include <string.h>

/* methods = VER NMETHODS 1*METHOD               method = VER METHOD
 * login   = LVER ULEN UNAME PLEN PASSWD         status = LVER STATUS
 * request = VER CONNECT RSV ATYP ADDR PORT      reply  = VER REP RSV ATYP ADDR PORT
 * ADDR    = 4 octets / 16 octets / length name, as ATYP says */
enum {
    VERSION = 5,
    LOGIN_VERSION = 1,
    CONNECT = 1,
    ATYP_IPV4 = 1,
    ATYP_NAME = 3,
    ATYP_IPV6 = 4,
    NO_METHOD = 0xFF,
    PORT_SIZE = 2,
};

static unsigned octet(struct span text, size_t at)
{
    return (unsigned char)text.at[at];
}

void socks_add_methods(struct buf *to, bool with_password)
{
    buf_add(to, (const unsigned char[]){ VERSION, 1U + with_password, SOCKS_METHOD_NONE }, 3);
    if (with_password)
        buf_add_char(to, SOCKS_METHOD_PASSWORD);
}

static void add_text(struct buf *to, const char *text)
{
    struct span span = span_of(text);
    if (span.len > SOCKS_TEXT_MAX)
        span.len = SOCKS_TEXT_MAX;
    buf_add_char(to, (char)span.len);
    buf_add_span(to, span);
}

void socks_add_login(struct buf *to, const char *user, const char *password)
{
    buf_add_char(to, LOGIN_VERSION);
    add_text(to, user);
    add_text(to, password);
}

int socks_add_request(struct buf *to, const char *host, int port, struct err *e)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (strlen(host) > SOCKS_TEXT_MAX)
        return err_set(e, ERR_CONFIG, "host %s: too long a name for a SOCKS proxy", host);
    if (strchr(host, '%'))
        return err_set(e, ERR_CONFIG, "host %s: a proxy knows nothing of our interfaces", host);
    buf_add(to, (const unsigned char[]){ VERSION, CONNECT, 0 }, 3);
    if (inet_pton(AF_INET, host, &v4) == 1) {
        buf_add_char(to, ATYP_IPV4);
        buf_add(to, &v4, sizeof v4);
    } else if (inet_pton(AF_INET6, host, &v6) == 1) {
        buf_add_char(to, ATYP_IPV6);
        buf_add(to, &v6, sizeof v6);
    } else {
        buf_add_char(to, ATYP_NAME);
        add_text(to, host);
    }
    buf_add_char(to, (char)(port >> 8));
    buf_add_char(to, (char)port);
    return 0;
}

static int no_socks(struct err *e)
{
    err_set(e, ERR_PROTOCOL, "the proxy does not speak SOCKS 5");
    err_hint(e, "look at the port of proxy; for an HTTP proxy write http:// in place of socks5://");
    return -1;
}

int socks_take_method(struct span reply, bool with_password, enum socks_method *ret, struct err *e)
{
    if (reply.len && octet(reply, 0) != VERSION)
        return no_socks(e);
    if (reply.len < 2)
        return 2 - (int)reply.len;
    unsigned method = octet(reply, 1);
    if (method == NO_METHOD) {
        err_set(e, ERR_AUTH, "the proxy takes no login that we have%s",
                with_password ? "" : "; it wants one");
        err_hint(e, with_password ? "leave user and password out of proxy, or ask its operator"
                                  : "write proxy = socks5://user:password@host:port");
        return -1;
    }
    if (method != SOCKS_METHOD_NONE && (method != SOCKS_METHOD_PASSWORD || !with_password))
        return no_socks(e);
    *ret = (enum socks_method)method;
    return 0;
}

int socks_take_login(struct span reply, struct err *e)
{
    if (reply.len && octet(reply, 0) != LOGIN_VERSION && octet(reply, 0) != VERSION)
        return no_socks(e);
    if (reply.len < 2)
        return 2 - (int)reply.len;
    if (octet(reply, 1) == 0)
        return 0;
    err_set(e, ERR_AUTH, "the proxy refuses the login (status %u)", octet(reply, 1));
    err_hint(e, "check user and password in proxy; special characters are written as %% and two "
                "hexadecimal digits");
    return -1;
}

static const struct {
    enum err_kind kind;
    const char *words;
    const char *hint;
} refusals[] = {
    { ERR_CONNECT, "general failure", "the proxy cannot reach the server; see its log" },
    { ERR_PERMISSION, "not allowed by its rules", "ask its operator to allow this host and port" },
    { ERR_CONNECT, "network unreachable", NULL },
    { ERR_CONNECT, "host unreachable", "the proxy looks the name up: does it exist there?" },
    { ERR_CONNECT, "connection refused", "check host and port; the proxy itself is well" },
    { ERR_CONNECT, "time to live exceeded", NULL },
    { ERR_UNAVAILABLE, "command not supported", "this proxy makes no connections" },
    { ERR_UNAVAILABLE, "address type not supported", "write host as a name, or as an address" },
};

static int refused(unsigned code, struct err *e)
{
    if (code > sizeof refusals / sizeof *refusals)
        return err_set(e, ERR_CONNECT, "the proxy refuses: code %u", code);
    err_set(e, refusals[code - 1].kind, "the proxy refuses: %s (code %u)", refusals[code - 1].words,
            code);
    if (refusals[code - 1].hint)
        err_hint(e, "%s", refusals[code - 1].hint);
    return -1;
}

/* Some proxies close right after a refusal, without the address. */
int socks_take_reply(struct span reply, struct err *e)
{
    size_t need = 5; /* up to the first octet of the address, the length of a name */
    if (reply.len && octet(reply, 0) != VERSION)
        return no_socks(e);
    if (reply.len >= 2 && octet(reply, 1) != 0)
        return refused(octet(reply, 1), e);
    if (reply.len < need)
        return (int)(need - reply.len);
    switch (octet(reply, 3)) {
    case ATYP_IPV4: need = 4 + sizeof(struct in_addr) + PORT_SIZE; break;
    case ATYP_IPV6: need = 4 + sizeof(struct in6_addr) + PORT_SIZE; break;
    case ATYP_NAME: need = 5 + octet(reply, 4) + PORT_SIZE; break;
    default: return no_socks(e);
    }
    return reply.len < need ? (int)(need - reply.len) : 0;
}
