/* Reads a message from standard input, keeps it in a spool, and prints the bounce of it:
 *
 *   dump_bounce SPOOL [KEY VALUE]...
 *
 *   from to host sender envid message-id   text; put into the entry behind all checks, as if
 *                                          somebody had tampered with it
 *   rcpt ORIGINAL code NUMBER enhanced TEXT reply TEXT hint TEXT      a recipient
 *   wire ADDRESS                           of the last recipient
 *   delayed expired hdrs utf8              with any value
 *
 * First a line of words: sender recipient notify utf8 eight_bit utf8_addresses whole id. */
#include "base/io.h"
#include "mail/message.h"
#include "queue/bounce.h"
#include "queue/commit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RCPTS = 8 };

struct input {
    struct account account;
    struct bounce_facts facts;
    struct envelope envelope;
    struct rcpt rcpts[RCPTS];
    bool about[RCPTS];
    struct verdict verdicts[RCPTS];
    const char *message_id;
    bool utf8;
};

static void fail(const char *text)
{
    fprintf(stderr, "dump_bounce: %s\n", text);
    exit(1);
}

static bool take_text(struct input *in, const char *key, const char *value)
{
    struct {
        const char *key;
        const char **to;
    } texts[] = {
        { "from", &in->account.mail.from }, { "to", &in->facts.to },
        { "host", &in->facts.host },        { "sender", &in->envelope.sender },
        { "envid", &in->envelope.envid },   { "message-id", &in->message_id },
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(key, texts[i].key) == 0) {
            *texts[i].to = value;
            return true;
        }
    return false;
}

static bool take_flag(struct input *in, const char *key)
{
    if (strcmp(key, "delayed") == 0) {
        in->facts.action = BOUNCE_DELAYED;
        in->facts.retry_until = in->facts.now + 86400;
    } else if (strcmp(key, "expired") == 0) {
        in->facts.expired = true;
    } else if (strcmp(key, "hdrs") == 0) {
        in->envelope.dsn_return = DSN_RETURN_HDRS;
    } else if (strcmp(key, "utf8") == 0) {
        in->utf8 = true;
    } else {
        return false;
    }
    return true;
}

static bool take_recipient(struct input *in, const char *key, const char *value)
{
    if (strcmp(key, "rcpt") == 0) {
        if (in->envelope.n_rcpts == RCPTS)
            fail("too many recipients");
        in->rcpts[in->envelope.n_rcpts] = (struct rcpt){ .wire = value, .original = value };
        in->about[in->envelope.n_rcpts] = true;
        in->verdicts[in->envelope.n_rcpts].result = VERDICT_REFUSED;
        (void)err_set(&in->verdicts[in->envelope.n_rcpts++].err, ERR_CONNECT, "no connection");
        return true;
    }
    if (!in->envelope.n_rcpts)
        return false;
    struct err *e = &in->verdicts[in->envelope.n_rcpts - 1].err;
    if (strcmp(key, "wire") == 0)
        in->rcpts[in->envelope.n_rcpts - 1].wire = value;
    else if (strcmp(key, "code") == 0)
        e->code = (int)strtol(value, NULL, 10);
    else if (strcmp(key, "enhanced") == 0)
        snprintf(e->enhanced, sizeof e->enhanced, "%s", value);
    else if (strcmp(key, "hint") == 0)
        err_hint(e, "%s", value);
    else if (strcmp(key, "spared") == 0)
        in->about[in->envelope.n_rcpts - 1] = false;
    else if (strcmp(key, "reply") == 0) {
        int code = e->code;
        char enhanced[ENHANCED_SIZE];
        memcpy(enhanced, e->enhanced, sizeof enhanced);
        (void)err_set(e, ERR_REPLY, "%d %s %s", code, enhanced, value);
        e->code = code;
        memcpy(e->enhanced, enhanced, sizeof enhanced);
        e->reply = mem_string(value);
    } else {
        return false;
    }
    return true;
}

static void take_arguments(struct input *in, char **argv)
{
    for (; argv[0] && argv[1]; argv += 2)
        if (!take_text(in, argv[0], argv[1]) && !take_flag(in, argv[0]) &&
            !take_recipient(in, argv[0], argv[1]))
            fail(argv[0]);
}

/* Commits the message for one harmless recipient each; what the arguments say comes later. */
static void keep(struct arena *a, const struct spool *spool, struct input *in, struct queue_id *ret)
{
    ERR e = { 0 };
    struct message m = { 0 };
    struct stored stored = { .message_id = "" };
    const struct route route = { .account = "test" };
    struct rcpt rcpts[RCPTS];
    struct envelope envelope = { .sender = "", .rcpts = rcpts, .n_rcpts = in->envelope.n_rcpts };
    for (size_t i = 0; i < RCPTS; i++)
        rcpts[i] = (struct rcpt){ .wire = "x@example.org", .original = "x@example.org" };
    if (message_read(STDIN_FILENO, (struct message_limits){ 0 }, &m, &e) < 0)
        fail(e.text);
    buf_add_span(&stored.header, buf_span(&m.block));
    buf_add(&stored.header, "\r\n", 2);
    stored.body = m.body;
    m.body = (struct body){ 0 };
    stored.eight_bit = m.traits.eight_bit || m.header_traits.eight_bit;
    stored.utf8_addresses = in->utf8;
    struct entry entry = entry_of(a, &route, &envelope, &stored);
    if (spool_commit(spool, &entry, &stored, FOLDER_NEW, &e) <= 0)
        fail(e.text ? e.text : "not kept");
    *ret = entry.id;
    stored_done(&stored);
    message_done(&m);
}

static void print_bounce(const struct bounce *b)
{
    ERR e = { 0 };
    struct body_piece piece = { 0 };
    const struct rcpt *to = &b->envelope.rcpts[0];
    if (b->envelope.n_rcpts != 1)
        fail("not one recipient");
    printf("<%s> <%s> %u %d %d %d %d %s\n", b->envelope.sender, to->wire, to->dsn_notify, to->utf8,
           b->stored.eight_bit, b->stored.utf8_addresses, b->whole, b->id.text);
    fwrite(b->stored.header.at, 1, b->stored.header.len, stdout);
    for (uint64_t at = 0; body_next(&b->stored.body, at, 65536, &piece, &e) > 0;
         at += piece.octets.len)
        fwrite(piece.octets.at, 1, piece.octets.len, stdout);
    body_piece_done(&piece);
}

static void bounce(struct arena *a, const struct spool *spool, struct input *in)
{
    ERR e = { 0 };
    struct queue_id id;
    struct item item;
    struct bounce made;
    keep(a, spool, in, &id);
    if (item_open(spool, FOLDER_NEW, &id, false, &item, &e) != ITEM_OPEN)
        fail(e.text ? e.text : "gone");
    in->envelope.rcpts = in->rcpts;
    item.entry.envelope = in->envelope;
    item.entry.message_id = in->message_id;
    if (bounce_make(a, &item, &in->facts, in->about, in->verdicts, &made, &e) < 0)
        fail(e.text);
    print_bounce(&made);
    stored_done(&made.stored);
    if (item_remove(&item, &e) < 0)
        fail(e.text);
    item_close(&item);
}

int main(int argc, char **argv)
{
    ERR e = { 0 };
    ARENA a = { 0 };
    struct spool spool;
    struct input in = {
        .message_id = "",
        .envelope = { .sender = "sender@example.org" },
        .facts = { .host = "host.example.org", .to = "sender@example.org", .now = 1795000000 }
    };
    if (argc < 2 || spool_make(argv[1]) < 0 || spool_open(argv[1], true, &spool, &e) <= 0)
        fail("no spool");
    in.facts.account = &in.account;
    take_arguments(&in, argv + 2);
    bounce(&a, &spool, &in);
    for (size_t i = 0; i < RCPTS; i++)
        verdict_done(&in.verdicts[i]);
    spool_close(&spool);
    return 0;
}
