/* A file with a secret in it: opened once, checked on the descriptor. */
#ifndef AUTH_SECRET_FILE_H
#define AUTH_SECRET_FILE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* What it means if more than the owner may read the file. */
enum secret_readers {
    SECRET_READERS_NOTED,   /* a note */
    SECRET_READERS_GROUP,   /* for others a note; a group may be the mask of an ACL */
    SECRET_READERS_REFUSED, /* for others a refusal; a group may */
};

struct secret_file {
    const char *key; /* of the configuration, for messages */
    const char *path;
    enum secret_readers readers;
};

/* Appends the whole file (64 KiB at most) to `to`, which is secret. It must be a regular file of
 * this user's or of root's that nobody else may write; symbolic links are followed, since secrets
 * that Docker and Kubernetes mount are such. ERR_CONFIG, ERR_SYSTEM. */
int secret_file_read(const struct secret_file *file, struct arena *a, struct buf *to,
                     struct strlist *notes, struct err *e) MUST_USE;

#endif
