#include "base/mask.h"

#include <string.h>

void mask_done(struct mask *m)
{
    buf_done(&m->secrets);
}

void mask_add(struct mask *m, struct span secret)
{
    if (secret.len < MASK_SHORTEST)
        return;
    m->secrets.secret = true;
    buf_add(&m->secrets, &secret.len, sizeof secret.len);
    buf_add_span(&m->secrets, secret);
}

static void hide(struct span secret, struct buf *text)
{
    BUF shown = { .limit = text->limit };
    struct span rest = buf_span(text);
    const char *at = memmem(rest.at, rest.len, secret.at, secret.len);
    if (!at)
        return;
    for (; at; at = memmem(rest.at, rest.len, secret.at, secret.len)) {
        size_t before = (size_t)(at - rest.at);
        buf_add(&shown, rest.at, before);
        buf_add_string(&shown, "***");
        rest = span_from(rest, before + secret.len);
    }
    buf_add_span(&shown, rest);
    buf_clear(text);
    buf_add_span(text, buf_span(&shown));
}

void mask_apply(const struct mask *m, struct buf *text)
{
    struct span rest = buf_span(&m->secrets);
    while (rest.len) {
        size_t len;
        memcpy(&len, rest.at, sizeof len);
        rest = span_from(rest, sizeof len);
        hide((struct span){ rest.at, len }, text);
        rest = span_from(rest, len);
    }
}
