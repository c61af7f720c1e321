/* The body as its MIME fields declare it (RFC 2045), and the body written anew. */
#ifndef MAIL_CONTENT_H
#define MAIL_CONTENT_H

#include "mail/body.h"
#include "mail/header.h"

/* May the body be turned into quoted-printable? Yes if it is a single text part in 7bit or 8bit, by
 * its fields or for want of them. */
bool content_is_text(const struct header *h);

/* Says that the body is quoted-printable: Content-Transfer-Encoding is replaced or appended,
 * MIME-Version and Content-Type (text/plain in content_charset) are appended if missing. -1 as
 * body_next. */
int content_declare_qp(struct arena *a, struct header *h, const struct body *b,
                       struct err *e) MUST_USE;

/* What fits the octets: "us-ascii", "utf-8", or "unknown-8bit" (RFC 1428). Reads the body. -1 as
 * body_next. */
int content_charset(const struct body *b, const char **ret, struct err *e) MUST_USE;

/* Append `from` to `to` as quoted-printable, or with lines cut at HEADER_LINE_MAX octets, not
 * inside a UTF-8 character. -1 as body_next and body_add. */
int content_encode(const struct body *from, struct body *to, struct err *e) MUST_USE;
int content_divide(const struct body *from, struct body *to, struct err *e) MUST_USE;

#endif
