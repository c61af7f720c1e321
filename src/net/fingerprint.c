#include "net/fingerprint.h"

#include "base/base64.h"

#include <string.h>

/* Pairs of digits, a colon allowed between pairs. */
static void add_hex(struct buf *to, struct span text)
{
    size_t i = 0;
    while (text.len - i >= 2) {
        int high = ascii_hex(text.at[i]);
        int low = ascii_hex(text.at[i + 1]);
        if (high < 0 || low < 0)
            break;
        buf_add_char(to, (char)(high << 4 | low));
        i += 2;
        if (i + 1 < text.len && text.at[i] == ':')
            i++;
    }
    if (i < text.len)
        buf_clear(to);
}

static int parse_digest(struct span text, struct pin *ret)
{
    BUF digest = { 0 };
    add_hex(&digest, text);
    if (!digest.len && base64_decode(&digest, text) < 0)
        return -1;
    if (digest.len != PIN_SIZE)
        return -1;
    memcpy(ret->digest, digest.at, PIN_SIZE);
    return 0;
}

int fingerprint_parse(struct span text, enum pin_of plain, struct pin *ret)
{
    const struct {
        const char *prefix;
        enum pin_of of;
    } forms[] = { { "sha256//", PIN_KEY }, { "sha256:", plain }, { "spki:", PIN_KEY } };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (span_istarts(text, forms[i].prefix)) {
            ret->of = forms[i].of;
            return parse_digest(span_from(text, strlen(forms[i].prefix)), ret);
        }
    }
    return -1;
}
