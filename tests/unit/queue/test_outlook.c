/* The queue is real; time is what the outlook remembers. */
#include "queue/outlook.h"

#include "queue/commit.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
    struct scratch_place scratch;
    struct item item;
};

static void set_up(struct place *p)
{
    ERR e = { 0 };
    *p = (struct place){ 0 };
    scratch_place_open(&p->scratch, 100);
    struct scratch_place *s = &p->scratch;
    assert_int_equal(spool_commit(&s->spool, &s->entry, &s->stored, FOLDER_NEW, &e), 1);
    assert_int_equal(item_open(&s->spool, FOLDER_NEW, &s->entry.id, true, &p->item, &e), ITEM_OPEN);
}

static void tear_down(struct place *p)
{
    item_close(&p->item);
    scratch_place_close(&p->scratch);
}

/* So many, and no others, came before ours, or behind it. */
static void queue(const struct place *p, const char *first, int before, int now)
{
    for (int i = 0; i < before || i < now; i++) {
        char name[96];
        (void)snprintf(name, sizeof name, "%s/new/%s%06X", p->scratch.scratch.path, first, i);
        if (i >= now)
            assert_int_equal(unlink(name), 0);
        else if (i >= before)
            scratch_write(&p->scratch.scratch, name + strlen(p->scratch.scratch.path) + 1,
                          SPAN(""));
    }
}

#define OLDER   "0000000000000"
#define YOUNGER "FFFFFFFFFFFFF"

static void test_rows(void **state)
{
    static const struct {
        int first, second; /* messages ahead */
        int64_t apart_ms, left_ms;
        bool hopeless;
    } rows[] = {
        { 0, 0, 1000, 1000, false },    { 39, 39, 1000, 1000, false },
        { 40, 40, 1000, 100000, true }, { 0, 60, 1000, 10000, true },
        { 100, 80, 1000, 3000, true },  { 100, 80, 1000, 5000, false },
        { 100, 60, 4000, 5000, true },  { 100, 60, 4000, 7000, false },
        { 100, 100, 1000, 1000, true }, { 100, 39, 1000, 1, false },
        { 100, 80, 1000, 0, false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct place p;
        set_up(&p);
        int64_t now = clock_ms();
        struct outlook o = { .begun = now - 5000, .next_at = now };
        struct deadline end = { rows[i].left_ms ? now + rows[i].left_ms : 0 };
        queue(&p, YOUNGER, 0, 50);
        queue(&p, OLDER, 0, rows[i].first);
        assert_false(outlook_is_hopeless(&o, &p.item, end));
        o.at -= rows[i].apart_ms;
        o.next_at = 0;
        queue(&p, OLDER, rows[i].first, rows[i].second);
        if (outlook_is_hopeless(&o, &p.item, end) != rows[i].hopeless)
            fail_msg("%d, then %d", rows[i].first, rows[i].second);
        tear_down(&p);
    }
}

/* Nobody looks at the queue before it is time. */
static void test_times(void **state)
{
    struct place p;
    struct outlook o = { 0 };
    struct deadline end = deadline_in(20000);
    (void)state;
    set_up(&p);
    queue(&p, OLDER, 0, 100);
    for (int i = 0; i < 3; i++)
        assert_false(outlook_is_hopeless(&o, &p.item, end));
    assert_int_equal(o.at, 0);
    assert_int_equal(o.next_at, o.begun + OUTLOOK_FIRST_MS);
    o.begun -= OUTLOOK_FIRST_MS;
    o.next_at -= OUTLOOK_FIRST_MS;
    assert_false(outlook_is_hopeless(&o, &p.item, end));
    assert_int_equal(o.ahead, 100);
    assert_int_equal(o.next_at, o.at + (o.at - o.begun));
    assert_false(outlook_is_hopeless(&o, &p.item, end));
    o.at -= OUTLOOK_FIRST_MS;
    o.next_at = 0;
    assert_true(outlook_is_hopeless(&o, &p.item, end));
    tear_down(&p);
}

/* The end of data has left: its turn has come. */
static void test_sending(void **state)
{
    struct place p;
    int64_t now = clock_ms();
    struct deadline end = { now + 1000 };
    (void)state;
    set_up(&p);
    queue(&p, OLDER, 0, 100);
    for (int sending = 0; sending < 2; sending++) {
        ERR e = { 0 };
        struct outlook o = { .begun = now - 5000, .at = now - 1000, .next_at = now, .ahead = 100 };
        struct item item;
        item_close(&p.item);
        struct scratch_place *s = &p.scratch;
        assert_int_equal(item_open(&s->spool, FOLDER_NEW, &s->entry.id, false, &item, &e),
                         ITEM_OPEN);
        item.entry.state.sending = sending;
        assert_int_equal(item_write_state(&item, false, &e), 0);
        item_close(&item);
        assert_int_equal(item_open(&s->spool, FOLDER_NEW, &s->entry.id, true, &p.item, &e),
                         ITEM_OPEN);
        assert_int_equal(outlook_is_hopeless(&o, &p.item, end), !sending);
    }
    tear_down(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows), cmocka_unit_test(test_times),
                                        cmocka_unit_test(test_sending) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
