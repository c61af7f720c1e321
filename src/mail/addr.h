/* Addresses: RFC 5322 section 3.4 with the obsolete forms of 4.4, RFC 6532 (UTF-8), in argv, in
 * header fields and in configuration.
 *
 * Accepted: phrases, quoted strings, nested comments anywhere, groups (also empty), folded lines,
 * empty list elements, routes "<@a,@b:c@d>" (the route is dropped), domain literals, addresses
 * without a domain; and, because mail in use has them: dots anywhere in a local part, "@" and
 * brackets in an unquoted display name, a last group without ";". Refused with ERR_DATA, naming the
 * spot: anything with CR, LF (but in folding) or NUL, two addresses with only a blank between
 * them, unclosed quotes, comments or brackets, an empty local part or one over 64 octets, a domain
 * over 255, a bad domain literal, octets that are not UTF-8 or control characters in an addr-spec.
 *
 * Folding is accepted wherever it stands: for text that came from argv the caller refuses CR and LF
 * beforehand. */
#ifndef MAIL_ADDR_H
#define MAIL_ADDR_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct addr {
    const char *local;  /* without quotes and backslashes: the meaning, not the spelling */
    const char *domain; /* as written without comments, "" if there was none; "[…]" if a literal */
    const char *name;   /* display name, unquoted, RFC 2047 words as they are; without one the last
                           comment, as in "root (Cron Daemon)"; or NULL. Any control character but
                           CR, LF and NUL may be in it */
    struct span text;   /* where the whole mailbox stands in the input, trimmed */
    struct span spec; /* where its addr-spec stands in the input (without angle brackets, route) */
    bool angle;       /* it stood in angle brackets */
    bool null;        /* "<>", only from addr_parse_sender; local is "" then, and only then */
};

struct addr_list {
    struct addr *items;
    size_t n;
    size_t room;
};

void addr_list_add(struct arena *a, struct addr_list *list, const struct addr *addr);

/* Appends the addresses of a comma list to `ret`; a group, "<>" or an empty list may append none.
 * `text` and `spec` of the results point into `text`. */
int addr_parse_list(struct arena *a, struct span text, struct addr_list *ret,
                    struct err *e) MUST_USE;

/* Exactly one mailbox, e.g. the `from` key. */
int addr_parse_one(struct arena *a, struct span text, struct addr *ret, struct err *e) MUST_USE;

/* One mailbox for the envelope sender; "" and "<>" are the null sender. */
int addr_parse_sender(struct arena *a, struct span text, struct addr *ret, struct err *e) MUST_USE;

/* Appends local@domain as it goes between the angle brackets of MAIL and RCPT: the local part
 * quoted only if it must be, the domain as A-labels (IDN) or a literal; nothing for the null
 * sender; no "@" without a domain. -1 as domain_add_wire, or with ERR_DATA if the local part is
 * empty, too long, not UTF-8, or has a control character; then nothing is appended. Whatever `addr`
 * holds, CR, LF and NUL never get through. */
int addr_add_wire(struct buf *to, const struct addr *addr, struct err *e) MUST_USE;

/* addr_add_wire into an arena. NULL on failure. */
const char *addr_wire(struct arena *a, const struct addr *addr, struct err *e) MUST_USE;

/* Non-ASCII local part: needs SMTPUTF8 (RFC 6531). A non-ASCII domain does not. */
bool addr_needs_utf8(const struct addr *addr);

/* Same mailbox: local parts equal to the octet, domains but for case and IDN spelling. */
bool addr_same(const struct addr *a, const struct addr *b);

/* Appends a mailbox for a header field: name quoted or RFC 2047-encoded as needed, then the wire
 * form in angle brackets. RFC 2047 words in the name stay as they are, control characters become
 * blanks. Without a name (NULL or blank) the bare wire form. -1 as addr_add_wire. */
int addr_add_mailbox(struct buf *to, const char *name, const struct addr *addr,
                     struct err *e) MUST_USE;

/* Can the world deliver to this domain? Not to none, to one that is private or loopback
 * (mail/domain.h), nor to `host` itself (or "host.*"). */
bool addr_is_deliverable(const struct addr *addr, const char *host);

/* Does a pattern of the `match` key fit? fnmatch(3) over local@domain, without case. A pattern
 * without "@" stands for a domain. */
bool addr_matches(const struct addr *addr, const char *pattern);

#endif
