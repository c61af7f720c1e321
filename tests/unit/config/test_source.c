#include "config/source.h"

#include "config_fixture.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const struct source_rules optional = { 0 };
static const struct source_rules required = { .required = true };
static const struct source_rules of_root = { .required = true, .only_by_root = true };

static void test_read(void **state)
{
    struct fixture f;
    ERR e = { 0 };
    BUF text = { 0 };
    struct stat st = { 0 };
    enum source_state got = SOURCE_ABSENT;
    (void)state;
    fixture_init(&f);
    fixture_write(f.system, "[log]\n", 0640);
    assert_int_equal(source_read(f.system, &optional, &text, &st, &got, &e), 0);
    assert_int_equal(got, SOURCE_READ);
    assert_string_equal(buf_string(&text), "[log]\n");
    assert_int_equal(st.st_mode & 0777, 0640);
    fixture_done(&f);
}

static void test_absent(void **state)
{
    struct fixture f;
    ERR e = { 0 };
    BUF text = { 0 };
    struct stat st = { 0 };
    enum source_state got = SOURCE_READ;
    (void)state;
    fixture_init(&f);
    assert_int_equal(source_read(f.system, &optional, &text, &st, &got, &e), 0);
    assert_int_equal(got, SOURCE_ABSENT);
    assert_int_equal(source_read(f.system, &required, &text, &st, &got, &e), -1);
    assert_int_equal(e.kind, ERR_CONFIG);
    assert_string_equal(
        e.text, arena_printf(&f.arena, "%s: cannot be read: %s", f.system, strerror(ENOENT)));
    assert_int_equal(source_read(f.root, &optional, &text, &st, &got, &e), -1);
    assert_non_null(strstr(e.text, ": a directory; name a file"));
    fixture_done(&f);
}

static void test_too_large(void **state)
{
    struct fixture f;
    ERR e = { 0 };
    BUF text = { 0 };
    struct stat st = { 0 };
    enum source_state got = SOURCE_ABSENT;
    (void)state;
    fixture_init(&f);
    fixture_write(f.system, "", 0600);
    assert_int_equal(truncate(f.system, (1 << 20) + 1), 0);
    assert_int_equal(source_read(f.system, &optional, &text, &st, &got, &e), -1);
    assert_int_equal(e.kind, ERR_CONFIG);
    fixture_done(&f);
}

/* Root may read everything, so this is tried as nobody. */
static void test_denied(void **state)
{
    struct fixture f;
    ERR e = { 0 };
    BUF text = { 0 };
    struct stat st = { 0 };
    enum source_state got = SOURCE_ABSENT;
    (void)state;
    fixture_init(&f);
    fixture_write(f.system, "[log]\n", 0);
    uid_t me = geteuid();
    if (me == 0)
        assert_int_equal(chmod(f.root, 0711) + seteuid(65534), 0);
    int done = source_read(f.system, &optional, &text, &st, &got, &e);
    int must = source_read(f.system, &required, &text, &st, &got, &e);
    if (me == 0)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(done, 0);
    assert_int_equal(got, SOURCE_DENIED);
    assert_int_equal(must, -1);
    assert_int_equal(e.kind, ERR_PERMISSION);
    fixture_done(&f);
}

static void test_written_by_anybody(void **state)
{
    struct fixture f;
    ERR e = { 0 };
    BUF text = { 0 };
    struct stat st = { 0 };
    enum source_state got = SOURCE_ABSENT;
    (void)state;
    fixture_init(&f);
    fixture_write(f.system, "[log]\n", 0666);
    assert_int_equal(source_read(f.system, &optional, &text, &st, &got, &e), -1);
    assert_int_equal(e.kind, ERR_CONFIG);
    assert_non_null(strstr(e.text, "anybody may write it; chmod o-w it"));
    assert_int_equal(source_read("/dev/null", &required, &text, &st, &got, &e), 0);
    fixture_done(&f);
}

static void test_only_by_root(void **state)
{
    struct fixture f;
    ERR e = { 0 };
    BUF text = { 0 };
    struct stat st = { 0 };
    enum source_state got = SOURCE_ABSENT;
    (void)state;
    fixture_init(&f);
    fixture_write(f.system, "[log]\n", 0644);
    const char *fifo = arena_printf(&f.arena, "%s/fifo", f.root);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    int done = source_read(f.system, &of_root, &text, &st, &got, &e);
    assert_int_equal(done, getuid() == 0 ? 0 : -1);
    assert_int_equal(source_read(fifo, &of_root, &text, &st, &got, &e), -1);
    assert_int_equal(source_read("/dev/null", &of_root, &text, &st, &got, &e), -1);
    fixture_write(f.system, "[log]\n", 0664);
    assert_int_equal(source_read(f.system, &of_root, &text, &st, &got, &e), -1);
    assert_int_equal(e.kind, ERR_CONFIG);
    assert_non_null(strstr(e.text, "not a file of root's that nobody else may write"));
    if (getuid() == 0) {
        fixture_write(f.system, "[log]\n", 0644);
        assert_int_equal(chown(f.system, 65534, 65534), 0);
        assert_int_equal(source_read(f.system, &of_root, &text, &st, &got, &e), -1);
    }
    fixture_done(&f);
}

static void test_private(void **state)
{
    static const struct {
        uid_t owner;
        mode_t mode;
        bool good;
    } rows[] = {
        { 1000, 0600, true },  { 1000, 0640, true },  { 1000, 0400, true },  { 0, 0640, true },
        { 0, 0600, true },     { 1001, 0600, false }, { 1000, 0644, false }, { 1000, 0660, false },
        { 1000, 0602, false }, { 0, 0644, false },    { 0, 0620, false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        struct stat st = { .st_uid = rows[i].owner, .st_mode = S_IFREG | rows[i].mode };
        if ((source_check_private(&st, 1000, &e) == 0) != rows[i].good)
            fail_msg("row %zu", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_absent),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_denied),
        cmocka_unit_test(test_written_by_anybody),
        cmocka_unit_test(test_only_by_root),
        cmocka_unit_test(test_private),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
