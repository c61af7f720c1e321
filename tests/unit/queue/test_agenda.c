/* Whose turn it is: new and deferred mail take turns, each oldest first; and what becomes of the
 * list when the folders are read again. */
#include "queue/agenda.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NOW = 1000000 };

static struct queue_id name(char letter)
{
    struct queue_id id;
    snprintf(id.text, sizeof id.text, "%013X%06X", letter, 1);
    return id;
}

static char letter_of(const struct agenda_item *item)
{
    return (char)strtol((char[]){ item->id.text[11], item->id.text[12], '\0' }, NULL, 16);
}

/* A folder that holds a message for each letter. */
static struct id_list list(const char *letters)
{
    struct id_list l = { 0 };
    for (; *letters; letters++) {
        l.items = mem_resize(l.items, l.n + 1, sizeof *l.items);
        l.items[l.n++] = name(*letters);
    }
    return l;
}

static void merge(struct agenda *a, const char *fresh, const char *deferred)
{
    struct id_list in_new = list(fresh), in_defer = list(deferred ? deferred : "");
    agenda_merge(a, &in_new, deferred ? &in_defer : NULL);
    free(in_new.items);
    free(in_defer.items);
}

static struct agenda_item *find(const struct agenda *a, char letter)
{
    struct queue_id id = name(letter);
    return agenda_find(a, &id);
}

/* Heads are read: capitals go by route 1. */
static void read_heads(struct agenda *a)
{
    for (size_t i = 0; i < a->n; i++) {
        if (a->items[i].state != AGENDA_UNREAD)
            continue;
        a->items[i].state = AGENDA_WAITING;
        a->items[i].route = letter_of(&a->items[i]) < 'a';
    }
}

static void take_all(struct agenda *a, uint32_t route, char *ret)
{
    struct agenda_item *item;
    while ((item = agenda_take(a, route)))
        *ret++ = letter_of(item);
    *ret = '\0';
}

static void test_turns(void **state)
{
    (void)state;
    static const struct {
        const char *fresh, *deferred;
        const char *order[2];
    } rows[] = {
        { "", "", { "", "" } },
        { "abc", "", { "abc", "" } },
        { "", "abc", { "abc", "" } },
        { "abcd", "ef", { "aebfcd", "" } },
        { "ef", "abcd", { "eafbcd", "" } },
        { "ABef", "CDgh", { "egfh", "ACBD" } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct agenda a = { 0 };
        char order[16];
        merge(&a, rows[i].fresh, rows[i].deferred);
        read_heads(&a);
        agenda_plan(&a, 2, NULL, NOW);
        for (uint32_t route = 0; route < 2; route++) {
            assert_int_equal(agenda_has(&a, route), *rows[i].order[route] != '\0');
            take_all(&a, route, order);
            assert_string_equal(order, rows[i].order[route]);
            assert_false(agenda_has(&a, route));
        }
        agenda_done(&a);
    }
}

static void test_turns_go_on_over_plans(void **state)
{
    (void)state;
    struct agenda a = { 0 };
    merge(&a, "ab", "cd");
    read_heads(&a);
    agenda_plan(&a, 1, NULL, NOW);
    struct agenda_item *first = agenda_take(&a, 0);
    assert_int_equal(letter_of(first), 'a');
    first->state = AGENDA_GONE;
    agenda_plan(&a, 1, NULL, NOW);
    assert_int_equal(letter_of(agenda_take(&a, 0)), 'c');
    agenda_done(&a);
}

static void test_only_what_is_due(void **state)
{
    (void)state;
    static const int64_t steps[] = { 60, 3600 };
    const struct schedule schedule = { steps, 2 };
    struct agenda a = { 0 };
    char order[8];
    merge(&a, "a", "bcd");
    read_heads(&a);
    find(&a, 'b')->next_s = NOW + 1;
    find(&a, 'c')->next_s = NOW;
    find(&a, 'd')->state = AGENDA_TRIED;
    agenda_plan(&a, 1, &schedule, NOW);
    take_all(&a, 0, order);
    assert_string_equal(order, "ac");
    agenda_plan(&a, 1, &schedule, NOW + 1);
    take_all(&a, 0, order);
    assert_string_equal(order, "abc");
    agenda_plan(&a, 1, NULL, NOW);
    take_all(&a, 0, order);
    assert_string_equal(order, "acb");
    agenda_done(&a);
}

/* What was known in a state, read again with these folders: state and folder afterwards, or gone.
 */
static void test_merge(void **state)
{
    (void)state;
    enum { OUT = -1 };
    static const struct {
        enum agenda_state state;
        enum folder folder;
        const char *fresh, *deferred; /* NULL: not read */
        int is;
        enum folder in;
    } rows[] = {
        { AGENDA_WAITING, FOLDER_NEW, "b", "", AGENDA_WAITING, FOLDER_NEW },
        { AGENDA_WAITING, FOLDER_NEW, "b", NULL, AGENDA_WAITING, FOLDER_NEW },
        { AGENDA_WAITING, FOLDER_NEW, "", "", OUT, 0 },
        { AGENDA_WAITING, FOLDER_NEW, "", NULL, OUT, 0 },
        { AGENDA_WAITING, FOLDER_DEFER, "", "b", AGENDA_WAITING, FOLDER_DEFER },
        { AGENDA_WAITING, FOLDER_DEFER, "", NULL, AGENDA_WAITING, FOLDER_DEFER },
        { AGENDA_WAITING, FOLDER_DEFER, "", "", OUT, 0 },
        { AGENDA_WAITING, FOLDER_NEW, "", "b", AGENDA_UNREAD, FOLDER_DEFER },
        { AGENDA_TRIED, FOLDER_DEFER, "b", "", AGENDA_UNREAD, FOLDER_NEW },
        { AGENDA_TRIED, FOLDER_DEFER, "", "b", AGENDA_TRIED, FOLDER_DEFER },
        { AGENDA_BUSY, FOLDER_NEW, "b", NULL, AGENDA_UNREAD, FOLDER_NEW },
        { AGENDA_ASIDE, FOLDER_DEFER, "", "b", AGENDA_ASIDE, FOLDER_DEFER },
        { AGENDA_SENDING, FOLDER_NEW, "", "", AGENDA_SENDING, FOLDER_NEW },
        { AGENDA_SENDING, FOLDER_NEW, "", "b", AGENDA_SENDING, FOLDER_NEW },
        { AGENDA_GONE, FOLDER_DEFER, "", NULL, OUT, 0 },
        { AGENDA_GONE, FOLDER_DEFER, "", "b", AGENDA_UNREAD, FOLDER_DEFER },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct agenda a = { 0 };
        merge(&a, rows[i].folder == FOLDER_NEW ? "abc" : "a",
              rows[i].folder == FOLDER_NEW ? "" : "bc");
        find(&a, 'b')->state = (unsigned char)rows[i].state;
        merge(&a, rows[i].fresh, rows[i].deferred);
        struct agenda_item *found = find(&a, 'b');
        if (rows[i].is == OUT) {
            assert_null(found);
        } else {
            assert_non_null(found);
            assert_int_equal(found->state, rows[i].is);
            assert_int_equal(found->folder, rows[i].in);
        }
        agenda_done(&a);
    }
}

static void test_counts(void **state)
{
    (void)state;
    struct agenda a = { 0 };
    assert_null(find(&a, 'a'));
    assert_null(agenda_take(&a, 7));
    merge(&a, "abc", "de");
    find(&a, 'c')->state = AGENDA_GONE;
    assert_int_equal(agenda_count(&a, AGENDA_UNREAD), 4);
    assert_int_equal(agenda_left(&a), 4);
    agenda_done(&a);
}

static void test_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(struct agenda_item) <= 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_turns),
        cmocka_unit_test(test_turns_go_on_over_plans),
        cmocka_unit_test(test_only_what_is_due),
        cmocka_unit_test(test_merge),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
