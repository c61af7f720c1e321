#include "cmd/queue_health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char timed_out[] = "timed out", refused[] = "535 no", remedy[] = "app password";
static struct standing_item items[] = {
    { .route = { .account = "fine" } },
    { .route = { .account = "away" }, .standing = { .failures = 1, .text = timed_out } },
    { .route = { .account = "gmail" },
      .standing = { .failures = 2, .permanent = true, .text = refused, .hint = remedy } },
};
static const struct standing_list accounts = { .items = items, .n = 3 };
static const struct standing_list none;

/* What is found, and what is said of it: a digit for the level, then the words. */
static const struct {
    struct queue_health health;
    const char *want;
} rows[] = {
    { { .standings = &none }, "" },
    { { .standings = &none, .waiting = 100 }, "" },
    { { .standings = &none, .waiting = 1, .stuck = true }, "1 the runner has come to a stop\n" },
    { { .standings = &none, .waiting = 1, .unattended = true }, "1 nobody runs the queue\n" },
    { { .standings = &none, .waiting = 1, .unattended = true, .stamped = 5 },
      "1 nobody runs the queue any more\n" },
    { { .standings = &none, .failed = 2, .corrupt = 3, .ambiguous = 1 },
      "1 2 given up\n1 1 held that may have been delivered\n1 3 damaged files in corrupt/\n" },
    { { .standings = &accounts, .failed = 1 },
      "2 account gmail: 535 no (hint: app password)\n1 1 given up\n0 account away: timed out\n" },
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA arena = { 0 };
        BUF text = { 0 };
        struct queue_complaints c = { 0 };
        queue_health_judge(&arena, &rows[i].health, &c);
        for (size_t k = 0; k < c.n; k++)
            buf_addf(&text, "%d %s\n", (int)c.items[k].level, c.items[k].text);
        assert_string_equal(buf_string(&text), rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
