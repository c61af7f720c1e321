/* Replies (RFC 5321 section 4.2, RFC 2034).
 *
 *   Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
 *   Reply-code = %x32-35 %x30-35 %x30-39            (we take 2 to 5, any digit, any digit)
 *
 * A bare LF ends a line too. All lines must carry the same code. */
#ifndef SMTP_REPLY_H
#define SMTP_REPLY_H

#include "base/buf.h"
#include "base/err.h"

enum {
    REPLY_LINE_LIMIT = 12288, /* octets of a line: RFC 4954 section 4 */
    REPLY_LINES_LIMIT = 1000,
    REPLY_TEXT_LIMIT = 64 * 1024,
    REPLY_WORDS = 450, /* octets of words on a line that we write: RFC 5321 allows 512 in all */
};

struct reply {
    int code;
    char enhanced[ENHANCED_SIZE]; /* from the first line, "" if none */
    struct buf text;              /* without codes, lines joined by LF; "" is possible */
};

struct reply_parser {
    struct reply reply; /* the one under way */
    size_t lines;
};

void reply_done(struct reply *r);
void reply_parser_done(struct reply_parser *p);

/* Takes whole lines off the front of `in` and says in `used` how much. Returns 1 with a whole reply
 * in `ret` (what it held is freed), 0 when more input is needed, -1 when the reply is malformed or
 * beyond a limit: then the connection is of no more use. */
int reply_feed(struct reply_parser *p, struct span in, size_t *used, struct reply *ret) MUST_USE;

/* Fills an ERR_REPLY from a reply. The text is "535 5.7.8 words" on one line. */
int reply_error(const struct reply *r, struct err *e);

/* The server's side: appends a reply of as many lines as its words have, a long line as several.
 * The words may be any octets; `enhanced` may be "". */
void reply_write(struct buf *to, int code, const char *enhanced, struct span words);

/* "5.1.1" at the front of `text`, followed by a blank or the end (RFC 3463); class must equal the
 * code's first digit. Returns its length, 0 if there is none. */
size_t reply_parse_enhanced(struct span text, char first_digit);

#endif
