/* What went wrong, as a value.
 *
 * A function that can fail returns -1 and fills the caller's struct err, once. Whoever gets -1
 * handles the error or returns it on; nobody logs and returns. Outputs are untouched on failure.
 * Zeroed is "no error". The exit status follows from the kind, and for ERR_REPLY from the reply
 * code and the enhanced status code: one table, in cmd/exit.c. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/mem.h"

#include <stdbool.h>

enum err_kind {
    ERR_NONE = 0,
    ERR_USAGE,       /* the call is wrong: options, no recipients (64) */
    ERR_DATA,        /* message or address data (65) */
    ERR_INPUT,       /* the input cannot be opened, or is empty (66) */
    ERR_NOUSER,      /* no such recipient (67) */
    ERR_NOHOST,      /* the host name does not exist (68) */
    ERR_UNAVAILABLE, /* a required service is not offered: STARTTLS, AUTH, DSN (69) */
    ERR_LIBRARY,     /* a library that this needs is missing here, or a part of it (69) */
    ERR_CERTIFICATE, /* the server's certificate is not trusted (69) */
    ERR_INTERNAL,    /* a bug, or a library that fails (70) */
    ERR_SYSTEM,      /* fork, descriptors, memory (71) */
    ERR_SYSFILE,     /* a required system file: trust store (72) */
    ERR_CREATE,      /* an output or temporary file cannot be made (73) */
    ERR_IO,          /* a local read or write failed (74) */
    ERR_LOOKUP,      /* the name server gave no answer (75) */
    ERR_CONNECT,     /* no connection: refused, unreachable (75) */
    ERR_TIMEOUT,     /* the deadline passed (75) */
    ERR_CLOSED,      /* the server closed or reset the connection (75) */
    ERR_TEMPORARY,   /* any other failure that may pass (75) */
    ERR_AMBIGUOUS,   /* lost after the end of data: may have been delivered (75) */
    ERR_PROTOCOL,    /* the server breaks the protocol (76) */
    ERR_TLS,         /* the TLS handshake failed (76) */
    ERR_AUTH,        /* login failed, no reply code at hand (77) */
    ERR_PERMISSION,  /* forbidden here (77) */
    ERR_CONFIG,      /* configuration (78) */
    ERR_REPLY,       /* the server's reply says it */
};

/* RFC 3463: class "." subject "." detail, at most 1+1+3+1+3 octets. */
enum { ENHANCED_SIZE = 12 };

struct err {
    enum err_kind kind;
    int code;                     /* reply code, 0 if no reply */
    char enhanced[ENHANCED_SIZE]; /* "5.7.8", or "" */
    char *text;                   /* one line for people; never NULL once set */
    char *reply;                  /* the server's own words after the codes, or NULL */
    char *hint;                   /* the remedy, or NULL */
};

#define ERR CLEANUP(err_done) struct err

/* Fill `e` and return -1, so that `return err_set(...)` ends a function. What `e` held is freed
 * afterwards: its own text may be among the arguments. */
int err_set(struct err *e, enum err_kind kind, const char *format, ...) PRINTF_LIKE(3, 4);

/* The same with ": " and the text of `errnum` at the end. */
int err_system(struct err *e, enum err_kind kind, int errnum, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* What kind a failed system call is: ERR_SYSTEM if this process or machine has run out of something
 * (descriptors, memory), whatever was to be opened; else `usual`. */
enum err_kind err_kind_of(int errnum, enum err_kind usual);

/* Adds the remedy: what the user should write or do instead. */
void err_hint(struct err *e, const char *format, ...) PRINTF_LIKE(2, 3);

/* Puts words in front of the text: err_context(e, "account %s", name) gives "account gmail: …". */
void err_context(struct err *e, const char *format, ...) PRINTF_LIKE(2, 3);

/* Moves (the source is empty afterwards), copies, frees. */
void err_move(struct err *to, struct err *from);
void err_copy(struct err *to, const struct err *from);
void err_done(struct err *e);

/* May the same attempt succeed later? True for 4yz replies and the temporary kinds. */
bool err_is_temporary(const struct err *e);

/* The kind's name in JSON and logs: "usage", "certificate", … */
const char *err_kind_name(enum err_kind kind);

#endif
