/* A borrowed slice of text. It owns nothing, need not end with NUL, and may hold any octet;
 * whoever hands one out says how long its text lives. A zeroed span is empty. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
    const char *at;
    size_t len;
};

/* A span over a string literal, and the two words that printf's "%.*s" wants. */
#define SPAN(literal)   ((struct span){ "" literal, sizeof(literal) - 1 })
#define SPAN_ARGS(span) (int)(span).len, (span).at

/* The whole of a C string; NULL gives an empty span. */
struct span span_of(const char *text);

/* Comparison. The `i` forms ignore the case of ASCII letters, and of no others. */
bool span_eq(struct span a, struct span b);
bool span_is(struct span a, const char *text);
bool span_ieq(struct span a, struct span b);
bool span_iis(struct span a, const char *text);
bool span_starts(struct span a, const char *prefix);
bool span_istarts(struct span a, const char *prefix);

/* Does this octet occur? */
bool span_has(struct span a, char octet);

/* Does one of 0 to 31, or 127? */
bool span_has_control(struct span a);

/* Without the blanks (space, tab, CR, LF) at both ends. */
struct span span_trim(struct span a);

/* From octet `start` on; never beyond the end. */
struct span span_from(struct span a, size_t start);

/* Takes the next piece up to `separator` off the front of `rest` into `ret`, and the separator
 * with it. False when `rest` was used up before. "a,,b" has three pieces, "" has one. */
bool span_next(struct span *rest, char separator, struct span *ret);

/* The first line, without its LF and the CRs before that. */
struct span span_line(struct span a);

/* Takes the next word off the front of `rest`: up to a blank or tab. False when there is none. */
bool span_word(struct span *rest, struct span *ret);

/* Decimal digits only, at most `max`. 0, or -1 when the text is anything else. */
int span_number(struct span a, uint64_t max, uint64_t *ret);

/* ASCII without locale. */
bool ascii_is_blank(char c); /* space or tab */
bool ascii_is_digit(char c);
bool ascii_is_alpha(char c);
bool ascii_is_host(char c); /* letter, digit, hyphen, or the underscore that host names have too */
bool ascii_is_control(char c); /* 0 to 31 and 127 */
char ascii_lower(char c);
char ascii_upper(char c);
int ascii_hex(char c); /* the value of a hexadecimal digit, -1 for anything else */

#endif
