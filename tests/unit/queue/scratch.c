#include "scratch.h"

#include "base/io.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

void scratch_open(struct scratch *s)
{
    *s = (struct scratch){ 0 };
    snprintf(s->above, sizeof s->above, "/tmp/postbag-test.XXXXXX");
    assert_non_null(mkdtemp(s->above));
    snprintf(s->path, sizeof s->path, "%s/a/spool", s->above);
}

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *where)
{
    (void)facts;
    (void)kind;
    (void)where;
    return remove(path);
}

void scratch_remove(struct scratch *s)
{
    assert_int_equal(nftw(s->above, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    arena_done(&s->arena);
}

struct spool scratch_spool(const struct scratch *s)
{
    ERR e = { 0 };
    struct spool spool;
    assert_int_equal(spool_open(s->path, true, &spool, &e), 1);
    assert_int_equal(spool_make(s->path), 0);
    return spool;
}

struct stored scratch_stored(size_t size)
{
    ERR e = { 0 };
    BUF body = { 0 };
    struct stored stored = { .eight_bit = true, .message_id = "<1@example.com>" };
    for (size_t i = 0; i < size; i++)
        buf_add_char(&body, (char)(i % 72 ? 'a' + i % 26 : '\n'));
    buf_add_string(&stored.header, "Subject: test\r\nFrom: me@example.com\r\n\r\n");
    assert_int_equal(body_add(&stored.body, buf_span(&body), &e), 0);
    return stored;
}

struct entry scratch_entry(struct scratch *s, const struct stored *stored)
{
    static struct rcpt rcpts[] = {
        { .wire = "bob@example.com", .original = "bob@example.com" },
        { .wire = "eve@example.org", .original = "eve", .dsn_notify = DSN_NOTIFY_NEVER },
    };
    struct route route = { .account = "example" };
    struct envelope envelope = { .sender = "me@example.com", .rcpts = rcpts, .n_rcpts = 2 };
    return entry_of(&s->arena, &route, &envelope, stored);
}

void scratch_place_open(struct scratch_place *p, size_t size)
{
    scratch_open(&p->scratch);
    p->spool = scratch_spool(&p->scratch);
    p->stored = scratch_stored(size);
    p->entry = scratch_entry(&p->scratch, &p->stored);
}

void scratch_place_close(struct scratch_place *p)
{
    stored_done(&p->stored);
    spool_close(&p->spool);
    scratch_remove(&p->scratch);
}

static char *path_of(const struct scratch *s, const char *name)
{
    char *path = NULL;
    assert_true(asprintf(&path, "%s/%s", s->path, name) > 0);
    return path;
}

struct buf scratch_read(const struct scratch *s, const char *name)
{
    ERR e = { 0 };
    struct buf octets = { 0 };
    CLEANUP(mem_free_string) char *path = path_of(s, name);
    CLEANUP(io_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(io_read_all(fd, path, 1 << 24, &octets, &e), 0);
    return octets;
}

void scratch_write(const struct scratch *s, const char *name, struct span octets)
{
    CLEANUP(mem_free_string) char *path = path_of(s, name);
    CLEANUP(io_close) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(io_write(fd, octets.at, octets.len), 0);
}

size_t scratch_names(const struct scratch *s, const char *folder)
{
    CLEANUP(mem_free_string) char *path = path_of(s, folder);
    DIR *dir = opendir(path);
    size_t n = 0;
    assert_non_null(dir);
    for (const struct dirent *d; (d = readdir(dir));)
        n += *d->d_name != '.';
    closedir(dir);
    return n;
}
