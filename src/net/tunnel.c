#include "net/tunnel.h"

#include "base/base64.h"
#include "base/utf8.h"

#include <string.h>

enum { WORDS_SHOWN = 200 };

static void add_place(struct buf *to, const char *host, int port)
{
    bool v6 = strchr(host, ':') != NULL;
    buf_add_string(to, v6 ? "[" : "");
    buf_add_string(to, host);
    buf_addf(to, "%s:%d", v6 ? "]" : "", port);
}

static void add_login(struct buf *to, const char *user, const char *password)
{
    BUF pair = { .secret = true };
    buf_add_string(&pair, user);
    buf_add_char(&pair, ':');
    buf_add_string(&pair, password);
    buf_add_string(to, "Proxy-Authorization: Basic ");
    base64_encode(to, buf_span(&pair));
    buf_add_string(to, "\r\n");
}

void tunnel_add_request(struct buf *to, const char *host, int port, const char *user,
                        const char *password)
{
    buf_add_string(to, "CONNECT ");
    add_place(to, host, port);
    buf_add_string(to, " HTTP/1.1\r\nHost: ");
    add_place(to, host, port);
    buf_add_string(to, "\r\n");
    if (user)
        add_login(to, user, password);
    buf_add_string(to, "\r\n");
}

static int no_http(struct err *e)
{
    err_set(e, ERR_PROTOCOL, "the proxy does not speak HTTP");
    err_hint(e, "look at the port of proxy; for a SOCKS proxy write socks5:// in place of http://");
    return -1;
}

/* head = "HTTP/1." digit " " 3digit [ " " words ] CRLF *( field CRLF ) CRLF; a lone LF will do */
int tunnel_head(struct span reply, struct err *e)
{
    static const char magic[] = "HTTP/1.";
    size_t known = sizeof magic - 1 < reply.len ? sizeof magic - 1 : reply.len;
    if (known && memcmp(reply.at, magic, known) != 0)
        return no_http(e);
    size_t limit = reply.len < TUNNEL_REPLY_MAX ? reply.len : TUNNEL_REPLY_MAX;
    bool empty = false;
    for (size_t i = 0; i < limit; i++) {
        if (reply.at[i] == '\n' && empty)
            return (int)i + 1;
        if (reply.at[i] != '\r')
            empty = reply.at[i] == '\n';
    }
    return reply.len < TUNNEL_REPLY_MAX ? 0 : no_http(e);
}

/* "403 Forbidden"; the code alone becomes a number. */
static int take_status(struct span head, struct buf *words, uint64_t *code)
{
    struct span line = span_line(head), word;
    span_word(&line, &word);
    line = span_trim(line);
    struct span shown = { line.at, line.len < WORDS_SHOWN ? line.len : WORDS_SHOWN };
    if (!span_word(&line, &word) || word.len != 3 || span_number(word, 599, code) < 0 ||
        *code < 100)
        return -1;
    utf8_add_printable(words, shown, " ");
    return 0;
}

static void explain(uint64_t code, bool with_password, struct err *e)
{
    if (code == 407)
        err_hint(e, with_password ? "check user and password in proxy; only Basic is known here"
                                  : "write proxy = http://user:password@host:port");
    else if (code == 403 || code == 405)
        err_hint(e, "ask its operator to allow CONNECT to this host and port; many proxies do so "
                    "for port 443 only");
    else if (code >= 500)
        err_hint(e, "the proxy cannot reach the server: check host and port, and its log");
    else
        err_hint(e, "is this an HTTP proxy? a web server knows no CONNECT");
}

int tunnel_take_reply(struct span head, bool with_password, struct err *e)
{
    BUF words = { 0 };
    uint64_t code = 0;
    if (take_status(head, &words, &code) < 0)
        return no_http(e);
    if (code >= 200 && code < 300)
        return 0;
    enum err_kind kind = code == 407   ? ERR_AUTH
                         : code == 403 ? ERR_PERMISSION
                         : code >= 500 ? ERR_CONNECT
                                       : ERR_UNAVAILABLE;
    err_set(e, kind, "the proxy refuses: %s", buf_string(&words));
    explain(code, with_password, e);
    return -1;
}
