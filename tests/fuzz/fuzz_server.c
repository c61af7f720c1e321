/* The server engine against a client that says anything: it ends, its replies and the message are
 * the same at any division of the input, every reply is one that our own parser takes, and there
 * is no more message than there was input. */
#include "smtp/server.h"

#include "fuzz.h"
#include "smtp/reply.h"

struct run {
    struct server server;
    struct buf said; /* all replies */
    struct buf text; /* of all messages, an "E" behind each */
    size_t asked;    /* MAIL, RCPT and END */
    bool over;
};

/* The first octet of an address decides. */
static void answer(struct run *r, struct span path)
{
    static const int codes[] = { 250, 251, 452, 550, 354, 250, 250, 250 };
    int code = codes[path.len > 1 ? path.at[1] & 7 : 0];
    r->asked++;
    server_answer(&r->server, code, code == 550 ? "5.1.1" : "", path);
}

static bool act(struct run *r)
{
    struct server *s = &r->server;
    switch (server_next(s)) {
    case SERVER_WANT: return false;
    case SERVER_MAIL: answer(r, s->mail.path); break;
    case SERVER_RCPT: answer(r, s->rcpt.path); break;
    case SERVER_BODY: buf_add_span(&r->text, s->piece); break;
    case SERVER_END:
        buf_add_char(&r->text, 'E');
        answer(r, SPAN("end"));
        break;
    case SERVER_QUEUE: buf_add_char(&r->text, s->json ? 'J' : 'T'); break;
    case SERVER_RESET: break;
    case SERVER_QUIT: r->over = true; return false;
    }
    return true;
}

static void converse(struct run *r, struct span in, size_t step, bool lmtp)
{
    server_init(&r->server, "here", lmtp);
    r->server.nonces = r->server.lists = lmtp;
    while (in.len && !r->over) {
        struct span piece = { in.at, step < in.len ? step : in.len };
        in = span_from(in, piece.len);
        server_feed(&r->server, piece);
        for (size_t actions = 0; act(r); actions++)
            FUZZ_CHECK(actions <= 2 * piece.len + SERVER_RCPT_LIMIT);
        buf_add_span(&r->said, buf_span(&r->server.out));
        buf_clear(&r->server.out);
        FUZZ_CHECK(r->server.line.len <= SERVER_LINE_LIMIT);
    }
}

static void done(struct run *r)
{
    server_done(&r->server);
    buf_done(&r->said);
    buf_done(&r->text);
}

/* As many replies as there were questions, at least; and nothing but replies. */
static void check_replies(const struct run *r)
{
    struct reply_parser parser = { 0 };
    struct reply reply = { 0 };
    size_t replies = 0, used, at = 0;
    while (reply_feed(&parser, span_from(buf_span(&r->said), at), &used, &reply) == 1) {
        at += used;
        replies++;
    }
    FUZZ_CHECK(at == r->said.len);
    FUZZ_CHECK(replies >= r->asked);
    reply_done(&reply);
    reply_parser_done(&parser);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = { (const char *)data, size };
    bool lmtp = size && data[0] == 'L';
    struct run whole = { 0 }, pieces = { 0 };
    converse(&whole, in, size + 1, lmtp);
    converse(&pieces, in, 1 + size % 7, lmtp);
    FUZZ_CHECK(span_eq(buf_span(&whole.said), buf_span(&pieces.said)));
    FUZZ_CHECK(span_eq(buf_span(&whole.text), buf_span(&pieces.text)));
    FUZZ_CHECK(whole.text.len <= size + whole.asked);
    check_replies(&whole);
    done(&whole);
    done(&pieces);
    return 0;
}
