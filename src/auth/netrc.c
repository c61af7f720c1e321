#include "auth/netrc.h"

/* netrc   = *( *blank ( comment / entry / macdef ) )
 * entry   = ( "machine" token / "default" ) *( ( "login" / "password" / "account" ) token )
 * macdef  = "macdef" token LF *( line LF ) LF          ; up to an empty line
 * comment = "#" *( any but LF )                        ; where a keyword is awaited
 * token   = 1*( any but blank ) / DQUOTE *( any but DQUOTE, "\" / "\" any ) DQUOTE
 *
 * In quotes \n, \r and \t are what they are in C; any other octet behind "\" is itself. */

struct scanner {
    struct span rest;
    unsigned line;
};

struct entry {
    bool fits; /* the machine */
    bool has_login;
    bool login_fits;
    bool has_password;
    struct buf password;
};

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void step(struct scanner *s)
{
    s->line += s->rest.at[0] == '\n';
    s->rest = span_from(s->rest, 1);
}

static void skip_line(struct scanner *s)
{
    while (s->rest.len && s->rest.at[0] != '\n')
        step(s);
}

static void skip_blanks(struct scanner *s)
{
    while (s->rest.len && is_blank(s->rest.at[0]))
        step(s);
}

static char unescape(char c)
{
    switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c;
    }
}

static int scan_quoted(struct scanner *s, struct buf *token, struct err *e)
{
    unsigned from = s->line;
    step(s);
    while (s->rest.len && s->rest.at[0] != '"') {
        bool escaped = s->rest.at[0] == '\\' && s->rest.len > 1;
        if (escaped)
            step(s);
        buf_add_char(token, escaped ? unescape(s->rest.at[0]) : s->rest.at[0]);
        step(s);
    }
    if (!s->rest.len)
        return err_set(e, ERR_CONFIG, "line %u: a quotation mark without its second", from);
    step(s);
    return 1;
}

/* The next token on whatever line: 1, 0 at the end, -1. */
static int scan(struct scanner *s, struct buf *token, struct err *e)
{
    buf_clear(token);
    skip_blanks(s);
    if (!s->rest.len)
        return 0;
    if (s->rest.at[0] == '"')
        return scan_quoted(s, token, e);
    while (s->rest.len && !is_blank(s->rest.at[0])) {
        buf_add_char(token, s->rest.at[0]);
        step(s);
    }
    return 1;
}

static int scan_keyword(struct scanner *s, struct buf *token, struct err *e)
{
    for (;;) {
        skip_blanks(s);
        if (!s->rest.len || s->rest.at[0] != '#')
            return scan(s, token, e);
        skip_line(s);
    }
}

/* The word behind a keyword. */
static int scan_value(struct scanner *s, const char *keyword, struct buf *token, struct err *e)
{
    unsigned line = s->line;
    int got = scan(s, token, e);
    return got ? got : err_set(e, ERR_CONFIG, "line %u: nothing behind %s", line, keyword);
}

static void skip_macro(struct scanner *s)
{
    skip_line(s);
    while (s->rest.len) {
        step(s);
        if (span_starts(s->rest, "\n") || span_starts(s->rest, "\r\n"))
            return;
        skip_line(s);
    }
}

static void start_entry(struct entry *entry, bool fits)
{
    buf_clear(&entry->password);
    *entry = (struct entry){ .fits = fits, .password = entry->password };
}

static bool is_found(const struct entry *entry)
{
    return entry->fits && entry->has_password && (!entry->has_login || entry->login_fits);
}

/* One keyword with what belongs to it, of an entry or between two. -1 as scan(). */
static int take_keyword(struct scanner *s, struct buf *word, const char *login, struct entry *entry,
                        struct err *e)
{
    enum { LOGIN, PASSWORD, ACCOUNT, MACDEF, KEYWORDS };
    static const char *const known[] = { "login", "password", "account", "macdef" };
    size_t which = 0;
    while (which < KEYWORDS && !span_is(buf_span(word), known[which]))
        which++;
    if (which == KEYWORDS)
        return err_set(e, ERR_CONFIG,
                       "line %u: neither machine, default, login, password, account nor macdef",
                       s->line);
    if (scan_value(s, known[which], word, e) < 0)
        return -1;
    if (which == MACDEF) {
        skip_macro(s);
    } else if (which == LOGIN) {
        entry->has_login = true;
        entry->login_fits = span_is(buf_span(word), login);
    } else if (which == PASSWORD) {
        entry->has_password = true;
        buf_clear(&entry->password);
        buf_add_span(&entry->password, buf_span(word));
    }
    return 1;
}

/* All entries up to the one that is sought: 1, 0, -1. */
static int search(struct scanner *s, const char *machine, const char *login, struct entry *entry,
                  struct err *e)
{
    BUF word = { .secret = true };
    int got;
    while ((got = scan_keyword(s, &word, e)) > 0) {
        bool is_default = span_is(buf_span(&word), "default");
        if (!is_default && !span_is(buf_span(&word), "machine")) {
            got = take_keyword(s, &word, login, entry, e);
        } else {
            if (is_found(entry))
                return 1;
            got = is_default ? 1 : scan_value(s, "machine", &word, e);
            start_entry(entry, is_default || span_iis(buf_span(&word), machine));
        }
        if (got < 0)
            return -1;
    }
    return got < 0 ? -1 : is_found(entry);
}

int netrc_find(struct span text, const char *machine, const char *login, struct buf *ret,
               struct err *e)
{
    struct scanner s = { .rest = text, .line = 1 };
    struct entry entry = { .password = { .secret = true } };
    int found = search(&s, machine, login, &entry, e);
    if (found > 0) {
        ret->secret = true;
        buf_add_span(ret, buf_span(&entry.password));
    }
    buf_done(&entry.password);
    return found;
}
