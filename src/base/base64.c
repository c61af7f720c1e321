#include "base/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* One to three octets become four characters. */
static void base64_put(char *to, const unsigned char *from, size_t len)
{
    uint32_t bits = (uint32_t)from[0] << 16;
    if (len > 1)
        bits |= (uint32_t)from[1] << 8;
    if (len > 2)
        bits |= from[2];
    to[0] = alphabet[bits >> 18];
    to[1] = alphabet[bits >> 12 & 63];
    to[2] = len > 1 ? alphabet[bits >> 6 & 63] : '=';
    to[3] = len > 2 ? alphabet[bits & 63] : '=';
}

size_t base64_length(size_t len)
{
    return len / 3 * 4 + (len % 3 ? 4 : 0);
}

void base64_encode(struct buf *to, struct span in)
{
    size_t len = base64_length(in.len);
    char *at = buf_room(to, len);
    if (!at)
        return;
    for (size_t i = 0; i < in.len; i += 3, at += 4)
        base64_put(at, (const unsigned char *)in.at + i, in.len - i < 3 ? in.len - i : 3);
    buf_grew(to, len);
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (ascii_is_digit(c))
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* How many of the last four characters are padding: 0, 1 or 2. */
static size_t base64_padding(struct span in)
{
    size_t n = 0;
    while (n < 2 && n < in.len && in.at[in.len - 1 - n] == '=')
        n++;
    return n;
}

/* Four characters, the last `padding` of them "=", become three octets less the padding. */
static int base64_get(char *to, const char *from, size_t padding)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < 4; i++) {
        int value = i < 4 - padding ? base64_value(from[i]) : 0;
        if (value < 0)
            return -1;
        bits = bits << 6 | (uint32_t)value;
    }
    if (padding && bits & (padding == 2 ? 0xFFFFU : 0xFFU))
        return -1;
    for (size_t i = 0; i < 3 - padding; i++)
        to[i] = (char)(bits >> (16 - 8 * i) & 0xFF);
    return 0;
}

int base64_decode(struct buf *to, struct span in)
{
    size_t padding = base64_padding(in), len = in.len / 4 * 3 - padding;
    char *at = in.len % 4 ? NULL : buf_room(to, len);
    if (!at)
        return -1;
    for (size_t i = 0; i < in.len; i += 4, at += 3) {
        if (base64_get(at, in.at + i, i + 4 == in.len ? padding : 0) < 0) {
            buf_grew(to, 0);
            return -1;
        }
    }
    buf_grew(to, len);
    return 0;
}
