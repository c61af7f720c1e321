/* The domain of an address, behind the "@": a name, ASCII or internationalized, or a literal in
 * square brackets. One dot at the end of a name counts for nothing. */
#ifndef MAIL_DOMAIN_H
#define MAIL_DOMAIN_H

#include "base/buf.h"
#include "base/err.h"

enum { DOMAIN_LIMIT = 255 }; /* octets, RFC 5321 section 4.5.3.1.2 */

/* What forbids to parse it as a domain, or NULL: longer than DOMAIN_LIMIT, not UTF-8, a literal
 * other than "[1.2.3.4]" and "[IPv6:…]". Whether a name is valid, domain_add_wire says. */
const char *domain_problem(struct span domain);

/* Appends the domain as it goes over the wire: a literal and an ASCII name as spelled, other names
 * as A-labels, without a dot at the end. Labels are 1 to 63 letters, digits, hyphens and, because
 * they exist, underscores. -1 with ERR_DATA for anything else, or as idn_add_ascii; nothing is
 * appended then. */
int domain_add_wire(struct buf *to, const char *domain, struct err *e) MUST_USE;

/* The same domain, but for case, IDN spelling and a dot at the end? */
bool domain_same(const char *a, const char *b);

/* "localhost", "localhost.localdomain", or a literal with a loopback address. */
bool domain_is_loopback(const char *domain);

/* A name that only a local network can know: without a dot, localhost, .local, .localdomain,
 * .internal, .lan, .home.arpa. Literals are judged by domain_is_loopback. */
bool domain_is_private(const char *domain);

/* Is it `host`, or a name that begins with "host."? */
bool domain_is_below_host(const char *domain, const char *host);

#endif
