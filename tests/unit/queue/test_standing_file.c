#include "queue/standing.h"

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

struct fixture {
    char path[32];
    struct spool spool;
};

static int set_up(void **state)
{
    ERR e = { 0 };
    struct fixture *f = mem_new(1, sizeof *f);
    memcpy(f->path, "/tmp/standing-XXXXXX", 21);
    assert_non_null(mkdtemp(f->path));
    assert_int_equal(spool_make(f->path), 0);
    assert_int_equal(spool_open(f->path, true, &f->spool, &e), 1);
    *state = f;
    return 0;
}

static int remove_one(const char *path, const struct stat *facts, int type, struct FTW *at)
{
    (void)facts;
    (void)type;
    (void)at;
    return remove(path);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    spool_close(&f->spool);
    nftw(f->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(f);
    return 0;
}

static const char *one_set[] = { "host=a.example" }, *two_sets[] = { "host=a", "port=25" };

static const struct route routes[] = {
    { NULL, "gmail", { 0 } },
    { "/etc/other.conf", "gmail", { 0 } },
    { NULL, "gmail", { one_set, 1, 1 } },
    { NULL, "gmail", { two_sets, 2, 2 } },
    { "/home/bob/\xff caf\xc3\xa9", "work", { 0 } },
};

enum { ROUTES = sizeof routes / sizeof *routes };

static struct standing example(unsigned failures)
{
    return (struct standing){
        .failures = failures,
        .since_s = 1795000000,
        .last_s = 1795000060,
        .next_s = 1795000120,
        .tried_s = 60,
        .permanent = failures & 1,
        .stage = STAGE_END,
        .text = mem_string("it \"failed\" with blanks"),
        .hint = failures & 1 ? mem_string("mend it") : NULL,
        .bucket = { 1.5, 1795000000123 },
    };
}

static void check_same(const struct standing *got, const struct standing *want)
{
    assert_int_equal(got->failures, want->failures);
    assert_int_equal(got->since_s, want->since_s);
    assert_int_equal(got->last_s, want->last_s);
    assert_int_equal(got->next_s, want->next_s);
    assert_int_equal(got->tried_s, want->tried_s);
    assert_int_equal(got->permanent, want->permanent);
    assert_int_equal(got->stage, want->stage);
    assert_string_equal(got->text, want->text);
    if (want->hint)
        assert_string_equal(got->hint, want->hint);
    else
        assert_null(got->hint);
    assert_true(got->bucket.tokens > want->bucket.tokens - 0.001 &&
                got->bucket.tokens < want->bucket.tokens + 0.001);
    assert_int_equal(got->bucket.tokens_at, want->bucket.tokens_at);
}

static void save(const struct fixture *f, const struct route *route, unsigned failures)
{
    struct standing s = example(failures);
    standing_save(&f->spool, route, &s);
    standing_done(&s);
}

static void test_each_route_has_its_own(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < ROUTES; i++)
        save(f, &routes[i], (unsigned)i + 1);
    for (size_t i = 0; i < ROUTES; i++) {
        struct standing got, want = example((unsigned)i + 1);
        standing_load(&f->spool, &routes[i], &got);
        check_same(&got, &want);
        standing_done(&got);
        standing_done(&want);
    }
}

static void check_scan(const struct fixture *f, size_t n)
{
    ERR e = { 0 };
    struct standing_list list = { 0 };
    assert_int_equal(standing_scan(&f->spool, &list, &e), 0);
    assert_int_equal(list.n, n);
    standing_list_done(&list);
}

static void test_scan(void **state)
{
    struct fixture *f = *state;
    ERR e = { 0 };
    struct standing_list list = { 0 };
    check_scan(f, 0);
    for (size_t i = ROUTES; i-- > 0;)
        save(f, &routes[i], (unsigned)i + 1);
    assert_int_equal(standing_scan(&f->spool, &list, &e), 0);
    assert_int_equal(list.n, ROUTES);
    assert_string_equal(list.items[0].route.account, "gmail");
    assert_true(route_equals(&list.items[ROUTES - 1].route, &routes[ROUTES - 1]));
    assert_int_equal(list.items[ROUTES - 1].standing.failures, ROUTES);
    standing_list_done(&list);
}

/* They may be tried; what is known of them stays. */
static void test_hasten(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < ROUTES; i++)
        save(f, &routes[i], (unsigned)i + 1);
    standing_hasten(&f->spool);
    for (size_t i = 0; i < ROUTES; i++) {
        struct standing got, want = example((unsigned)i + 1);
        want.next_s = 0;
        standing_load(&f->spool, &routes[i], &got);
        check_same(&got, &want);
        standing_done(&got);
        standing_done(&want);
    }
}

static void test_nothing_known_leaves_no_file(void **state)
{
    struct fixture *f = *state;
    struct standing s = example(3);
    save(f, &routes[0], 3);
    standing_clear(&s);
    standing_save(&f->spool, &routes[0], &s); /* tokens stay */
    check_scan(f, 1);
    standing_load(&f->spool, &routes[0], &s);
    assert_int_equal(s.failures, 0);
    assert_null(s.text);
    s = (struct standing){ 0 };
    standing_save(&f->spool, &routes[0], &s);
    check_scan(f, 0);
    standing_save(&f->spool, &routes[0], &s); /* there is none */
}

static void test_words_of_a_server_stay_on_their_line(void **state)
{
    struct fixture *f = *state;
    BUF long_text = { 0 };
    struct standing s = example(1);
    for (int i = 0; i < 100000; i++)
        buf_add_string(&long_text, "\xc3\xa9");
    free(s.text);
    free(s.hint);
    s.text = mem_string("a\r\nfailures 9\nend\n\x1b[0m");
    s.hint = mem_string(buf_string(&long_text));
    standing_save(&f->spool, &routes[0], &s);
    standing_done(&s);
    standing_load(&f->spool, &routes[0], &s);
    assert_int_equal(s.failures, 1);
    assert_null(strchr(s.text, '\n'));
    assert_null(strchr(s.text, '\x1b'));
    assert_in_range(strlen(s.hint), 1000, 4000);
    standing_done(&s);
}

static void test_a_route_that_fits_no_line_is_not_kept(void **state)
{
    struct fixture *f = *state;
    struct route route = { "/x\naccount y", "z", { 0 } };
    save(f, &route, 1);
    check_scan(f, 0);
}

/* ---- what others may have put there ---- */

/* The one file in accounts/. */
static void file_name(const struct fixture *f, char *to, size_t size)
{
    char command[128];
    snprintf(command, sizeof command, "ls %s/accounts", f->path);
    FILE *ls = popen(command, "r");
    char name[64] = "";
    assert_non_null(fgets(name, sizeof name, ls));
    pclose(ls);
    name[strcspn(name, "\n")] = 0;
    snprintf(to, size, "%s/accounts/%s", f->path, name);
}

static void check_nothing_known(const struct fixture *f)
{
    struct standing s;
    standing_load(&f->spool, &routes[0], &s);
    assert_int_equal(s.failures, 0);
    assert_null(s.text);
    check_scan(f, 0);
    standing_done(&s);
}

static void put(const char *path, const char *text, size_t len)
{
    FILE *file = fopen(path, "w");
    assert_int_equal(fwrite(text, 1, len, file), len);
    fclose(file);
}

static void test_torn_and_foreign_files(void **state)
{
    static const char *const texts[] = {
        "",
        "\n",
        "postbag-standing 1\n",
        "postbag-standing 2\naccount gmail\nfailures 1\nend\n",
        "postbag-standing 1\nfailures 1\nend\n",
        "postbag-standing 1\naccount gmail\nfailures 1\n",
        "postbag-standing 1\naccount gmail\nfailures 1\nend",
        "postbag-standing 1\naccount gmail\nfailures 1\ntext a\x1b\nend\n",
        "postbag-standing 1\naccount other\nfailures 1\nend\n",
        "postbag-standing 1\naccount gmail\nfailures 1\nend\nmore\n",
    };
    struct fixture *f = *state;
    char path[128];
    char zeros[512] = { 0 };
    save(f, &routes[0], 1);
    file_name(f, path, sizeof path);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        put(path, texts[i], strlen(texts[i]));
        if (i != 6) /* only its last line feed is missing */
            check_nothing_known(f);
    }
    put(path, zeros, sizeof zeros);
    check_nothing_known(f);
    assert_int_equal(truncate(path, 1L << 40), 0);
    check_nothing_known(f);
}

static void test_numbers_out_of_range_are_left_out(void **state)
{
    static const char text[] = "postbag-standing 1\naccount gmail\nfailures 2\n"
                               "next 99999999999999999999\nlast -5\nsince x\nstage nowhere\n"
                               "tokens 1e9\nunknown thing\nend\n";
    struct fixture *f = *state;
    char path[128];
    struct standing s;
    save(f, &routes[0], 1);
    file_name(f, path, sizeof path);
    put(path, text, sizeof text - 1);
    standing_load(&f->spool, &routes[0], &s);
    assert_int_equal(s.failures, 2);
    assert_int_equal(s.next_s, 0);
    assert_int_equal(s.last_s, 0);
    assert_int_equal(s.since_s, 0);
    assert_int_equal(s.stage, STAGE_NONE);
    standing_done(&s);
}

static void test_what_is_no_file(void **state)
{
    struct fixture *f = *state;
    char path[128];
    save(f, &routes[0], 1);
    file_name(f, path, sizeof path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    check_nothing_known(f);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    check_nothing_known(f);
    save(f, &routes[0], 1); /* it is the link that is replaced */
    check_scan(f, 1);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    check_nothing_known(f);
    save(f, &routes[0], 1);
    check_nothing_known(f);
}

static void test_nothing_is_left_behind(void **state)
{
    struct fixture *f = *state;
    char path[128];
    save(f, &routes[0], 1);
    file_name(f, path, sizeof path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    save(f, &routes[0], 1); /* cannot take the folder's place */
    snprintf(path, sizeof path, "%s/tmp", f->path);
    assert_int_equal(rmdir(path), 0);
}

static void test_without_folders(void **state)
{
    struct fixture *f = *state;
    char path[128];
    snprintf(path, sizeof path, "%s/accounts", f->path);
    assert_int_equal(rmdir(path), 0);
    save(f, &routes[0], 1);
    check_nothing_known(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_route_has_its_own),
        TEST(test_scan),
        TEST(test_hasten),
        TEST(test_nothing_known_leaves_no_file),
        TEST(test_words_of_a_server_stay_on_their_line),
        TEST(test_a_route_that_fits_no_line_is_not_kept),
        TEST(test_torn_and_foreign_files),
        TEST(test_numbers_out_of_range_are_left_out),
        TEST(test_what_is_no_file),
        TEST(test_nothing_is_left_behind),
        TEST(test_without_folders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
