/* The spool: folders on one file system, a file for each message. Which folder a file is in says
 * where the message stands; a move is a rename.
 *
 *   tmp/      being written, locked by the writer; what nobody holds any more was never promised
 *   new/      kept, never tried. A runner takes everything out of here, so that a systemd path unit
 *             or inotify on this folder sees new mail and nothing else
 *   defer/    tried, or waiting for its account
 *   hold/     not to be tried before somebody releases it
 *   failed/   given up, and nobody could be told
 *   corrupt/  what is no queue file, set aside to be looked at; never deleted
 *   accounts/ queue/standing.h, and uid-NUMBER: what a user of the service has left of [serve] rate
 *             (cmd/serve_count.h)
 *   sent/     what is left of a message that may come again (its `nonce`), for an hour: what became
 *             of it, not what stood in it. Nothing is sent from here
 *   lock wait stamp   of the runner
 *
 * Whoever reads or changes a message locks its file (flock(2), which dies with the process). */
#ifndef QUEUE_SPOOL_H
#define QUEUE_SPOOL_H

#include "queue/id.h"

#include <stddef.h>
#include <sys/types.h>

enum folder {
    FOLDER_TMP,
    FOLDER_NEW,
    FOLDER_DEFER,
    FOLDER_HOLD,
    FOLDER_FAILED,
    FOLDER_CORRUPT,
    FOLDER_ACCOUNTS,
    FOLDER_SENT,
    FOLDERS,
};

/* Where people see messages: those of the first FOLDERS_WAITING wait, those of the last were given
 * up. */
enum { FOLDERS_WAITING = 3, FOLDERS_KEPT = 4 };
extern const enum folder folders_kept[FOLDERS_KEPT];

struct spool {
    const char *path; /* borrowed */
    int root;  /* the folder that holds the others (O_PATH), for openat(2) and its like: names
                  are "new/ID", so that no more than one descriptor is opened */
    uid_t uid; /* whose it is: this process's */
};

/* Opens it. 1; 0 when it does not exist and `create` is false; -1. With `create` what is missing is
 * made, 0700, and made durable with its parents before anything is put into it. It must belong to
 * this uid and be closed to all others (ERR_PERMISSION names chown or chmod). What the file system
 * refuses is ERR_TEMPORARY. */
int spool_open(const char *path, bool create, struct spool *ret, struct err *e) MUST_USE;
void spool_close(struct spool *s);

/* Makes the folders that are missing, durably, and those above the spool. 0, or -1 with errno. */
int spool_make(const char *path) MUST_USE;

/* ERR_TEMPORARY for what the file system refuses, with the remedy if there is one: returns -1.
 * `name` is below the spool: "new/ID", or "" for the spool itself. */
int spool_failed(const struct spool *s, int errnum, const char *what, const char *name,
                 struct err *e);

const char *folder_name(enum folder folder);

/* The runner's locks, for queue/turn.h: files below `root`. */
enum spool_lock { SPOOL_LOCK_WORK, SPOOL_LOCK_WAIT, SPOOL_LOCKS };
extern const char *const spool_locks[SPOOL_LOCKS];

/* "new/ID", for openat(spool->root, …). */
enum { ENTRY_PATH_SIZE = 8 + 1 + QUEUE_ID_SIZE + 1 };
struct entry_path {
    char text[ENTRY_PATH_SIZE];
};
struct entry_path entry_path(enum folder folder, const struct queue_id *id);

/* Renames below the spool, never over another; a folder that is missing is made. 0, or -1 with
 * errno, EEXIST if `to` is taken. */
int spool_rename(const struct spool *s, const char *from, const char *to) MUST_USE;

/* Makes renames to and from a folder durable: 0, or -1 with errno. A file system that cannot sync
 * folders is believed. */
int spool_sync(const struct spool *s, enum folder folder) MUST_USE;

/* Names in one folder, sorted. Zeroed is empty. */
struct id_list {
    struct queue_id *items;
    size_t n, room;
};

void id_list_done(struct id_list *l);

/* Appends the messages of a folder, oldest first. What has another name than a message's is moved
 * to corrupt/ if `tidy`, where that can be done. -1 with ERR_TEMPORARY. */
int spool_scan(const struct spool *s, enum folder folder, bool tidy, struct id_list *ret,
               struct err *e) MUST_USE;

/* How many there are, and (if `octets` is not NULL) how large they are together. */
int spool_count(const struct spool *s, enum folder folder, size_t *ret, uint64_t *octets,
                struct err *e) MUST_USE;

/* How many wait. */
int spool_count_waiting(const struct spool *s, size_t *ret, struct err *e) MUST_USE;

/* In which folder is it? FOLDERS if in none of folders_kept. */
enum folder spool_find(const struct spool *s, const struct queue_id *id);

/* The same, in sent/ too. */
enum folder spool_find_trace(const struct spool *s, const struct queue_id *id);

/* Moves a message; never over another. `durable`: both folders are synced. -1 with ERR_TEMPORARY.
 */
int spool_move(const struct spool *s, const struct queue_id *id, enum folder from, enum folder to,
               bool durable, struct err *e) MUST_USE;

/* Sets something aside into corrupt/, whatever it is: under its name, or with a suffix if that is
 * taken there. -1 with ERR_TEMPORARY. */
int spool_set_aside(const struct spool *s, enum folder folder, const char *name,
                    struct err *e) MUST_USE;

/* Removes what a crash leaves behind, files in tmp/ that no writer holds, and what is in sent/, if
 * they are older than an hour; the counts of users in accounts/ a day after their last message. The
 * number of files that were removed. */
size_t spool_sweep(const struct spool *s);

/* When a runner was last at work, in seconds since 1970; 0: never. */
void spool_stamp(const struct spool *s);
int64_t spool_stamped(const struct spool *s);

/* The limits of [queue]; 0 for none. ERR_TEMPORARY says which is reached. `size` is of the message
 * that is to be added. */
struct spool_limits {
    uint64_t max_messages, max_bytes;
};
int spool_check_room(const struct spool *s, struct spool_limits limits, uint64_t size,
                     struct err *e) MUST_USE;

#endif
