/* Quoted-printable and encoded words keep to their line lengths, are the same for any division, and
 * decode to what went in. The first octet is the size of the pieces. */
#include "fuzz.h"

#include "base/base64.h"
#include "base/utf8.h"
#include "mail/canon.h"
#include "mail/encode.h"

#include <string.h>

static int hex_digit(char c)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *found = c ? strchr(digits, c) : NULL;
    FUZZ_CHECK(found);
    return (int)(found - digits);
}

static char hex_octet(struct span text)
{
    FUZZ_CHECK(text.len >= 3);
    return (char)(hex_digit(text.at[1]) * 16 + hex_digit(text.at[2]));
}

/* ---- quoted-printable ---- */

static void encode(struct span in, size_t piece, struct buf *out)
{
    struct qp q = { 0 };
    for (; in.len; in = span_from(in, piece))
        qp_feed(&q, (struct span){ in.at, in.len < piece ? in.len : piece }, out);
    qp_finish(&q, out);
}

static void decode_line(struct span line, struct buf *out)
{
    FUZZ_CHECK(line.len <= 76);
    FUZZ_CHECK(!line.len || !ascii_is_blank(line.at[line.len - 1]));
    while (line.len) {
        if (span_is(line, "="))
            return; /* a soft line break */
        bool escaped = *line.at == '=';
        FUZZ_CHECK(escaped || ascii_is_blank(*line.at) || (*line.at > 32 && *line.at < 127));
        buf_add_char(out, escaped ? hex_octet(line) : *line.at);
        line = span_from(line, escaped ? 3 : 1);
    }
    buf_add_string(out, "\r\n");
}

static void decode(struct span text, struct buf *out)
{
    while (text.len) {
        const char *end = memchr(text.at, '\n', text.len);
        FUZZ_CHECK(end && end > text.at && end[-1] == '\r');
        size_t len = (size_t)(end - text.at) + 1;
        decode_line((struct span){ text.at, len - 2 }, out);
        text = span_from(text, len);
    }
}

static bool ends_in_crlf(struct span text)
{
    return text.len >= 2 && span_is(span_from(text, text.len - 2), "\r\n");
}

static void check_qp(struct span in, size_t piece)
{
    BUF whole = { 0 };
    BUF pieces = { 0 };
    BUF back = { 0 };
    BUF want = { 0 };
    encode(in, in.len + 1, &whole);
    encode(in, piece, &pieces);
    FUZZ_CHECK(span_eq(buf_span(&whole), buf_span(&pieces)));
    decode(buf_span(&whole), &back);
    buf_add_span(&want, in);
    if (in.len && !ends_in_crlf(in))
        buf_add_string(&want, "\r\n");
    FUZZ_CHECK(span_eq(buf_span(&back), buf_span(&want)));
}

/* ---- encoded words ---- */

static void decode_q(struct span text, struct buf *out)
{
    while (text.len) {
        bool escaped = *text.at == '=';
        buf_add_char(out, escaped ? hex_octet(text) : *text.at == '_' ? ' ' : *text.at);
        text = span_from(text, escaped ? 3 : 1);
    }
}

static void decode_word(struct span word, const char *charset, struct buf *out)
{
    struct span mark, name, encoding, text;
    FUZZ_CHECK(word.len <= 75);
    FUZZ_CHECK(span_next(&word, '?', &mark) && span_is(mark, "="));
    FUZZ_CHECK(span_next(&word, '?', &name) && span_is(name, charset));
    FUZZ_CHECK(span_next(&word, '?', &encoding));
    FUZZ_CHECK(span_next(&word, '?', &text) && span_is(word, "="));
    size_t before = out->len;
    if (span_is(encoding, "B"))
        FUZZ_CHECK(base64_decode(out, text) == 0);
    else
        decode_q(text, out);
    struct span part = { out->at + before, out->len - before };
    FUZZ_CHECK(strcmp(charset, "utf-8") != 0 || utf8_is_valid(part));
}

static void check_words(struct span in)
{
    BUF words = { 0 };
    BUF back = { 0 };
    encode_words(&words, in);
    const char *charset = utf8_is_valid(in) ? "utf-8" : "unknown-8bit";
    struct span rest = buf_span(&words), word;
    while (in.len && span_next(&rest, ' ', &word))
        decode_word(word, charset, &back);
    FUZZ_CHECK(span_eq(buf_span(&back), in));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    struct span in = { (const char *)data + 1, size - 1 };
    struct canon c = { 0 };
    BUF text = { 0 };
    canon_feed(&c, in, &text);
    canon_finish(&c, &text);
    check_qp(in, (size_t)data[0] + 1);
    check_qp(buf_span(&text), (size_t)data[0] + 1);
    check_words(in);
    return 0;
}
