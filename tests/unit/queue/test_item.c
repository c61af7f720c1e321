#include "queue/item.h"

#include "queue/commit.h"
#include "scratch.h"

#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A spool with one message in new/. */
struct place {
    struct scratch_place made;
    struct queue_id id;
    struct entry_path path;
};

static void place_open(struct place *p, size_t size)
{
    ERR e = { 0 };
    scratch_place_open(&p->made, size);
    assert_int_equal(spool_commit(&p->made.spool, &p->made.entry, &p->made.stored, FOLDER_NEW, &e),
                     1);
    p->id = p->made.entry.id;
    p->path = entry_path(FOLDER_NEW, &p->id);
}

static void place_done(struct place *p)
{
    scratch_place_close(&p->made);
}

static enum item_open open_it(const struct place *p, bool for_show, struct item *ret, struct err *e)
{
    *ret = (struct item){ 0 };
    return item_open(&p->made.spool, FOLDER_NEW, &p->id, for_show, ret, e);
}

/* One that opens. */
static struct item opened(const struct place *p, bool for_show)
{
    ERR e = { 0 };
    struct item item;
    assert_int_equal(open_it(p, for_show, &item, &e), ITEM_OPEN);
    return item;
}

/* Opens it again; it is whole. */
static void reopen(const struct place *p, struct item *item)
{
    ERR e = { 0 };
    item_close(item);
    *item = opened(p, false);
    assert_int_equal(item_check(item, &e), 0);
}

static void test_what_was_committed(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, 16 * 1024, BODY_MEMORY + 100000 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ERR e = { 0 };
        struct place p;
        struct item item;
        struct stored got;
        place_open(&p, sizes[i]);
        struct stored want = scratch_stored(sizes[i]);
        assert_int_equal(open_it(&p, false, &item, &e), ITEM_OPEN);
        assert_false(item.has_replies);
        assert_int_equal(item_check(&item, &e), 0);
        assert_int_equal(item_stored(&item, &got, &e), 0);
        assert_string_equal(buf_string(&got.header), buf_string(&want.header));
        assert_int_equal(got.body.size, want.body.size);
        CLEANUP(body_piece_done) struct body_piece a = { 0 };
        CLEANUP(body_piece_done) struct body_piece b = { 0 };
        for (uint64_t at = 0; body_next(&want.body, at, 5000, &a, &e) > 0; at += a.octets.len) {
            assert_int_equal(body_next(&got.body, at, a.octets.len, &b, &e), 1);
            assert_true(span_eq(a.octets, b.octets));
        }
        assert_true(got.eight_bit && !got.qp_allowed);
        assert_string_equal(got.message_id, "<1@example.com>");
        stored_done(&got);
        stored_done(&want);
        item_close(&item);
        item_close(&item);
        place_done(&p);
    }
}

static void test_locks(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct place p;
    struct item item, other;
    place_open(&p, 10);
    assert_int_equal(open_it(&p, false, &item, &e), ITEM_OPEN);
    assert_int_equal(open_it(&p, false, &other, &e), ITEM_BUSY);
    assert_int_equal(open_it(&p, true, &other, &e), ITEM_OPEN);
    assert_true(item_is_busy(&other));
    assert_true(item_is_busy(&item));
    assert_true(item_is_busy(&other)); /* asking has not unlocked it */
    item_close(&item);
    assert_false(item_is_busy(&other));
    assert_int_equal(open_it(&p, false, &item, &e), ITEM_OPEN);
    item_close(&other);
    item_close(&item);
    place_done(&p);
}

static void test_gone(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct place p;
    struct item item;
    place_open(&p, 10);
    assert_int_equal(spool_move(&p.made.spool, &p.id, FOLDER_NEW, FOLDER_DEFER, false, &e), 0);
    assert_int_equal(open_it(&p, false, &item, &e), ITEM_GONE);
    assert_int_equal(open_it(&p, true, &item, &e), ITEM_GONE);
    assert_int_equal(item_open(&p.made.spool, FOLDER_DEFER, &p.id, false, &item, &e), ITEM_OPEN);
    assert_int_equal(item_move(&item, FOLDER_HOLD, true, &e), 0);
    assert_int_equal(item.folder, FOLDER_HOLD);
    assert_int_equal(item_move(&item, FOLDER_HOLD, true, &e), 0);
    assert_int_equal(item_remove(&item, &e), 0);
    assert_int_equal(item_remove(&item, &e), 0);
    assert_int_equal(scratch_names(&p.made.scratch, "hold"), 0);
    item_close(&item);
    place_done(&p);
}

/* ---- what the disk may do ---- */

static bool is_refused(const struct place *p)
{
    ERR e = { 0 };
    struct item item;
    enum item_open found = open_it(p, false, &item, &e);
    bool refused = found == ITEM_BAD || (found == ITEM_OPEN && item_check(&item, &e) < 0);
    if (refused && e.kind != ERR_DATA && e.kind != ERR_UNAVAILABLE)
        fail_msg("%s", e.text);
    item_close(&item);
    return refused;
}

static void test_torn_at_every_octet(void **state)
{
    (void)state;
    struct place p;
    ERR e = { 0 };
    struct item item;
    place_open(&p, 600);
    BUF whole = scratch_read(&p.made.scratch, p.path.text);
    for (size_t len = whole.len; len-- > 0;) {
        scratch_write(&p.made.scratch, p.path.text, (struct span){ whole.at, len });
        if (!is_refused(&p))
            fail_msg("cut at %zu", len);
        assert_int_equal(open_it(&p, true, &item, &e), ITEM_BAD);
    }
    place_done(&p);
}

static void test_zeros_at_every_octet(void **state)
{
    (void)state;
    struct place p;
    place_open(&p, 600);
    BUF whole = scratch_read(&p.made.scratch, p.path.text);
    for (size_t len = 0; len < whole.len; len++) {
        BUF hole = { 0 };
        buf_add(&hole, whole.at, len);
        memset(buf_room(&hole, whole.len - len), 0, whole.len - len);
        hole.len = whole.len;
        scratch_write(&p.made.scratch, p.path.text, buf_span(&hole));
        if (!is_refused(&p))
            fail_msg("zeros from %zu on", len);
    }
    place_done(&p);
}

static void test_every_flipped_bit(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct place p;
    struct item item;
    place_open(&p, 600);
    assert_int_equal(open_it(&p, false, &item, &e), ITEM_OPEN);
    size_t state_end = ENTRY_STATE_AT + entry_state_size(&item.entry);
    item_close(&item);
    BUF octets = scratch_read(&p.made.scratch, p.path.text);
    for (size_t at = 0; at < octets.len; at++) {
        for (int bit = 0; bit < 8; bit++) {
            if (at >= ENTRY_STATE_AT && at < state_end)
                continue;
            octets.at[at] = (char)(octets.at[at] ^ 1 << bit);
            scratch_write(&p.made.scratch, p.path.text, buf_span(&octets));
            if (!is_refused(&p))
                fail_msg("octet %zu, bit %d", at, bit);
            octets.at[at] = (char)(octets.at[at] ^ 1 << bit);
        }
    }
    place_done(&p);
}

/* ---- what is no message ---- */

static void make_folder(const struct place *p)
{
    assert_int_equal(mkdirat(p->made.spool.root, p->path.text, 0700), 0);
}

static void make_fifo(const struct place *p)
{
    assert_int_equal(mkfifoat(p->made.spool.root, p->path.text, 0600), 0);
}

static void make_symlink(const struct place *p)
{
    scratch_write(&p->made.scratch, "elsewhere", SPAN("x"));
    assert_int_equal(symlinkat("../elsewhere", p->made.spool.root, p->path.text), 0);
}

static void make_empty(const struct place *p)
{
    scratch_write(&p->made.scratch, p->path.text, SPAN(""));
}

static void make_sparse(const struct place *p)
{
    CLEANUP(io_close) int fd = openat(p->made.spool.root, p->path.text, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(ftruncate(fd, (off_t)1 << 40), 0);
}

/* A good beginning, and zeros for ever. */
static void make_sparse_entry(const struct place *p)
{
    BUF head = { 0 };
    buf_addf(&head, "postbag-queue 1 %s\n", p->id.text);
    scratch_write(&p->made.scratch, p->path.text, buf_span(&head));
    CLEANUP(io_close) int fd = openat(p->made.spool.root, p->path.text, O_WRONLY);
    assert_int_equal(ftruncate(fd, (off_t)1 << 40), 0);
}

static void make_of_another_version(const struct place *p)
{
    scratch_write(&p->made.scratch, p->path.text, SPAN("postbag-queue 7 whatever\n"));
}

static void make_of_another_name(const struct place *p)
{
    BUF octets = scratch_read(&p->made.scratch, "kept");
    octets.at[ENTRY_STATE_AT - 2] = octets.at[ENTRY_STATE_AT - 2] == '0' ? '1' : '0';
    scratch_write(&p->made.scratch, p->path.text, buf_span(&octets));
}

static void make_hard_link(const struct place *p)
{
    assert_int_equal(linkat(p->made.spool.root, "kept", p->made.spool.root, p->path.text, 0), 0);
}

static void make_of_another_user(const struct place *p)
{
    BUF octets = scratch_read(&p->made.scratch, "kept");
    scratch_write(&p->made.scratch, p->path.text, buf_span(&octets));
    if (geteuid())
        skip();
    assert_int_equal(fchownat(p->made.spool.root, p->path.text, 12345, 12345, 0), 0);
}

static const struct {
    void (*make)(const struct place *p);
    enum err_kind kind;
    bool shown; /* does not matter to those who only look */
} hostile[] = {
    { make_folder, ERR_DATA, false },
    { make_fifo, ERR_DATA, false },
    { make_symlink, ERR_DATA, false },
    { make_empty, ERR_DATA, false },
    { make_sparse, ERR_DATA, false },
    { make_sparse_entry, ERR_DATA, false },
    { make_of_another_version, ERR_UNAVAILABLE, false },
    { make_of_another_name, ERR_DATA, false },
    { make_hard_link, ERR_DATA, true },
    { make_of_another_user, ERR_DATA, true },
};

static void test_hostile(void **state)
{
    (void)state;
    struct place p;
    place_open(&p, 100);
    assert_int_equal(renameat(p.made.spool.root, p.path.text, p.made.spool.root, "kept"), 0);
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        ERR e = { 0 };
        ERR shown = { 0 };
        struct item item;
        hostile[i].make(&p);
        assert_int_equal(open_it(&p, false, &item, &e), ITEM_BAD);
        assert_int_equal(e.kind, hostile[i].kind);
        assert_non_null(strstr(e.text, p.id.text));
        enum item_open looked = open_it(&p, true, &item, &shown);
        assert_int_equal(looked, hostile[i].shown ? ITEM_OPEN : ITEM_BAD);
        item_close(&item);
        assert_int_equal(spool_set_aside(&p.made.spool, FOLDER_NEW, p.id.text, &e), 0);
        assert_int_equal(scratch_names(&p.made.scratch, "new"), 0);
        assert_int_equal(scratch_names(&p.made.scratch, "corrupt"), i + 1);
    }
    place_done(&p);
}

/* A rename made of link and unlink, killed between them. */
static void test_second_name_of_a_crash(void **state)
{
    (void)state;
    static const enum folder others[] = { FOLDER_TMP, FOLDER_DEFER, FOLDER_HOLD };
    struct place p;
    place_open(&p, 100);
    for (size_t i = 0; i < 3; i++) {
        ERR e = { 0 };
        struct item item;
        struct entry_path other = entry_path(others[i], &p.id);
        assert_int_equal(linkat(p.made.spool.root, p.path.text, p.made.spool.root, other.text, 0),
                         0);
        assert_int_equal(open_it(&p, false, &item, &e), ITEM_OPEN);
        assert_int_equal(scratch_names(&p.made.scratch, folder_name(others[i])), 0);
        item_close(&item);
    }
    place_done(&p);
}

/* ---- state and replies ---- */

static void test_state_is_written_in_place(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct place p;
    place_open(&p, 100);
    struct item item = opened(&p, false);
    uint64_t size = item.size;
    item.entry.state.marks[1] = MARK_DELIVERED;
    item.entry.state.attempts = 4;
    item.entry.state.next_s = 1795330924;
    assert_int_equal(item_write_state(&item, true, &e), 0);
    assert_int_equal(pwrite(item.fd, "!", 1, (off_t)item_sending_at(&item)), 1);
    reopen(&p, &item);
    assert_int_equal(item.size, size);
    assert_string_equal(item.entry.state.marks, ".D");
    assert_int_equal(item.entry.state.attempts, 4);
    assert_int_equal(item.entry.state.next_s, 1795330924);
    assert_true(item.entry.state.sending);
    item_close(&item);
    place_done(&p);
}

/* A limit that forbids every larger file forbids no mark. */
static void test_state_on_a_full_disk(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct place p;
    struct rlimit before;
    place_open(&p, 100);
    struct item item = opened(&p, false);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit low = { item.size, before.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    struct verdict verdicts[2] = { { .result = VERDICT_FAILED }, { .result = VERDICT_FAILED } };
    item.entry.state.marks[0] = MARK_DELIVERED;
    int done = item_write_state(&item, true, &e);
    item_write_replies(&item, verdicts);
    low.rlim_cur = 10;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    int failed = item_write_state(&item, true, &e);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(done, 0);
    assert_int_equal(failed, -1);
    assert_int_equal(e.kind, ERR_TEMPORARY);
    reopen(&p, &item);
    assert_string_equal(item.entry.state.marks, "D.");
    item_close(&item);
    place_done(&p);
}

static struct verdict failed_with(int code, const char *reply)
{
    struct verdict v = { .result = VERDICT_FAILED, .stage = STAGE_RCPT };
    v.err = (struct err){ .kind = ERR_REPLY, .code = code, .reply = mem_string(reply) };
    return v;
}

static void check_replies(struct item *item, const char *first, const char *second)
{
    struct last_reply got[2];
    item_replies(item, got);
    if (first)
        assert_string_equal(got[0].text, first);
    else
        assert_null(got[0].text);
    if (second)
        assert_string_equal(got[1].text, second);
    else
        assert_null(got[1].text);
}

/* In a message that is read at once with them, and in one that is not. */
static void test_replies(void **state)
{
    (void)state;
    static const size_t sizes[] = { 100, 100000 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct place p;
        place_open(&p, sizes[i]);
        struct item item = opened(&p, false);
        check_replies(&item, NULL, NULL);
        struct verdict verdicts[2] = { failed_with(451, "a long reply"),
                                       failed_with(550, "second") };
        item_write_replies(&item, verdicts);
        check_replies(&item, "a long reply", "second");
        verdict_done(&verdicts[0]);
        verdict_done(&verdicts[1]);
        verdicts[0] = failed_with(452, "short");
        item_write_replies(&item, verdicts); /* the second was not asked */
        item_close(&item);
        item = opened(&p, true);
        assert_true(item.has_replies);
        check_replies(&item, "short", "second");
        reopen(&p, &item);
        item_close(&item);
        verdict_done(&verdicts[0]);
        place_done(&p);
    }
}

/* A list of very many messages writes nothing, not even when they were read. */
static void test_a_look_leaves_no_trace(void **state)
{
    (void)state;
    static const struct timespec times[] = { { .tv_sec = 1000 }, { .tv_sec = 2000 } };
    struct place p;
    struct stat facts;
    place_open(&p, 100);
    assert_int_equal(utimensat(p.made.spool.root, p.path.text, times, 0), 0);
    struct item item = opened(&p, true);
    item_close(&item);
    assert_int_equal(fstatat(p.made.spool.root, p.path.text, &facts, 0), 0);
    assert_int_equal(facts.st_atime, 1000);
    place_done(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_committed),
        cmocka_unit_test(test_locks),
        cmocka_unit_test(test_gone),
        cmocka_unit_test(test_torn_at_every_octet),
        cmocka_unit_test(test_zeros_at_every_octet),
        cmocka_unit_test(test_every_flipped_bit),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_second_name_of_a_crash),
        cmocka_unit_test(test_state_is_written_in_place),
        cmocka_unit_test(test_state_on_a_full_disk),
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_a_look_leaves_no_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
