/* The reply parser: any division of the input gives the same replies, and what a server says never
 * becomes more than one line of an error. */
#include "smtp/caps.h"
#include "smtp/reply.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All replies in `in`, as "code enhanced text" each, fed in pieces of `step` octets (0: whole). */
static void read_all(struct span in, size_t step, struct buf *out)
{
    struct reply_parser parser = { 0 };
    struct reply reply = { 0 };
    size_t have = 0;
    int got = 0;
    while (got >= 0 && (got > 0 || have < in.len || have == 0)) {
        size_t used = 0;
        if (got == 0)
            have = step && have + step < in.len ? have + step : in.len;
        got = reply_feed(&parser, (struct span){ in.at, have }, &used, &reply);
        if (used > have)
            abort();
        in = span_from(in, used);
        have -= used;
        if (got > 0)
            buf_addf(out, "[%d %s %.*s]", reply.code, reply.enhanced,
                     SPAN_ARGS(buf_span(&reply.text)));
        if (got == 0 && have == in.len)
            break;
    }
    buf_addf(out, "%d", got < 0 ? -1 : 0);
    reply_done(&reply);
    reply_parser_done(&parser);
}

static void check_words(struct span in)
{
    struct reply_parser parser = { 0 };
    struct reply reply = { 0 };
    struct caps caps = { 0 };
    ERR e = { 0 };
    size_t used;
    if (reply_feed(&parser, in, &used, &reply) > 0) {
        reply_error(&reply, &e);
        for (const char *at = e.text; *at; at++)
            if (ascii_is_control(*at))
                abort();
        caps_parse(buf_span(&reply.text), &caps);
    }
    caps_done(&caps);
    reply_done(&reply);
    reply_parser_done(&parser);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = { (const char *)data, size };
    BUF whole = { 0 };
    BUF split = { 0 };
    read_all(in, 0, &whole);
    read_all(in, 1 + size % 7, &split);
    if (!span_eq(buf_span(&whole), buf_span(&split)))
        abort();
    check_words(in);
    return 0;
}
