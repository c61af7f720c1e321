/* Hashes and what is made of them, by GnuTLS. Results are appended to `ret`; mark it secret where
 * they are. -1: ERR_LIBRARY without the library, ERR_INTERNAL when it refuses, as it may in a
 * FIPS mode. */
#ifndef AUTH_DIGEST_H
#define AUTH_DIGEST_H

#include "base/buf.h"
#include "base/err.h"

enum digest { DIGEST_MD5, DIGEST_SHA_1, DIGEST_SHA_256 };

int digest_hash(enum digest which, struct span text, struct buf *ret, struct err *e) MUST_USE;

/* RFC 2104. */
int digest_hmac(enum digest which, struct span key, struct span text, struct buf *ret,
                struct err *e) MUST_USE;

struct digest_salt {
    struct span octets;
    unsigned rounds;
};

/* PBKDF2 (RFC 8018) with HMAC, as long as the hash. */
int digest_stretch(enum digest which, struct span password, struct digest_salt salt,
                   struct buf *ret, struct err *e) MUST_USE;

/* `len` random octets that nobody can foresee. */
int digest_random(size_t len, struct buf *ret, struct err *e) MUST_USE;

/* In a time that does not depend on where they differ. Only after one of the others. */
bool digest_equal(struct span a, struct span b);

#endif
