#include "base/span.h"

#include <string.h>

struct span span_of(const char *text)
{
    return (struct span){ text, text ? strlen(text) : 0 };
}

bool span_eq(struct span a, struct span b)
{
    return a.len == b.len && (!a.len || memcmp(a.at, b.at, a.len) == 0);
}

bool span_is(struct span a, const char *text)
{
    return span_eq(a, span_of(text));
}

bool span_ieq(struct span a, struct span b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (ascii_lower(a.at[i]) != ascii_lower(b.at[i]))
            return false;
    return true;
}

bool span_iis(struct span a, const char *text)
{
    return span_ieq(a, span_of(text));
}

bool span_starts(struct span a, const char *prefix)
{
    size_t len = strlen(prefix);
    return a.len >= len && (!len || memcmp(a.at, prefix, len) == 0);
}

bool span_istarts(struct span a, const char *prefix)
{
    size_t len = strlen(prefix);
    return a.len >= len && span_iis((struct span){ a.at, len }, prefix);
}

bool span_has(struct span a, char octet)
{
    return a.len && memchr(a.at, octet, a.len);
}

/* Eight octets at a time: every octet of every envelope in the queue is asked. An octet's high bit
 * is set by the subtraction if it was less than 32, or, in the second word, was 127. */
bool span_has_control(struct span a)
{
    const uint64_t each = UINT64_MAX / UINT8_MAX;
    uint64_t found = 0;
    while (a.len) {
        uint64_t word = each * ' ';
        size_t n = a.len < sizeof word ? a.len : sizeof word;
        memcpy(&word, a.at, n);
        uint64_t other = word ^ each * 127;
        found |= ((word - each * ' ') & ~word) | ((other - each) & ~other);
        a = (struct span){ a.at + n, a.len - n };
    }
    return found & each * 0x80;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span span_trim(struct span a)
{
    while (a.len && is_space(a.at[a.len - 1]))
        a.len--;
    while (a.len && is_space(*a.at))
        a = span_from(a, 1);
    return a;
}

struct span span_from(struct span a, size_t start)
{
    if (start > a.len)
        start = a.len;
    return a.at ? (struct span){ a.at + start, a.len - start } : a;
}

bool span_next(struct span *rest, char separator, struct span *ret)
{
    if (!rest->at)
        return false;
    const char *end = rest->len ? memchr(rest->at, separator, rest->len) : NULL;
    if (!end) {
        *ret = *rest;
        *rest = (struct span){ NULL, 0 };
        return true;
    }
    *ret = (struct span){ rest->at, (size_t)(end - rest->at) };
    *rest = (struct span){ end + 1, rest->len - ret->len - 1 };
    return true;
}

struct span span_line(struct span a)
{
    struct span line = { 0 };
    span_next(&a, '\n', &line);
    while (line.len && line.at[line.len - 1] == '\r')
        line.len--;
    return line;
}

bool span_word(struct span *rest, struct span *ret)
{
    while (rest->len && ascii_is_blank(*rest->at))
        *rest = span_from(*rest, 1);
    size_t len = 0;
    while (len < rest->len && !ascii_is_blank(rest->at[len]))
        len++;
    *ret = (struct span){ rest->at, len };
    *rest = span_from(*rest, len);
    return len > 0;
}

int span_number(struct span a, uint64_t max, uint64_t *ret)
{
    uint64_t value = 0, tens = max / 10, ones = max % 10;
    if (!a.len)
        return -1;
    for (size_t i = 0; i < a.len; i++) {
        uint64_t digit = (uint64_t)(unsigned char)a.at[i] - '0';
        if (digit > 9 || value > tens || (value == tens && digit > ones))
            return -1;
        value = value * 10 + digit;
    }
    *ret = value;
    return 0;
}

bool ascii_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool ascii_is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool ascii_is_host(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '_';
}

bool ascii_is_control(char c)
{
    return (unsigned char)c < 32 || c == 127;
}

char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

char ascii_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

int ascii_hex(char c)
{
    c = ascii_lower(c);
    if (ascii_is_digit(c))
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
