/* The words of an address list, one token at a time, in one pass over the text: blanks, folding and
 * comments between them are skipped. For those only who read and write addresses. */
#ifndef MAIL_ADDR_SCAN_H
#define MAIL_ADDR_SCAN_H

#include "base/buf.h"

/* A token's kind is one of these, or the special character itself: < > @ , : ; . */
enum {
    ADDR_SCAN_END = 0,
    ADDR_SCAN_ATOM = 'a',
    ADDR_SCAN_QUOTED = '"',
    ADDR_SCAN_LITERAL = '[', /* anything in square brackets */
    ADDR_SCAN_BAD = '!',     /* no token; every later one is bad too */
};

struct addr_scan {
    const char *at; /* behind the token; of a bad one, where the trouble is */
    const char *end;
    int kind;
    struct span token;   /* as written */
    const char *behind;  /* end of the token before this one */
    struct span comment; /* the last one passed, without parentheses; zeroed by the caller */
    const char *problem; /* what is wrong with a bad token */
};

/* Stands before the first token. */
void addr_scan_init(struct addr_scan *s, struct span text);

void addr_scan_next(struct addr_scan *s);

/* Appends what the token means: a quoted string without its quotes, backslashes and folding,
 * anything else as written. */
void addr_scan_add_token(const struct addr_scan *s, struct buf *to);

/* Appends quoted text or a comment without backslashes and the line ends of folding. */
void addr_scan_unquote(struct buf *to, struct span raw);

/* The reverse: appends `text` as a quoted string. */
void addr_scan_quote(struct buf *to, struct span text);

/* Is this octet atext (RFC 5322 section 3.2.3) or part of a UTF-8 character (RFC 6532)? */
bool addr_scan_is_atext(char c);

#endif
