#include "queue/commit.h"

#include "scratch.h"

#include "base/crc.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Bodies in memory, in several writes, and in a temporary file. */
static const size_t sizes[] = { 0, 1, 4096, 65535, 65536, 200000, BODY_MEMORY + 1, 1000000 };

/* What the file must be, put together in another way. */
static void check_octets(const struct scratch *s, const struct entry *entry,
                         const struct stored *stored, struct span got)
{
    ERR e = { 0 };
    BUF want = { 0 };
    BUF summed = { 0 };
    CLEANUP(body_piece_done) struct body_piece piece = { 0 };
    (void)s;
    assert_int_equal(entry_print(entry, &want, &e), 0);
    assert_int_equal(want.len, entry->message_at);
    buf_add_span(&want, buf_span(&stored->header));
    for (uint64_t at = 0; body_next(&stored->body, at, 1000, &piece, &e) > 0;) {
        buf_add_span(&want, piece.octets);
        at += piece.octets.len;
    }
    buf_add(&summed, want.at, ENTRY_STATE_AT);
    buf_add_span(&summed, span_from(buf_span(&want), ENTRY_STATE_AT + entry_state_size(entry)));
    entry_print_end(want.len, crc32c(0, summed.at, summed.len), &want);
    assert_int_equal(got.len, want.len);
    assert_memory_equal(got.at, want.at, want.len);
}

static void test_whole_in_its_folder(void **state)
{
    (void)state;
    struct scratch s;
    scratch_open(&s);
    struct spool spool = scratch_spool(&s);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ERR e = { 0 };
        struct stat facts;
        struct stored stored = scratch_stored(sizes[i]);
        struct entry entry = scratch_entry(&s, &stored);
        enum folder folder = i % 2 ? FOLDER_NEW : FOLDER_HOLD;
        assert_int_equal(spool_commit(&spool, &entry, &stored, folder, &e), 1);
        struct entry_path path = entry_path(folder, &entry.id);
        BUF got = scratch_read(&s, path.text);
        check_octets(&s, &entry, &stored, buf_span(&got));
        assert_int_equal(fstatat(spool.root, path.text, &facts, 0), 0);
        assert_int_equal(facts.st_mode & 07777, 0600);
        stored_done(&stored);
    }
    assert_int_equal(scratch_names(&s, "tmp"), 0);
    spool_close(&spool);
    scratch_remove(&s);
}

static void test_own_id_only_once(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct scratch_place p;
    scratch_place_open(&p, 100);
    assert_int_equal(queue_id_parse(SPAN("660D7EA44165A55DBFE"), &p.entry.id), 0);
    assert_int_equal(spool_commit(&p.spool, &p.entry, &p.stored, FOLDER_NEW, &e), 1);
    assert_string_equal(p.entry.id.text, "660D7EA44165A55DBFE");
    for (size_t i = 0; i < FOLDERS_KEPT; i++) {
        if (i)
            assert_int_equal(
                spool_move(&p.spool, &p.entry.id, folders_kept[i - 1], folders_kept[i], false, &e),
                0);
        assert_int_equal(spool_commit(&p.spool, &p.entry, &p.stored, FOLDER_NEW, &e), 0);
    }
    assert_int_equal(scratch_names(&p.scratch, "tmp"), 0);
    scratch_place_close(&p);
}

/* What is there is there, also where nothing more can be written. */
static void test_own_id_without_room(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct scratch_place p;
    struct rlimit before, low;
    scratch_place_open(&p, 100);
    assert_int_equal(queue_id_parse(SPAN("660D7EA44165A55DBFE"), &p.entry.id), 0);
    assert_int_equal(spool_commit(&p.spool, &p.entry, &p.stored, FOLDER_NEW, &e), 1);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    low = (struct rlimit){ 0, before.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    int done = spool_commit(&p.spool, &p.entry, &p.stored, FOLDER_NEW, &e);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(done, 0);
    assert_int_equal(e.kind, ERR_NONE);
    scratch_place_close(&p);
}

/* A bounce whose maker died is made by the next one; one that is being made is left alone. */
static void test_own_id_left_in_tmp(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct scratch_place p;
    scratch_place_open(&p, 100);
    assert_int_equal(queue_id_parse(SPAN("660D7EA44165A55DBFE"), &p.entry.id), 0);
    scratch_write(&p.scratch, "tmp/660D7EA44165A55DBFE", SPAN("torn"));
    int writer = openat(p.spool.root, "tmp/660D7EA44165A55DBFE", O_RDONLY | O_CLOEXEC);
    assert_int_equal(flock(writer, LOCK_EX), 0);
    assert_int_equal(spool_commit(&p.spool, &p.entry, &p.stored, FOLDER_NEW, &e), -1);
    assert_int_equal(e.kind, ERR_TEMPORARY);
    close(writer);
    assert_int_equal(spool_commit(&p.spool, &p.entry, &p.stored, FOLDER_NEW, &e), 1);
    assert_int_equal(scratch_names(&p.scratch, "tmp"), 0);
    scratch_place_close(&p);
}

static void test_missing_folders_are_made(void **state)
{
    (void)state;
    struct scratch s;
    scratch_open(&s);
    struct spool spool = scratch_spool(&s);
    static const char *const gone[] = { "new", "tmp" };
    for (size_t i = 0; i < 2; i++) {
        ERR e = { 0 };
        struct stored stored = scratch_stored(100);
        struct entry entry = scratch_entry(&s, &stored);
        assert_int_equal(unlinkat(spool.root, gone[i], AT_REMOVEDIR), 0);
        assert_int_equal(spool_commit(&spool, &entry, &stored, FOLDER_NEW, &e), 1);
        stored_done(&stored);
    }
    spool_close(&spool);
    scratch_remove(&s);
}

/* ---- failures: nothing is kept ---- */

static void check_nothing_kept(const struct scratch *s)
{
    for (enum folder f = 0; f < FOLDERS; f++)
        assert_int_equal(scratch_names(s, folder_name(f)), 0);
}

static void test_file_size_limit(void **state)
{
    (void)state;
    struct scratch_place p;
    struct rlimit before, low;
    scratch_place_open(&p, 100000);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    static const rlim_t limits[] = { 0, 1, 36, 100, 4096, 65536, 99999 };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        ERR e = { 0 };
        p.entry = scratch_entry(&p.scratch, &p.stored);
        low = (struct rlimit){ limits[i], before.rlim_max };
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
        int done = spool_commit(&p.spool, &p.entry, &p.stored, FOLDER_NEW, &e);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(done, -1);
        assert_int_equal(e.kind, ERR_TEMPORARY);
        assert_non_null(e.hint);
        check_nothing_kept(&p.scratch);
    }
    scratch_place_close(&p);
}

/* Each number of descriptors that is too small: none for the file, none for the folder. */
static void test_descriptor_limit(void **state)
{
    (void)state;
    struct scratch_place p;
    struct rlimit before, low;
    scratch_place_open(&p, 1000);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    for (rlim_t more = 1; more <= 2; more++) {
        ERR e = { 0 };
        p.entry = scratch_entry(&p.scratch, &p.stored);
        low = (struct rlimit){ (rlim_t)p.spool.root + more, before.rlim_max };
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
        int done = spool_commit(&p.spool, &p.entry, &p.stored, FOLDER_NEW, &e);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        assert_int_equal(done, -1);
        assert_int_equal(e.kind, ERR_TEMPORARY);
        check_nothing_kept(&p.scratch);
    }
    scratch_place_close(&p);
}

static void test_message_cannot_be_read(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct scratch_place p;
    scratch_place_open(&p, BODY_MEMORY + 1000);
    assert_int_equal(ftruncate(p.stored.body.fd, 70000), 0);
    assert_int_equal(spool_commit(&p.spool, &p.entry, &p.stored, FOLDER_NEW, &e), -1);
    assert_int_equal(e.kind, ERR_IO);
    check_nothing_kept(&p.scratch);
    scratch_place_close(&p);
}

static void test_entry_cannot_be_written(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct scratch_place p;
    scratch_place_open(&p, 10);
    p.entry.route.account = "a\nb";
    assert_int_equal(spool_commit(&p.spool, &p.entry, &p.stored, FOLDER_NEW, &e), -1);
    assert_int_equal(e.kind, ERR_DATA);
    check_nothing_kept(&p.scratch);
    scratch_place_close(&p);
}

static void test_target_is_no_folder(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct scratch_place p;
    scratch_place_open(&p, 10);
    assert_int_equal(unlinkat(p.spool.root, "new", AT_REMOVEDIR), 0);
    scratch_write(&p.scratch, "new", SPAN("a file"));
    assert_int_equal(spool_commit(&p.spool, &p.entry, &p.stored, FOLDER_NEW, &e), -1);
    assert_int_equal(e.kind, ERR_TEMPORARY);
    assert_int_equal(scratch_names(&p.scratch, "tmp"), 0);
    scratch_place_close(&p);
}

static void test_signals_are_as_before(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct scratch_place p;
    sigset_t mine, now;
    scratch_place_open(&p, 10);
    sigemptyset(&mine);
    sigaddset(&mine, SIGINT);
    assert_int_equal(sigprocmask(SIG_SETMASK, &mine, NULL), 0);
    assert_int_equal(spool_commit(&p.spool, &p.entry, &p.stored, FOLDER_NEW, &e), 1);
    assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &now), 0);
    assert_true(sigismember(&now, SIGINT));
    assert_false(sigismember(&now, SIGTERM));
    scratch_place_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_in_its_folder),
        cmocka_unit_test(test_own_id_only_once),
        cmocka_unit_test(test_own_id_without_room),
        cmocka_unit_test(test_own_id_left_in_tmp),
        cmocka_unit_test(test_missing_folders_are_made),
        cmocka_unit_test(test_file_size_limit),
        cmocka_unit_test(test_descriptor_limit),
        cmocka_unit_test(test_message_cannot_be_read),
        cmocka_unit_test(test_entry_cannot_be_written),
        cmocka_unit_test(test_target_is_no_folder),
        cmocka_unit_test(test_signals_are_as_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
