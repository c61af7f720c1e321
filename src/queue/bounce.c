#include "queue/bounce_parts.h"

#include "base/utf8.h"
#include "mail/date.h"

#include <inttypes.h>
#include <string.h>

enum { BOUNDARY_SIZE = 64, PIECE = 64 * 1024 };

static const char from_name[] = "Mail Delivery System";

/* ---- whether ---- */

const char *bounce_target(const struct entry *entry, const char *policy)
{
    const char *sender = entry->envelope.sender;
    if (!*sender || strcmp(policy, "none") == 0)
        return NULL;
    return strcmp(policy, "sender") == 0 ? sender : policy;
}

bool bounce_is_wanted(const struct entry *entry, size_t recipient, enum bounce_action action)
{
    unsigned own = entry->envelope.rcpts[recipient].dsn_notify;
    unsigned notify = own ? own : entry->envelope.dsn_notify;
    return !notify || (notify & (action == BOUNCE_DELAYED ? DSN_NOTIFY_DELAY : DSN_NOTIFY_FAILURE));
}

bool bounce_is_too_large(const struct entry *entry)
{
    return entry->header_size > BOUNCE_FULL_MAX ||
           entry->body_size > BOUNCE_FULL_MAX - entry->header_size;
}

static bool is_whole(const struct entry *entry, enum bounce_action action)
{
    return action == BOUNCE_FAILED && entry->envelope.dsn_return != DSN_RETURN_HDRS &&
           !bounce_is_too_large(entry);
}

/* ---- names ---- */

/* The same recipients, failed or late, give the same name. */
static struct queue_id make_id(const struct bounce_about *b)
{
    BUF why = { 0 };
    buf_add_string(&why, b->facts->action == BOUNCE_DELAYED ? "delayed" : "failed");
    for (size_t i = bounce_next(b, 0); i < b->entry->envelope.n_rcpts; i = bounce_next(b, i + 1))
        buf_addf(&why, " %zu", i);
    return queue_id_derive(&b->entry->id, buf_span(&why));
}

static uint64_t hash_id(const struct queue_id *id, uint64_t hash)
{
    const uint64_t prime = 0x100000001b3; /* FNV-1a */
    for (size_t i = 0; i < QUEUE_ID_SIZE; i++)
        hash = (hash ^ (unsigned char)id->text[i]) * prime;
    return hash;
}

struct boundary {
    char text[BOUNDARY_SIZE];
};

/* "=_" stands in neither quoted-printable nor base64; the original was there before anybody knew
 * this name. */
static struct boundary make_boundary(const struct queue_id *id, const struct queue_id *original)
{
    struct boundary ret;
    BUF text = { .limit = BOUNDARY_SIZE - 1 };
    uint64_t first = hash_id(original, 0xcbf29ce484222325);
    uint64_t second = hash_id(id, first);
    buf_addf(&text, "=_%s_%016" PRIx64 "%016" PRIx64, id->text, first, second);
    memcpy(ret.text, buf_string(&text), text.len + 1);
    return ret;
}

/* ---- addresses ---- */

struct correspondents {
    struct addr from;
    struct addr to;
    const char *to_wire;
};

static bool parse_wire(struct arena *a, const char *text, struct addr *ret)
{
    ERR ignored = { 0 };
    return text && *text && addr_parse_one(a, span_of(text), ret, &ignored) == 0 &&
           addr_wire(a, ret, &ignored) && *ret->domain;
}

/* The account's own address: many servers take no other. Else that of whoever sent the message. */
static struct addr make_from(struct arena *a, const struct bounce_about *b)
{
    const struct account *account = b->facts->account;
    struct addr from;
    if (account && parse_wire(a, account->mail.from, &from))
        return from;
    if (parse_wire(a, b->entry->envelope.sender, &from))
        return from;
    from = (struct addr){ .local = "MAILER-DAEMON", .domain = b->facts->host };
    ERR ignored = { 0 };
    if (!addr_wire(a, &from, &ignored))
        from.domain = "localhost";
    return from;
}

static int find_correspondents(struct arena *a, const struct bounce_about *b,
                               struct correspondents *ret, struct err *e)
{
    *ret = (struct correspondents){ .from = make_from(a, b) };
    if (addr_parse_one(a, span_of(b->facts->to), &ret->to, e) < 0)
        return -1;
    ret->to_wire = addr_wire(a, &ret->to, e);
    return ret->to_wire ? 0 : -1;
}

static void make_envelope(struct arena *a, const struct correspondents *who, struct envelope *ret)
{
    struct rcpt *rcpt = arena_new(a, 1, sizeof *rcpt);
    *rcpt = (struct rcpt){
        .wire = who->to_wire,
        .original = who->to_wire,
        .utf8 = addr_needs_utf8(&who->to),
        .dsn_notify = DSN_NOTIFY_NEVER,
    };
    *ret = (struct envelope){ .sender = "", .rcpts = rcpt, .n_rcpts = 1 };
}

/* ---- the header ---- */

/* "<…@…>" that can be quoted in a field. */
static bool is_message_id(const char *text)
{
    struct span id = span_of(text);
    if (id.len < 5 || id.len > HEADER_LINE_MAX - 100 || text[0] != '<' || text[id.len - 1] != '>')
        return false;
    for (size_t i = 1; i < id.len - 1; i++)
        if (text[i] <= ' ' || text[i] > '~' || strchr("<>", text[i]))
            return false;
    return span_has(id, '@');
}

static int add_mailbox(struct buf *to, const char *field, const char *name, const struct addr *addr,
                       struct err *e)
{
    buf_addf(to, "%s: ", field);
    if (addr_add_mailbox(to, name, addr, e) < 0)
        return -1;
    buf_add_string(to, "\r\n");
    return 0;
}

static const char *make_message_id(struct arena *a, const struct queue_id *id,
                                   const struct addr *from)
{
    ERR ignored = { 0 };
    const struct addr here = { .local = arena_printf(a, "%s.bounce", id->text),
                               .domain = from->domain };
    const char *wire = addr_wire(a, &here, &ignored);
    return arena_printf(a, "<%s>", wire ? wire : here.local);
}

static int add_header(struct buf *to, const struct bounce_about *b,
                      const struct correspondents *who, const struct bounce *made, struct err *e)
{
    const char *original = b->entry->message_id;
    const char *subject =
        b->facts->action == BOUNCE_DELAYED ? "Mail is delayed" : "Mail could not be delivered";
    if (add_mailbox(to, "From", from_name, &who->from, e) < 0 ||
        add_mailbox(to, "To", NULL, &who->to, e) < 0)
        return -1;
    buf_addf(to, "Subject: %s\r\nDate: ", subject);
    date_add(to, (time_t)b->facts->now);
    buf_addf(to, "\r\nMessage-ID: %s\r\n", made->stored.message_id);
    if (original && is_message_id(original))
        buf_addf(to, "In-Reply-To: %s\r\nReferences: %s\r\n", original, original);
    buf_addf(to,
             "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
             "Content-Type: multipart/report; report-type=delivery-status;\r\n"
             " boundary=\"%s\"\r\n",
             make_boundary(&made->id, &b->entry->id).text);
    buf_addf(to, "%s\r\n", made->stored.eight_bit ? "Content-Transfer-Encoding: 8bit\r\n" : "");
    return 0;
}

/* ---- the parts ---- */

static void add_part(struct buf *to, const char *boundary, const char *type,
                     const char *description, bool eight_bit)
{
    buf_addf(to, "--%s\r\nContent-Type: %s\r\nContent-Description: %s\r\n%s\r\n", boundary, type,
             description, eight_bit ? "Content-Transfer-Encoding: 8bit\r\n" : "");
}

/* What comes back, as it may be called: RFC 6522, RFC 6532 for what needs SMTPUTF8. */
static const char *original_type(const struct bounce_about *b, const struct stored *original)
{
    struct span header = buf_span(&original->header);
    if (original->utf8_addresses)
        return b->whole ? "message/global" : "message/global-headers";
    if (b->whole)
        return "message/rfc822";
    if (!utf8_has_8bit(header))
        return "text/rfc822-headers";
    return utf8_is_valid(header) ? "text/rfc822-headers; charset=utf-8"
                                 : "text/rfc822-headers; charset=unknown-8bit";
}

static bool original_eight_bit(const struct bounce_about *b, const struct stored *original)
{
    return (b->whole && original->eight_bit) || utf8_has_8bit(buf_span(&original->header));
}

static int copy_body(struct body *to, const struct body *from, struct err *e)
{
    CLEANUP(body_piece_done) struct body_piece piece = { 0 };
    uint64_t at = 0;
    int more;
    while ((more = body_next(from, at, PIECE, &piece, e)) > 0) {
        if (body_add(to, piece.octets, e) < 0)
            return -1;
        at += piece.octets.len;
    }
    return more;
}

/* Everything in front of the original. */
static bool add_parts(struct buf *to, struct arena *a, const struct bounce_about *b,
                      const struct stored *original, const char *boundary)
{
    BUF text = { 0 };
    bounce_add_text(&text, b);
    bool eight_bit = utf8_has_8bit(buf_span(&text));
    add_part(to, boundary, eight_bit ? "text/plain; charset=utf-8" : "text/plain; charset=us-ascii",
             "what happened", eight_bit);
    buf_add_span(to, buf_span(&text));
    buf_add_string(to, "\r\n");
    add_part(to, boundary, "message/delivery-status", "what happened, for programs", false);
    bounce_add_status(to, a, b);
    buf_add_string(to, "\r\n");
    add_part(to, boundary, original_type(b, original),
             b->whole ? "the message" : "the header of the message",
             original_eight_bit(b, original));
    return eight_bit;
}

static int add_original(struct body *to, const struct bounce_about *b,
                        const struct stored *original, struct err *e)
{
    struct span header = buf_span(&original->header);
    if (!b->whole && header.len >= 2)
        header.len -= 2; /* the empty line */
    if (body_add(to, header, e) < 0)
        return -1;
    return b->whole ? copy_body(to, &original->body, e) : 0;
}

static int make_stored(struct arena *a, const struct bounce_about *b, const struct stored *original,
                       struct bounce *made, struct err *e)
{
    struct boundary boundary = make_boundary(&made->id, &b->entry->id);
    BUF front = { 0 };
    BUF end = { 0 };
    bool eight_bit = add_parts(&front, a, b, original, boundary.text);
    buf_addf(&end, "\r\n--%s--\r\n", boundary.text);
    made->stored.eight_bit = eight_bit || original_eight_bit(b, original);
    if (body_add(&made->stored.body, buf_span(&front), e) < 0 ||
        add_original(&made->stored.body, b, original, e) < 0)
        return -1;
    return body_add(&made->stored.body, buf_span(&end), e);
}

/* A disk that is full, or fails, may do better another time. */
static int as_temporary(struct err *e)
{
    if (e->kind == ERR_IO || e->kind == ERR_CREATE || e->kind == ERR_SYSTEM)
        e->kind = ERR_TEMPORARY;
    return -1;
}

static int make(struct arena *a, const struct item *item, const struct bounce_about *b,
                struct bounce *made, struct err *e)
{
    CLEANUP(stored_done) struct stored original = { 0 };
    struct correspondents who;
    if (find_correspondents(a, b, &who, e) < 0)
        return -1;
    make_envelope(a, &who, &made->envelope);
    made->id = make_id(b);
    made->stored.message_id = make_message_id(a, &made->id, &who.from);
    if (item_stored(item, &original, e) < 0 || make_stored(a, b, &original, made, e) < 0)
        return as_temporary(e);
    made->stored.utf8_addresses = addr_needs_utf8(&who.from) || addr_needs_utf8(&who.to);
    made->stored.eight_bit |= made->stored.utf8_addresses;
    return add_header(&made->stored.header, b, &who, made, e);
}

int bounce_make(struct arena *a, const struct item *original, const struct bounce_facts *facts,
                const bool *about, const struct verdict *verdicts, struct bounce *ret,
                struct err *e)
{
    const struct entry *entry = &original->entry;
    const struct bounce_about b = { .entry = entry,
                                    .facts = facts,
                                    .about = about,
                                    .verdicts = verdicts,
                                    .whole = is_whole(entry, facts->action) };
    struct bounce made = { .whole = b.whole };
    if (make(a, original, &b, &made, e) < 0) {
        stored_done(&made.stored);
        return -1;
    }
    *ret = made;
    return 0;
}
