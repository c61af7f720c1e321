#include "smtp/reply.h"

#include "base/utf8.h"

#include <string.h>

void reply_done(struct reply *r)
{
    buf_done(&r->text);
    *r = (struct reply){ 0 };
}

void reply_parser_done(struct reply_parser *p)
{
    reply_done(&p->reply);
    *p = (struct reply_parser){ 0 };
}

/* One to three digits; returns how many, 0 for none or more. */
static size_t digits(struct span text)
{
    size_t n = 0;
    while (n < text.len && ascii_is_digit(text.at[n]))
        n++;
    return n <= 3 ? n : 0;
}

size_t reply_parse_enhanced(struct span text, char first_digit)
{
    if (text.len < 5 || text.at[0] != first_digit || !strchr("245", first_digit))
        return 0;
    size_t len = 1;
    for (int part = 0; part < 2; part++) {
        size_t n = text.at[len] == '.' ? digits(span_from(text, len + 1)) : 0;
        if (!n)
            return 0;
        len += 1 + n;
        if (len == text.len)
            return part == 1 ? len : 0;
    }
    return text.at[len] == ' ' ? len : 0;
}

/* The code at the front of a line and the separator behind it; '\n' when nothing is there. */
static int parse_code(struct span line, char *separator)
{
    if (line.len < 3 || line.at[0] < '2' || line.at[0] > '5' || !ascii_is_digit(line.at[1]) ||
        !ascii_is_digit(line.at[2]))
        return -1;
    *separator = line.len > 3 ? line.at[3] : '\n';
    if (!strchr("- \n", *separator) || !*separator)
        return -1;
    return (line.at[0] - '0') * 100 + (line.at[1] - '0') * 10 + (line.at[2] - '0');
}

/* Appends a line's words to the reply, without the enhanced code that its first line carries. */
static void add_words(struct reply_parser *p, struct span words, char class)
{
    struct reply *r = &p->reply;
    size_t len = reply_parse_enhanced(words, class);
    if (len && len < sizeof r->enhanced && p->lines == 0)
        memcpy(r->enhanced, words.at, len);
    if (len && span_is((struct span){ words.at, len }, r->enhanced))
        words = span_from(words, len + (len < words.len));
    if (p->lines > 0)
        buf_add_char(&r->text, '\n');
    buf_add_span(&r->text, words);
}

/* 1 when this was the last line, 0 when more follow, -1 when it is malformed. */
static int take_line(struct reply_parser *p, struct span line)
{
    char separator = 0;
    int code = parse_code(line, &separator);
    if (code < 0 || (p->lines > 0 && code != p->reply.code) || p->lines == REPLY_LINES_LIMIT)
        return -1;
    p->reply.code = code;
    p->reply.text.limit = REPLY_TEXT_LIMIT;
    add_words(p, span_from(line, 4), line.at[0]);
    p->lines++;
    if (p->reply.text.failed)
        return -1;
    return separator != '-';
}

int reply_feed(struct reply_parser *p, struct span in, size_t *used, struct reply *ret)
{
    *used = 0;
    for (;;) {
        struct span rest = span_from(in, *used);
        const char *end = rest.len ? memchr(rest.at, '\n', rest.len) : NULL;
        size_t len = end ? (size_t)(end - rest.at) + 1 : rest.len;
        if (len > REPLY_LINE_LIMIT)
            return -1;
        if (!end)
            return 0;
        *used += len;
        len -= len > 1 && end[-1] == '\r' ? 2 : 1;
        int last = take_line(p, (struct span){ rest.at, len });
        if (last < 0)
            return -1;
        if (last) {
            reply_done(ret);
            *ret = p->reply;
            *p = (struct reply_parser){ 0 };
            return 1;
        }
    }
}

int reply_error(const struct reply *r, struct err *e)
{
    BUF words = { 0 };
    utf8_add_printable(&words, span_trim(buf_span(&r->text)), " ");
    err_set(e, ERR_REPLY, "%d%s%s%s%s", r->code, *r->enhanced ? " " : "", r->enhanced,
            words.len ? " " : "", buf_string(&words));
    e->code = r->code;
    memcpy(e->enhanced, r->enhanced, sizeof e->enhanced);
    e->reply = buf_take(&words);
    return -1;
}

/* How much of a line goes on one reply line: never half a UTF-8 character. */
static size_t slice(struct span words)
{
    size_t len = words.len < REPLY_WORDS ? words.len : REPLY_WORDS;
    while (len < words.len && len > 1 && utf8_is_tail(words.at[len]))
        len--;
    return len;
}

void reply_write(struct buf *to, int code, const char *enhanced, struct span words)
{
    struct span rest = span_trim(words), line = { 0 };
    do {
        BUF clean = { 0 };
        (void)span_next(&rest, '\n', &line);
        utf8_add_printable(&clean, span_trim(line), " ");
        struct span left = buf_span(&clean);
        do {
            size_t len = slice(left);
            bool more = rest.at || len < left.len;
            buf_addf(to, "%d%c%s%s%.*s\r\n", code, more ? '-' : ' ', enhanced, *enhanced ? " " : "",
                     (int)len, len ? left.at : "");
            left = span_from(left, len);
        } while (left.len);
    } while (rest.at);
}
