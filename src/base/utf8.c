#include "base/utf8.h"

#include <string.h>

/* RFC 3629, section 4: what may lead, how much follows, and which second octets are left after
 * overlong forms, surrogates, and everything above U+10FFFF are taken away.
 *
 *   UTF8-1 = %x00-7F
 *   UTF8-2 = %xC2-DF UTF8-tail
 *   UTF8-3 = %xE0 %xA0-BF UTF8-tail / %xE1-EC 2( UTF8-tail ) /
 *            %xED %x80-9F UTF8-tail / %xEE-EF 2( UTF8-tail )
 *   UTF8-4 = %xF0 %x90-BF 2( UTF8-tail ) / %xF1-F3 3( UTF8-tail ) /
 *            %xF4 %x80-8F 2( UTF8-tail )
 */
static const struct utf8_form {
    unsigned char first_min, first_max;
    unsigned char second_min, second_max;
    unsigned char len;
} forms[] = {
    { 0x00, 0x7F, 0, 0, 1 },       { 0xC2, 0xDF, 0x80, 0xBF, 2 }, { 0xE0, 0xE0, 0xA0, 0xBF, 3 },
    { 0xE1, 0xEC, 0x80, 0xBF, 3 }, { 0xED, 0xED, 0x80, 0x9F, 3 }, { 0xEE, 0xEF, 0x80, 0xBF, 3 },
    { 0xF0, 0xF0, 0x90, 0xBF, 4 }, { 0xF1, 0xF3, 0x80, 0xBF, 4 }, { 0xF4, 0xF4, 0x80, 0x8F, 4 },
};

static const struct utf8_form *utf8_form_of(unsigned char first)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (first >= forms[i].first_min && first <= forms[i].first_max)
            return &forms[i];
    return NULL;
}

static bool utf8_fits(const struct utf8_form *form, const unsigned char *at)
{
    if (form->len > 1 && (at[1] < form->second_min || at[1] > form->second_max))
        return false;
    for (size_t i = 2; i < form->len; i++)
        if (!utf8_is_tail((char)at[i]))
            return false;
    return true;
}

size_t utf8_next(struct span text, uint32_t *ret)
{
    const unsigned char *at = (const unsigned char *)text.at;
    const struct utf8_form *form = text.len ? utf8_form_of(*at) : NULL;
    if (!form || text.len < form->len || !utf8_fits(form, at))
        return 0;
    uint32_t code = form->len == 1 ? *at : *at & (0x7FU >> form->len);
    for (size_t i = 1; i < form->len; i++)
        code = code << 6 | (at[i] & 0x3F);
    if (ret)
        *ret = code;
    return form->len;
}

bool utf8_is_valid(struct span text)
{
    while (text.len) {
        size_t len = utf8_next(text, NULL);
        if (!len)
            return false;
        text = span_from(text, len);
    }
    return true;
}

/* Eight octets at a time: this runs over every octet of every message. */
bool utf8_has_8bit(struct span text)
{
    uint64_t seen = 0;
    size_t i = 0;
    for (; i + sizeof seen <= text.len; i += sizeof seen) {
        uint64_t word;
        memcpy(&word, text.at + i, sizeof word);
        seen |= word;
    }
    for (; i < text.len; i++)
        seen |= (uint64_t)text.at[i] & 0x80;
    return seen & 0x8080808080808080u;
}

bool utf8_is_tail(char octet)
{
    return ((unsigned char)octet & 0xC0) == 0x80;
}

bool utf8_is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0);
}

/* Direction marks and line separators: a terminal would show the line in another order. */
static bool turns_text(uint32_t code)
{
    return code == 0x200E || code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069);
}

/* Octets at the front that are shown as they are: nearly all text is plain. */
static size_t plain_ascii(struct span text)
{
    size_t n = 0;
    while (n < text.len && text.at[n] >= ' ' && text.at[n] < 0x7F)
        n++;
    return n;
}

void utf8_add_printable(struct buf *to, struct span text, const char *newline)
{
    while (text.len) {
        size_t plain = plain_ascii(text);
        buf_add(to, text.at, plain);
        text = span_from(text, plain);
        if (!text.len)
            return;
        uint32_t code = 0;
        size_t len = utf8_next(text, &code);
        bool shown = len && !utf8_is_control(code) && !turns_text(code);
        if (!len)
            len = 1;
        if (shown)
            buf_add(to, text.at, len);
        else if (*text.at == '\n')
            buf_add_string(to, newline);
        else
            for (size_t i = 0; i < len; i++)
                buf_addf(to, "\\x%02x", (unsigned)(unsigned char)text.at[i]);
        text = span_from(text, len);
    }
}
