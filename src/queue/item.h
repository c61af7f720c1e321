/* One message's file, open and locked.
 *
 *   item_open, item_check, item_stored, item_mark …, then item_remove or item_move, item_close */
#ifndef QUEUE_ITEM_H
#define QUEUE_ITEM_H

#include "queue/entry.h"
#include "queue/replies.h"
#include "queue/spool.h"

struct item { /* zeroed: not open */
    const struct spool *spool;
    enum folder folder;
    struct arena arena;
    struct entry entry;
    int fd;
    uint64_t size;    /* of the file */
    bool has_replies; /* something stands behind END */
    struct span tail; /* that, if it was read with the envelope; only when opened for show */
    bool locked;      /* by us: not opened for show */
};

enum item_open {
    ITEM_OPEN,
    ITEM_GONE, /* not in this folder (any more) */
    ITEM_BUSY, /* somebody else has it locked: it is being written, sent or looked after */
    ITEM_BAD,  /* no entry, wrong name, owner or kind of file, torn: `e` says what (ERR_DATA), or
                  ERR_UNAVAILABLE for another version's, or ERR_TEMPORARY if it cannot be read */
};

/* Opens and locks; reads what stands before the message and checks that the file is as long as it
 * must be. With `for_show` it is neither locked nor opened for writing, and whose it is and whether
 * it has a second name is not asked: ITEM_BUSY is not given, and nothing but item_replies may be
 * done. */
enum item_open item_open(const struct spool *s, enum folder folder, const struct queue_id *id,
                         bool for_show, struct item *ret, struct err *e) MUST_USE;
void item_close(struct item *item);

/* Is it being written or sent at this moment? (True for one that was not opened for show: by us.)
 */
bool item_is_busy(const struct item *item);

/* Reads all of it and compares END: -1 with ERR_DATA when it is torn or an octet was changed, with
 * ERR_TEMPORARY when it cannot be read. Before the first delivery, and after a crash. */
int item_check(const struct item *item, struct err *e) MUST_USE;

/* Does somebody wait for the verdict (queue/waiting.h)? Not for one that was opened for show. */
bool item_is_awaited(const struct item *item);

/* The message, to be sent: header in memory, body in the file (a descriptor of its own). `ret` is
 * done by stored_done; strings live as long as the item. */
int item_stored(const struct item *item, struct stored *ret, struct err *e) MUST_USE;

/* Writes entry.state in place with one write; `durable`: and syncs it. -1 with ERR_TEMPORARY: then
 * the message must not be sent again before somebody has looked (the caller stops). */
int item_write_state(struct item *item, bool durable, struct err *e) MUST_USE;

/* Where the octet is that says "the end of data is about to leave": smtp/client.h writes it. */
uint64_t item_sending_at(const struct item *item);

/* The last replies: best effort, both ways. `ret` has room for all recipients. */
void item_write_replies(struct item *item, const struct verdict *verdicts);
void item_replies(struct item *item, struct last_reply *ret);

/* Removes the file. The folder is not synced: a file that comes back after a power cut has its
 * marks and is removed again. */
int item_remove(struct item *item, struct err *e) MUST_USE;

/* All is said and done: removes it. One with a nonce goes to sent/ instead, its message cut out;
 * its replies stay where they were. */
int item_end(struct item *item, struct err *e) MUST_USE;

/* Moves the file to another folder. */
int item_move(struct item *item, enum folder to, bool durable, struct err *e) MUST_USE;

#endif
