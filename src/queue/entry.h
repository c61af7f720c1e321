/* A message in the queue: what its file says of it. Pure; queue/item.h does the files.
 *
 *   postbag-queue 1 ID LF            magic, version, its own name
 *   state … LF                       queue/state.h
 *   key value LF …                   the envelope, below
 *   LF
 *   the message, stored form         header-size + body-size octets
 *   END LENGTH CRC LF                LENGTH: octets of all that stands before, 16 hexadecimal
 *                                    digits; CRC: CRC-32C of the same but the state line, 8
 *   replies                          queue/replies.h: best effort, never trusted
 *
 * A file without its END is torn and was never committed. Keys, each once unless it says otherwise:
 *
 *   created MICROSECONDS    uid NUMBER           account NAME        config PATH (if not the usual)
 *   set KEY=VALUE (any)     sender ADDRESS (empty for the null sender)
 *   flags WORDS             8bit utf8-sender utf8-header qp, those that hold, in this order
 *   notify NUMBER           ret NUMBER           envid TEXT          message-id TEXT
 *   nonce HEX               whoever gave it to us may do so again: what is left of it in sent/ says
 *                           then what became of it
 *   header-size NUMBER      body-size NUMBER
 *   to NOTIFY FLAG ADDRESS  each recipient in the order of the marks: DSN_NOTIFY_… as a number, "u"
 *                           if it needs SMTPUTF8, else "-"
 *   as ADDRESS              behind a `to`: as the caller wrote it, if that is something else
 *
 * Unknown keys are ignored; an unknown version is refused and left alone. No value holds a control
 * character: printing one is an error, not an escape. */
#ifndef QUEUE_ENTRY_H
#define QUEUE_ENTRY_H

#include "mail/envelope.h"
#include "mail/plan.h"
#include "queue/id.h"
#include "queue/state.h"

#include <sys/types.h>

enum {
    ENTRY_STATE_AT = 36, /* of the state line: magic, version and name go before */
    ENTRY_END_SIZE = 4 + 16 + 1 + 8 + 1,
    ENTRY_HEAD_LIMIT = 64 * 1024 * 1024, /* octets up to the message; and of its header */
};

/* Whose mail it is and how it is to be sent: messages that agree in this go over one connection. */
struct route {
    const char *config; /* absolute path of -C or $POSTBAG_CONFIG, NULL for the usual files */
    const char *account;
    struct strlist sets; /* of --set, none of them a secret */
};

struct entry {
    struct queue_id id;
    int64_t created_us; /* since 1970 */
    uid_t uid;
    struct route route;
    struct envelope envelope;
    bool eight_bit, utf8_addresses, qp_allowed; /* as in struct stored */
    const char *message_id;                     /* with its brackets, or "" */
    const char *nonce;                          /* NULL: none */
    uint64_t header_size, body_size;
    struct state state;
    struct span replies; /* to be written behind END; entry_parse leaves it empty */

    uint64_t message_at; /* octets before the message; filled by entry_parse */
};

/* Describes a message that is to be kept: all recipients to do, no id yet, created now by this uid.
 * Borrows what it is given. A Message-ID that cannot stand in a line is left out: it is only shown.
 */
struct entry entry_of(struct arena *a, const struct route *route, const struct envelope *envelope,
                      const struct stored *stored);

/* Appends everything up to the message. -1 with ERR_DATA when a value cannot stand in a line. */
int entry_print(const struct entry *entry, struct buf *to, struct err *e) MUST_USE;

/* From the file's first octets. 1; 0 when `head` ends too early and more is to be read; -1:
 * ERR_DATA for what is no entry, ERR_UNAVAILABLE for an unknown version. Everything is copied into
 * `a`. */
int entry_parse(struct arena *a, struct span head, struct entry *ret, struct err *e) MUST_USE;

/* Octets of the state line with its LF: those that the sum leaves out. */
size_t entry_state_size(const struct entry *entry);

/* The END line, and whether `line` (with its LF) is the one that belongs there. */
void entry_print_end(uint64_t length, uint32_t crc, struct buf *to);
bool entry_is_end(struct span line, uint64_t length, uint32_t crc);

/* Does `a` go the way that `b` goes? */
bool route_equals(const struct route *a, const struct route *b);

#endif
