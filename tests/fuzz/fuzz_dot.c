/* Dot-stuffing: decode(encode(x)) = x at any division, and the wire holds one end of data. */
#include "smtp/dot.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Canonical text: every LF behind a CR, no other CR. */
static void make_canonical(const uint8_t *data, size_t size, struct buf *to)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '\n')
            buf_add_string(to, "\r\n");
        else
            buf_add_char(to, data[i] == '\r' ? '.' : (char)data[i]);
    }
    if (to->len && to->at[to->len - 1] != '\n')
        buf_add_string(to, "\r\n");
}

static void encode(struct span text, size_t step, struct buf *to)
{
    struct dot dot = { 0 };
    struct span run;
    while (text.len) {
        struct span piece = { text.at, step < text.len ? step : text.len };
        text = span_from(text, piece.len);
        while (dot_next(&dot, &piece, &run))
            buf_add_span(to, run);
    }
    buf_add_span(to, dot_end(&dot));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BUF text = { 0 };
    BUF wire = { 0 };
    BUF back = { 0 };
    struct undot undot = { 0 };
    size_t used = 0;
    make_canonical(data, size, &text);
    encode(buf_span(&text), 1 + size % 11, &wire);
    if (dot_decode(&undot, buf_span(&wire), &used, &back) != 1 || used != wire.len)
        abort();
    if (!span_eq(buf_span(&text), buf_span(&back)))
        abort();
    undot = (struct undot){ 0 }; /* and raw input, for crashes */
    if (dot_decode(&undot, (struct span){ (const char *)data, size }, &used, &back) > 1)
        abort();
    return 0;
}
