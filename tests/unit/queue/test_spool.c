#include "queue/spool.h"

#include "scratch.h"

#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct queue_id id_like(unsigned n)
{
    struct queue_id id;
    snprintf(id.text, sizeof id.text, "%019X", n);
    return id;
}

static void put_message(const struct scratch *s, enum folder folder, unsigned n, size_t size)
{
    BUF octets = { 0 };
    struct queue_id id = id_like(n);
    for (size_t i = 0; i < size; i++)
        buf_add_char(&octets, 'x');
    scratch_write(s, entry_path(folder, &id).text, buf_span(&octets));
}

/* ---- opening ---- */

static void test_made_when_asked(void **state)
{
    (void)state;
    struct scratch s;
    struct spool spool;
    struct stat facts;
    ERR e = { 0 };
    scratch_open(&s);
    assert_int_equal(spool_open(s.path, false, &spool, &e), 0);
    assert_int_equal(spool_open(s.path, true, &spool, &e), 1);
    assert_int_equal(fstat(spool.root, &facts), 0);
    assert_int_equal(facts.st_mode & 07777, 0700);
    for (enum folder f = 0; f < FOLDERS; f++)
        assert_int_equal(scratch_names(&s, folder_name(f)), 0);
    spool_close(&spool);
    spool_close(&spool);
    assert_int_equal(spool_open(s.path, false, &spool, &e), 1);
    spool_close(&spool);
    scratch_remove(&s);
}

/* A process that was killed while it made the spool: the next one goes on. */
static void test_half_made(void **state)
{
    (void)state;
    struct scratch s;
    scratch_open(&s);
    struct spool spool = scratch_spool(&s);
    assert_int_equal(unlinkat(spool.root, "tmp", AT_REMOVEDIR), 0);
    assert_int_equal(unlinkat(spool.root, "new", AT_REMOVEDIR), 0);
    assert_int_equal(spool_make(s.path), 0);
    assert_int_equal(scratch_names(&s, "tmp"), 0);
    assert_int_equal(scratch_names(&s, "new"), 0);
    spool_close(&spool);
    scratch_remove(&s);
}

static const struct {
    mode_t mode;
    bool good;
} modes[] = {
    { 0700, true },  { 0701, false }, { 0710, false },  { 0704, false },
    { 0720, false }, { 0777, false }, { 01777, false },
};

static void test_closed_to_others(void **state)
{
    (void)state;
    struct scratch s;
    scratch_open(&s);
    struct spool spool = scratch_spool(&s);
    spool_close(&spool);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        ERR e = { 0 };
        assert_int_equal(chmod(s.path, modes[i].mode), 0);
        assert_int_equal(spool_open(s.path, true, &spool, &e), modes[i].good ? 1 : -1);
        spool_close(&spool);
        if (modes[i].good)
            continue;
        assert_int_equal(e.kind, ERR_PERMISSION);
        assert_non_null(strstr(e.hint, "chmod 700"));
    }
    scratch_remove(&s);
}

static void test_of_another_user(void **state)
{
    (void)state;
    struct scratch s;
    struct spool spool;
    ERR e = { 0 };
    if (geteuid())
        skip();
    scratch_open(&s);
    spool = scratch_spool(&s);
    spool_close(&spool);
    assert_int_equal(chown(s.path, 12345, 12345), 0);
    assert_int_equal(spool_open(s.path, true, &spool, &e), -1);
    assert_int_equal(e.kind, ERR_PERMISSION);
    assert_string_equal(e.hint, "run it as that user: setpriv --reuid 12345 --regid 12345 "
                                "--clear-groups postbag");
    scratch_remove(&s);
}

static void test_no_folder(void **state)
{
    (void)state;
    struct scratch s;
    struct spool spool;
    ERR e = { 0 };
    scratch_open(&s);
    BUF path = { 0 };
    buf_addf(&path, "%s/file", s.above);
    CLEANUP(io_close) int fd = open(buf_string(&path), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(spool_open(buf_string(&path), true, &spool, &e), -1);
    assert_int_equal(e.kind, ERR_TEMPORARY);
    buf_add_string(&path, "/spool");
    assert_int_equal(spool_open(buf_string(&path), true, &spool, &e), -1);
    assert_int_equal(e.kind, ERR_TEMPORARY);
    assert_int_equal(spool_open("/proc/no/spool", true, &spool, &e), -1);
    assert_int_equal(e.kind, ERR_TEMPORARY);
    scratch_remove(&s);
}

/* ---- looking ---- */

static void test_scan_sorts(void **state)
{
    (void)state;
    struct scratch s;
    struct id_list list = { 0 };
    ERR e = { 0 };
    size_t n = 0;
    uint64_t octets = 0;
    scratch_open(&s);
    struct spool spool = scratch_spool(&s);
    for (unsigned i = 0; i < 100; i++)
        put_message(&s, FOLDER_DEFER, i * 37 % 100, i);
    assert_int_equal(spool_scan(&spool, FOLDER_DEFER, true, &list, &e), 0);
    assert_int_equal(list.n, 100);
    for (unsigned i = 0; i < 100; i++)
        assert_string_equal(list.items[i].text, id_like(i).text);
    put_message(&s, FOLDER_NEW, 5, 1);
    assert_int_equal(spool_scan(&spool, FOLDER_NEW, true, &list, &e), 0);
    assert_int_equal(list.n, 101);
    assert_string_equal(list.items[100].text, id_like(5).text);
    assert_int_equal(spool_count(&spool, FOLDER_DEFER, &n, &octets, &e), 0);
    assert_int_equal(n, 100);
    assert_int_equal(octets, 4950);
    put_message(&s, FOLDER_HOLD, 6, 1);
    put_message(&s, FOLDER_FAILED, 7, 1);
    assert_int_equal(spool_count_waiting(&spool, &n, &e), 0);
    assert_int_equal(n, 102);
    id_list_done(&list);
    spool_close(&spool);
    scratch_remove(&s);
}

static void make_foreign(const struct spool *spool)
{
    assert_int_equal(mkdirat(spool->root, "new/0000000000000000001", 0700), 0);
    assert_int_equal(mkdirat(spool->root, "new/folder", 0700), 0);
    assert_int_equal(mkfifoat(spool->root, "new/0000000000000000002", 0600), 0);
    assert_int_equal(symlinkat("/etc/passwd", spool->root, "new/0000000000000000003"), 0);
    assert_int_equal(symlinkat("nowhere", spool->root, "new/.hidden"), 0);
}

static void test_foreign_names(void **state)
{
    (void)state;
    struct scratch s;
    struct id_list list = { 0 };
    ERR e = { 0 };
    scratch_open(&s);
    struct spool spool = scratch_spool(&s);
    char longest[256 + 4] = "new/";
    memset(longest + 4, 'y', 255);
    scratch_write(&s, longest, SPAN("long"));
    scratch_write(&s, "new/core", SPAN("x"));
    scratch_write(&s, "corrupt/core", SPAN("before"));
    scratch_write(&s, "corrupt/core.1", SPAN("before"));
    put_message(&s, FOLDER_NEW, 4, 10);
    make_foreign(&spool);
    assert_int_equal(spool_scan(&spool, FOLDER_NEW, false, &list, &e), 0);
    assert_int_equal(list.n, 1);
    assert_int_equal(spool_scan(&spool, FOLDER_NEW, true, &list, &e), 0);
    assert_int_equal(list.n, 2);
    assert_int_equal(scratch_names(&s, "new"), 1);
    assert_int_equal(scratch_names(&s, "corrupt"), 8);
    BUF before = scratch_read(&s, "corrupt/core");
    BUF moved = scratch_read(&s, "corrupt/core.2");
    assert_string_equal(buf_string(&before), "before");
    assert_string_equal(buf_string(&moved), "x");
    id_list_done(&list);
    spool_close(&spool);
    scratch_remove(&s);
}

static void test_missing_folder_is_empty(void **state)
{
    (void)state;
    struct scratch s;
    struct id_list list = { 0 };
    ERR e = { 0 };
    size_t n = 9;
    scratch_open(&s);
    struct spool spool = scratch_spool(&s);
    assert_int_equal(unlinkat(spool.root, "hold", AT_REMOVEDIR), 0);
    assert_int_equal(spool_scan(&spool, FOLDER_HOLD, true, &list, &e), 0);
    assert_int_equal(spool_count(&spool, FOLDER_HOLD, &n, NULL, &e), 0);
    assert_int_equal(n, 0);
    put_message(&s, FOLDER_NEW, 1, 1);
    struct queue_id id = id_like(1);
    assert_int_equal(spool_move(&spool, &id, FOLDER_NEW, FOLDER_HOLD, true, &e), 0);
    assert_int_equal(scratch_names(&s, "hold"), 1);
    spool_close(&spool);
    scratch_remove(&s);
}

/* ---- moving ---- */

static void test_move_and_find(void **state)
{
    (void)state;
    static const enum folder ways[] = { FOLDER_DEFER, FOLDER_HOLD, FOLDER_NEW, FOLDER_FAILED };
    struct scratch s;
    ERR e = { 0 };
    struct queue_id id = id_like(7);
    enum folder at = FOLDER_NEW;
    scratch_open(&s);
    struct spool spool = scratch_spool(&s);
    assert_int_equal(spool_find(&spool, &id), FOLDERS);
    put_message(&s, at, 7, 1);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(spool_find(&spool, &id), at);
        assert_int_equal(spool_move(&spool, &id, at, ways[i], i % 2, &e), 0);
        at = ways[i];
    }
    assert_int_equal(spool_find(&spool, &id), FOLDER_FAILED);
    assert_int_equal(spool_move(&spool, &id, FOLDER_NEW, FOLDER_HOLD, false, &e), -1);
    assert_int_equal(e.kind, ERR_TEMPORARY);
    put_message(&s, FOLDER_NEW, 7, 2);
    assert_int_equal(spool_move(&spool, &id, FOLDER_NEW, FOLDER_FAILED, false, &e), -1);
    assert_int_equal(scratch_names(&s, "new"), 1);
    spool_close(&spool);
    scratch_remove(&s);
}

/* ---- housekeeping ---- */

static void make_old(const struct spool *spool, const char *name, int64_t age)
{
    struct timespec times[2] = { { .tv_sec = time(NULL) - age }, { .tv_sec = time(NULL) - age } };
    assert_int_equal(utimensat(spool->root, name, times, 0), 0);
}

static void test_sweep(void **state)
{
    (void)state;
    struct scratch s;
    scratch_open(&s);
    struct spool spool = scratch_spool(&s);
    static const char *const names[] = { "tmp/0000000000000000001", "tmp/0000000000000000002",
                                         "tmp/0000000000000000003", "tmp/0000000000000000004" };
    static const int64_t ages[] = { 10, 4000, 4000, -10000 };
    for (size_t i = 0; i < 4; i++) {
        scratch_write(&s, names[i], SPAN("x"));
        make_old(&spool, names[i], ages[i]);
    }
    assert_int_equal(mkfifoat(spool.root, "tmp/fifo", 0600), 0);
    assert_int_equal(mkdirat(spool.root, "tmp/folder", 0700), 0);
    CLEANUP(io_close) int writer = openat(spool.root, names[1], O_WRONLY | O_CLOEXEC);
    assert_int_equal(flock(writer, LOCK_EX), 0);
    assert_int_equal(spool_sweep(&spool), 2);
    assert_int_equal(faccessat(spool.root, names[0], F_OK, 0), 0); /* young */
    assert_int_equal(faccessat(spool.root, names[1], F_OK, 0), 0); /* being written */
    assert_int_equal(faccessat(spool.root, names[2], F_OK, 0), -1);
    assert_int_equal(spool_sweep(&spool), 0);
    spool_close(&spool);
    scratch_remove(&s);
}

/* What a user has left of his rate, and nothing else of accounts/. */
static void test_sweep_of_counts(void **state)
{
    (void)state;
    static const char *const names[] = { "accounts/uid-7", "accounts/uid-8", "accounts/uid-9",
                                         "accounts/0123456789ABCDEF" };
    static const int64_t ages[] = { 80000, 90000, -90000, 9000000 };
    struct scratch s;
    scratch_open(&s);
    struct spool spool = scratch_spool(&s);
    for (size_t i = 0; i < 4; i++) {
        scratch_write(&s, names[i], SPAN("x"));
        make_old(&spool, names[i], ages[i]);
    }
    assert_int_equal(spool_sweep(&spool), 2);
    assert_int_equal(faccessat(spool.root, names[0], F_OK, 0), 0);
    assert_int_equal(faccessat(spool.root, names[3], F_OK, 0), 0);
    spool_close(&spool);
    scratch_remove(&s);
}

static void test_stamp(void **state)
{
    (void)state;
    struct scratch s;
    scratch_open(&s);
    struct spool spool = scratch_spool(&s);
    assert_int_equal(spool_stamped(&spool), 0);
    spool_stamp(&spool);
    assert_in_range(spool_stamped(&spool), time(NULL) - 60, time(NULL) + 1);
    make_old(&spool, "stamp", 1000);
    assert_in_range(spool_stamped(&spool), time(NULL) - 1060, time(NULL) - 999);
    spool_stamp(&spool);
    assert_in_range(spool_stamped(&spool), time(NULL) - 60, time(NULL) + 1);
    spool_close(&spool);
    scratch_remove(&s);
}

static const struct {
    struct spool_limits limits;
    uint64_t size;
    bool room;
} limits[] = {
    { { 0, 0 }, 1000000, true }, { { 4, 0 }, 1, true },      { { 3, 0 }, 1, false },
    { { 0, 400 }, 100, true },   { { 0, 400 }, 101, false }, { { 4, 399 }, 100, false },
};

static void test_room(void **state)
{
    (void)state;
    struct scratch s;
    scratch_open(&s);
    struct spool spool = scratch_spool(&s);
    put_message(&s, FOLDER_NEW, 1, 100);
    put_message(&s, FOLDER_DEFER, 2, 100);
    put_message(&s, FOLDER_HOLD, 3, 100);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        ERR e = { 0 };
        int done = spool_check_room(&spool, limits[i].limits, limits[i].size, &e);
        assert_int_equal(done, limits[i].room ? 0 : -1);
        assert_int_equal(e.kind, limits[i].room ? ERR_NONE : ERR_TEMPORARY);
    }
    spool_close(&spool);
    scratch_remove(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made_when_asked),
        cmocka_unit_test(test_half_made),
        cmocka_unit_test(test_closed_to_others),
        cmocka_unit_test(test_of_another_user),
        cmocka_unit_test(test_no_folder),
        cmocka_unit_test(test_scan_sorts),
        cmocka_unit_test(test_foreign_names),
        cmocka_unit_test(test_missing_folder_is_empty),
        cmocka_unit_test(test_move_and_find),
        cmocka_unit_test(test_sweep),
        cmocka_unit_test(test_sweep_of_counts),
        cmocka_unit_test(test_stamp),
        cmocka_unit_test(test_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
