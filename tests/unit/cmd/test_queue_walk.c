#include "cmd/queue_walk.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static struct spool spool;

static void put(enum folder in, const char *name)
{
    char path[96];
    snprintf(path, sizeof path, "%s/%s", folder_name(in), name);
    int fd = openat(spool.root, path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static int start(void **state)
{
    ERR e = { 0 };
    (void)state;
    strcpy(folder, "/tmp/postbag-walk-XXXXXX");
    return mkdtemp(folder) && spool_make(folder) == 0 && spool_open(folder, false, &spool, &e) == 1
               ? 0
               : -1;
}

static int clean(void **state)
{
    (void)state;
    unlinkat(spool.root, "lock", 0);
    unlinkat(spool.root, "wait", 0);
    spool_close(&spool);
    for (int i = 0; i < FOLDERS; i++) {
        ERR e = { 0 };
        struct id_list list = { 0 };
        struct spool s;
        if (spool_open(folder, false, &s, &e) != 1 || spool_scan(&s, i, false, &list, &e) < 0)
            return -1;
        for (size_t k = 0; k < list.n; k++)
            unlinkat(s.root, entry_path(i, &list.items[k]).text, 0);
        unlinkat(s.root, folder_name(i), AT_REMOVEDIR);
        id_list_done(&list);
        spool_close(&s);
    }
    return rmdir(folder);
}

#define A "0000000000001AAAAAA"
#define B "0000000000002AAAAAA"
#define C "0000000000003AAAAAA"
#define D "0000000000004AAAAAA"
#define F "0000000000000AAAAAA"

static void fill(void)
{
    put(FOLDER_HOLD, A);
    put(FOLDER_DEFER, B);
    put(FOLDER_NEW, C);
    put(FOLDER_DEFER, C); /* it moves while we look */
    put(FOLDER_DEFER, D);
    put(FOLDER_FAILED, F);
    put(FOLDER_CORRUPT, "0000000000009AAAAAA");
}

/* The last digit of the time of each, and the first letter of its folder. */
static void walk(unsigned folders, struct buf *to)
{
    ERR e = { 0 };
    struct queue_walk w = { 0 };
    struct queue_id id;
    enum folder in;
    assert_int_equal(queue_walk_start(&spool, folders, &w, &e), 0);
    while (queue_walk_next(&w, &id, &in))
        buf_addf(to, "%c%c ", id.text[QUEUE_ID_TIME - 1], folder_name(in)[0]);
    queue_walk_done(&w);
}

static void test_order(void **state)
{
    (void)state;
    BUF all = { 0 };
    BUF some = { 0 };
    walk(~0U, &all);
    assert_string_equal(buf_string(&all), "");
    fill();
    walk(~0U, &all);
    assert_string_equal(buf_string(&all), "1h 2d 3d 4d 0f ");
    walk(1U << FOLDER_HOLD | 1U << FOLDER_FAILED, &some);
    assert_string_equal(buf_string(&some), "1h 0f ");
}

static void test_find(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        const char *want; /* the name, or the end of the error */
    } rows[] = {
        { A, A },
        { "0000000000002aaaaaa", B },
        { "0000000000004", D },
        { "0000000000000aA", F },
        { "00000000", "several messages begin so; write more of it" },
        { "1", "no such message" },
        { "0000000000009AAAAAA", "no such message" },
        { "", "no message's name" },
        { "../new/x", "no message's name" },
        { "0000000000001AAAAAAA", "no message's name" },
    };
    fill();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        struct queue_id id;
        enum folder in;
        if (queue_walk_find(&spool, span_of(rows[i].word), &id, &in, &e) == 0) {
            assert_string_equal(id.text, rows[i].want);
            continue;
        }
        assert_int_equal(e.kind, ERR_DATA);
        assert_non_null(strstr(e.text, rows[i].want));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order, start, clean),
        cmocka_unit_test_setup_teardown(test_find, start, clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
