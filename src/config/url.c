#include "config/url.h"

#include "base/percent.h"
#include "base/utf8.h"
#include "mail/addr.h"

#include <string.h>

static const char source[] = "POSTBAG_URL";

struct url {
    struct arena *a;
    struct ini_file *file;
    struct err *e;
    struct span host, port, user, password, query;
    bool tls; /* smtps */
    bool has_user, has_password;
};

static int url_fail(const struct url *u, const char *what)
{
    return err_set(u->e, ERR_CONFIG, "%s: %s", source, what);
}

static int url_fail_form(const struct url *u)
{
    return url_fail(u, "not of the form smtps://user:password@host:port?key=value; write so, and "
                       "every special character as % and two hexadecimal digits");
}

/* NULL, with an error, for a broken or forbidden "%XX". */
static const char *decode(const struct url *u, struct span text)
{
    BUF out = { .secret = true };
    if (percent_decode(text, &out) < 0 || span_has(buf_span(&out), '\0')) {
        url_fail(u, "a \"%\" without two hexadecimal digits other than 00; write %25 for the sign "
                    "itself");
        return NULL;
    }
    if (!utf8_is_valid(buf_span(&out))) {
        url_fail(u, "not valid UTF-8; write it in UTF-8");
        return NULL;
    }
    return arena_string(u->a, buf_span(&out));
}

/* Takes what stands in front of the first of `ends` off `rest`; the end itself stays. */
static struct span take_until(struct span *rest, const char *ends)
{
    size_t len = 0;
    while (len < rest->len && !strchr(ends, rest->at[len]))
        len++;
    struct span piece = { rest->at, len };
    *rest = span_from(*rest, len);
    return piece;
}

/* userinfo = user [ ":" password ]; an unescaped "@" in it does no harm. */
static struct span take_userinfo(struct url *u, struct span authority)
{
    size_t at = authority.len;
    while (at && authority.at[at - 1] != '@')
        at--;
    if (!at)
        return authority;
    struct span info = { authority.at, at - 1 };
    u->user = take_until(&info, ":");
    u->has_user = u->user.len > 0;
    u->has_password = info.len > 0;
    u->password = span_from(info, 1);
    return span_from(authority, at);
}

/* hostport = ( name / "[" address "]" ) [ ":" port ] */
static int parse_host(struct url *u, struct span text)
{
    uint64_t port = 0;
    if (span_starts(text, "[")) {
        u->host = take_until(&text, "]");
        if (!text.len)
            return url_fail_form(u);
        u->host.len++;
        text = span_from(text, 1);
    } else {
        u->host = take_until(&text, ":");
    }
    if (!u->host.len || (text.len && *text.at != ':'))
        return url_fail_form(u);
    u->port = span_from(text, 1);
    if (text.len && (span_number(u->port, 65535, &port) < 0 || !port))
        return url_fail_form(u);
    return 0;
}

/* url = ( "smtp" / "smtps" ) "://" [ userinfo "@" ] hostport [ "/" ] [ "?" query ] */
static int parse(struct url *u, struct span text)
{
    u->tls = span_istarts(text, "smtps://");
    if (!u->tls && !span_istarts(text, "smtp://"))
        return url_fail_form(u);
    text = span_from(text, u->tls ? 8 : 7);
    struct span authority = take_until(&text, "/?#");
    if (parse_host(u, take_userinfo(u, authority)) < 0)
        return -1;
    if (span_starts(text, "/"))
        text = span_from(text, 1);
    if (text.len && *text.at != '?')
        return url_fail_form(u);
    u->query = span_from(text, 1);
    return span_has(u->query, '#') ? url_fail_form(u) : 0;
}

static void add(const struct url *u, const char *key, const char *value)
{
    struct ini_file *file = u->file;
    file->entries = arena_grow(u->a, file->entries, file->n, &file->room, sizeof *file->entries);
    file->entries[file->n++] = (struct ini_entry){ "account env", key, value, 0 };
}

static int add_decoded(const struct url *u, const char *key, struct span text)
{
    const char *value = decode(u, text);
    if (!value)
        return -1;
    add(u, key, value);
    return 0;
}

static bool has(const struct url *u, const char *key)
{
    for (size_t i = 0; i < u->file->n; i++)
        if (u->file->entries[i].key && strcmp(u->file->entries[i].key, key) == 0)
            return true;
    return false;
}

/* A key is not shown unless it looks like one: it may be a piece of the password. */
static int add_pair(const struct url *u, struct span pair)
{
    struct span key = take_until(&pair, "=");
    for (size_t i = 0; i < key.len; i++)
        if (key.at[i] != '_' && !(key.at[i] >= 'a' && key.at[i] <= 'z'))
            return url_fail_form(u);
    if (!key.len || !pair.len)
        return url_fail_form(u);
    return add_decoded(u, arena_string(u->a, key), span_from(pair, 1));
}

static int add_query(const struct url *u)
{
    struct span rest = u->query, pair = { 0 };
    while (rest.len && span_next(&rest, '&', &pair))
        if (pair.len && add_pair(u, pair) < 0)
            return -1;
    return 0;
}

/* Port and TLS are always said, so that [defaults] for other servers do not get in. */
static void add_port_and_tls(const struct url *u)
{
    uint64_t port = u->tls ? 465 : 587;
    (void)span_number(u->port, 65535, &port);
    if (u->port.len || !has(u, "port"))
        add(u, "port", arena_printf(u->a, "%d", (int)port));
    if (u->tls || !has(u, "tls"))
        add(u, "tls", u->tls || port == 465 || port == 2465 ? "implicit" : "starttls");
}

static bool is_address(struct arena *a, const char *text)
{
    ERR e = { 0 };
    struct addr addr = { 0 };
    return addr_parse_one(a, span_of(text), &addr, &e) == 0 && *addr.domain && !addr.angle &&
           !addr.name;
}

static int add_user(const struct url *u)
{
    const char *user = decode(u, u->user);
    if (!user)
        return -1;
    add(u, "user", user);
    if (!has(u, "from") && is_address(u->a, user))
        add(u, "from", user);
    return 0;
}

int url_parse(struct arena *a, const char *url, struct ini_file *ret, struct err *e)
{
    struct ini_file file = { .name = source };
    struct url u = { .a = a, .file = &file, .e = e };
    if (parse(&u, span_trim(span_of(url))) < 0)
        return -1;
    add(&u, NULL, "");
    if (add_query(&u) < 0 || add_decoded(&u, "host", u.host) < 0)
        return -1;
    add_port_and_tls(&u);
    if ((u.has_user && add_user(&u) < 0) ||
        (u.has_password && add_decoded(&u, "password", u.password) < 0))
        return -1;
    *ret = file;
    return 0;
}
