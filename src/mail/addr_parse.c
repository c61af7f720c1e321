#include "mail/addr.h"

#include "base/utf8.h"
#include "mail/addr_scan.h"
#include "mail/domain.h"
#include "mail/local.h"

/* RFC 5322 section 3.4 and 4.4, with the freedom that mail in use takes. Comments, blanks and
 * folding may stand between any two words; the scanner skips them.
 *
 *   list     = element *( "," element )
 *   element  = [ mailbox / group ]
 *   group    = 1*( word / "." ) ":" [ mailbox ] *( "," [ mailbox ] ) ";"
 *   mailbox  = spec / name "<" [ route ":" ] spec ">" / name "<" ">"
 *   name     = *( word / "." / "@" / literal )
 *   route    = 1*( "@" / "," / "." / atom / literal )
 *   spec     = local [ "@" domain ]
 *   local    = *"." word *( 1*"." word ) *"."
 *   domain   = literal / *"." atom *( 1*"." atom ) *"."
 *   word     = atom / quoted-string
 *
 * The ";" may be missing at the end of the text. The first token that cannot be part of a name
 * decides what an element is, so each element is read at most twice. A group is a state, not a
 * level: nothing recurses. */

enum { PIECE_LIMIT = 60 }; /* octets of the input in a message */

struct parse {
    struct arena *arena;
    struct addr_scan scan;
    struct addr_list list;
    const char *start; /* of the element in hand */
    size_t finished;   /* mailboxes read */
    bool in_group;
    bool is_list; /* messages number the addresses */
    bool nulls;   /* "<>" counts */
    struct err *e;
};

/* The input from the start of the element to the trouble, of which the end matters most. */
static void add_piece(struct buf *to, const struct parse *p)
{
    struct span piece = span_trim((struct span){ p->start, (size_t)(p->scan.at - p->start) });
    if (p->scan.kind == ADDR_SCAN_BAD && p->scan.at < p->scan.end)
        piece.len = (size_t)(p->scan.at + 1 - piece.at);
    if (piece.len > PIECE_LIMIT) {
        piece = span_from(piece, piece.len - PIECE_LIMIT);
        while (piece.len && utf8_is_tail(*piece.at))
            piece = span_from(piece, 1);
        buf_add_string(to, "...");
    }
    utf8_add_printable(to, piece, " ");
}

static int parse_fail(struct parse *p, const char *what)
{
    BUF text = { 0 };
    if (p->is_list)
        buf_addf(&text, "address %zu: ", p->finished + 1);
    buf_addf(&text, "%s: ", p->scan.kind == ADDR_SCAN_BAD ? p->scan.problem : what);
    add_piece(&text, p);
    return err_set(p->e, ERR_DATA, "%s", buf_string(&text));
}

/* Says why the token in hand cannot follow the one before it. */
static int parse_unexpected(struct parse *p)
{
    switch (p->scan.kind) {
    case ADDR_SCAN_ATOM:
    case ADDR_SCAN_QUOTED:
    case ADDR_SCAN_LITERAL:
    case '<': return parse_fail(p, "a comma is missing, or quotes around a name");
    case ';': return parse_fail(p, "a semicolon without a group; a comma divides addresses");
    case ADDR_SCAN_END: return parse_fail(p, "a closing angle bracket is missing");
    default: return parse_fail(p, "a misplaced character");
    }
}

static bool is_name(int kind)
{
    return kind == ADDR_SCAN_ATOM || kind == ADDR_SCAN_QUOTED || kind == ADDR_SCAN_LITERAL ||
           kind == '.' || kind == '@';
}

/* Where the words that stand here end. */
static struct addr_scan look_ahead(struct addr_scan s)
{
    while (is_name(s.kind))
        addr_scan_next(&s);
    return s;
}

static const char *parse_name(struct parse *p)
{
    BUF name = { 0 };
    for (; is_name(p->scan.kind); addr_scan_next(&p->scan)) {
        if (name.len && p->scan.token.at != p->scan.behind)
            buf_add_char(&name, ' ');
        addr_scan_add_token(&p->scan, &name);
    }
    return name.len ? arena_string(p->arena, buf_span(&name)) : NULL;
}

/* NULL without a word. */
static const char *parse_dotted(struct parse *p, bool may_quote)
{
    BUF text = { 0 };
    bool word_before = false;
    bool words = false;
    for (;; addr_scan_next(&p->scan)) {
        int kind = p->scan.kind;
        bool word = kind == ADDR_SCAN_ATOM || (may_quote && kind == ADDR_SCAN_QUOTED);
        if (word ? word_before : kind != '.')
            break;
        addr_scan_add_token(&p->scan, &text);
        word_before = word;
        words |= word;
    }
    return words ? arena_string(p->arena, buf_span(&text)) : NULL;
}

static const char *parse_domain(struct parse *p)
{
    if (p->scan.kind != ADDR_SCAN_LITERAL)
        return parse_dotted(p, false);
    const char *domain = arena_string(p->arena, p->scan.token);
    addr_scan_next(&p->scan);
    return domain;
}

static int parse_spec(struct parse *p, struct addr *ret)
{
    const char *start = p->scan.token.at;
    ret->domain = "";
    ret->local = parse_dotted(p, true);
    if (!ret->local)
        return parse_fail(p, "the local part is missing");
    if (p->scan.kind == '@') {
        addr_scan_next(&p->scan);
        ret->domain = parse_domain(p);
        if (!ret->domain)
            return parse_fail(p, "the domain is missing");
    }
    ret->spec = (struct span){ start, (size_t)(p->scan.behind - start) };
    const char *problem = local_problem(span_of(ret->local));
    if (!problem)
        problem = domain_problem(span_of(ret->domain));
    return problem ? parse_fail(p, problem) : 0;
}

static int skip_route(struct parse *p)
{
    if (p->scan.kind != '@' && p->scan.kind != ',')
        return 0;
    while ((is_name(p->scan.kind) && p->scan.kind != ADDR_SCAN_QUOTED) || p->scan.kind == ',')
        addr_scan_next(&p->scan);
    if (p->scan.kind != ':')
        return parse_fail(p, "a route without its colon");
    addr_scan_next(&p->scan);
    return 0;
}

/* The scan stands at the opening bracket. */
static int parse_angle(struct parse *p, struct addr *ret)
{
    ret->angle = true;
    addr_scan_next(&p->scan);
    if (p->scan.kind == '>') {
        ret->null = true;
        ret->local = ret->domain = "";
        ret->spec = (struct span){ p->scan.token.at, 0 };
    } else if (skip_route(p) < 0 || parse_spec(p, ret) < 0) {
        return -1;
    }
    if (p->scan.kind != '>')
        return parse_unexpected(p);
    addr_scan_next(&p->scan);
    return 0;
}

static const char *comment_name(struct parse *p)
{
    BUF name = { 0 };
    addr_scan_unquote(&name, p->scan.comment);
    struct span trimmed = span_trim(buf_span(&name));
    return trimmed.len ? arena_string(p->arena, trimmed) : NULL;
}

static bool ends_element(const struct parse *p)
{
    int kind = p->scan.kind;
    return kind == ADDR_SCAN_END || kind == ',' || (kind == ';' && p->in_group);
}

static int parse_mailbox(struct parse *p, bool angle)
{
    struct addr found = { 0 };
    if (angle)
        found.name = parse_name(p);
    if ((angle ? parse_angle(p, &found) : parse_spec(p, &found)) < 0)
        return -1;
    if (!ends_element(p))
        return parse_unexpected(p);
    if (!found.name)
        found.name = comment_name(p);
    found.text = span_trim((struct span){ p->start, (size_t)(p->scan.token.at - p->start) });
    if (!found.null || p->nulls)
        addr_list_add(p->arena, &p->list, &found);
    p->finished++;
    return 0;
}

/* Takes the name of a group, up to the colon that look_ahead() has found. */
static int parse_group(struct parse *p, const struct addr_scan *colon)
{
    bool valid = !p->in_group && p->scan.kind != ':';
    for (; p->scan.kind != ':'; addr_scan_next(&p->scan))
        valid &= p->scan.kind != '@' && p->scan.kind != ADDR_SCAN_LITERAL;
    p->scan = *colon;
    p->in_group = true;
    return valid ? 0 : parse_fail(p, "a misplaced colon");
}

static int parse_element(struct parse *p)
{
    p->start = p->scan.at;
    p->scan.comment = (struct span){ 0 };
    addr_scan_next(&p->scan);
    if (ends_element(p))
        return 0;
    struct addr_scan ahead = look_ahead(p->scan);
    if (ahead.kind == ':')
        return parse_group(p, &ahead);
    if (ahead.kind != ADDR_SCAN_BAD)
        return parse_mailbox(p, ahead.kind == '<');
    p->scan = ahead;
    return parse_unexpected(p);
}

static int parse_text(struct parse *p, struct span text)
{
    addr_scan_init(&p->scan, text);
    do {
        if (parse_element(p) < 0)
            return -1;
        if (p->scan.kind == ';') {
            p->in_group = false;
            addr_scan_next(&p->scan);
            if (!ends_element(p))
                return parse_unexpected(p);
        }
    } while (p->scan.kind == ',' || p->scan.kind == ':');
    return 0;
}

int addr_parse_list(struct arena *a, struct span text, struct addr_list *ret, struct err *e)
{
    struct parse p = { .arena = a, .list = *ret, .is_list = true, .e = e };
    if (parse_text(&p, text) < 0)
        return -1;
    *ret = p.list;
    return 0;
}

static int parse_single(struct parse *p, struct span text, struct addr *ret)
{
    if (parse_text(p, text) < 0)
        return -1;
    if (!p->list.n)
        return err_set(p->e, ERR_DATA, "an address is missing");
    p->start = text.at;
    if (p->list.n > 1)
        return parse_fail(p, "only one address is allowed here");
    *ret = p->list.items[0];
    return 0;
}

int addr_parse_one(struct arena *a, struct span text, struct addr *ret, struct err *e)
{
    struct parse p = { .arena = a, .e = e };
    return parse_single(&p, text, ret);
}

int addr_parse_sender(struct arena *a, struct span text, struct addr *ret, struct err *e)
{
    if (!span_trim(text).len) {
        *ret = (struct addr){ .local = "", .domain = "", .null = true };
        return 0;
    }
    struct parse p = { .arena = a, .nulls = true, .e = e };
    return parse_single(&p, text, ret);
}
