#include "mail/message.h"

#include "base/io.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* A descriptor that gives `text` and then the end. */
static int open_text(struct span text)
{
    ERR e = { 0 };
    int fd = io_open_temporary(&e);
    assert_true(fd >= 0);
    assert_int_equal(io_write(fd, text.at, text.len), 0);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void test_small(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct message m = { 0 };
    CLEANUP(io_close) int fd = open_text(SPAN("From x\nTo: a@b\n c\n\nhello\n"));
    assert_int_equal(message_read(fd, (struct message_limits){ 0 }, &m, &e), 0);
    assert_int_equal(m.header.n, 1);
    assert_string_equal(header_value(&m.arena, &m.header.fields[0]), "a@b c");
    assert_string_equal(buf_string(&m.body.memory), "hello\r\n");
    assert_false(m.empty);
    message_done(&m);
}

static void test_empty(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct message m = { 0 };
    CLEANUP(io_close) int fd = open_text(SPAN(""));
    assert_int_equal(message_read(fd, (struct message_limits){ 0 }, &m, &e), 0);
    assert_true(m.empty);
    assert_int_equal(m.header.n, 0);
    message_done(&m);
}

static void test_large_body_goes_to_a_file(void **state)
{
    (void)state;
    ERR e = { 0 };
    BUF text = { 0 };
    struct message m = { 0 };
    buf_add_string(&text, "Subject: t\n\n");
    while (text.len < 3 * BODY_MEMORY)
        buf_add_string(&text, "0123456789abcdef\n");
    CLEANUP(io_close) int fd = open_text(buf_span(&text));
    assert_int_equal(message_read(fd, (struct message_limits){ 0 }, &m, &e), 0);
    assert_true(m.body.spilled);
    assert_int_equal(m.body.size, m.traits.lines * 18);
    assert_int_equal(m.traits.longest, 16);
    message_done(&m);
}

static void test_read_error_is_no_end(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct message m = { .empty = true };
    assert_int_equal(message_read(-1, (struct message_limits){ 0 }, &m, &e), -1);
    assert_int_equal(e.kind, ERR_IO);
    assert_true(m.empty);
}

static void test_nothing_is_read_behind_the_dot(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct message m = { 0 };
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(io_write(ends[1], "\nhello\n.\nmore", 13), 0);
    /* The writing end stays open: a further read would wait for ever. */
    struct message_limits limits = { .dot_ends = true };
    assert_int_equal(message_read(ends[0], limits, &m, &e), 0);
    assert_string_equal(buf_string(&m.body.memory), "hello\r\n");
    message_done(&m);
    close(ends[0]);
    close(ends[1]);
}

static void test_refused_input_is_read_to_its_end(void **state)
{
    (void)state;
    ERR e = { 0 };
    BUF text = { 0 };
    struct message m = { 0 };
    buf_add_string(&text, "\n");
    while (text.len < 1000000)
        buf_add_string(&text, "0123456789abcdef\n");
    CLEANUP(io_close) int fd = open_text(buf_span(&text));
    assert_int_equal(message_read(fd, (struct message_limits){ .max_size = 10 }, &m, &e), -1);
    assert_int_equal(e.kind, ERR_DATA);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), (off_t)text.len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_large_body_goes_to_a_file),
        cmocka_unit_test(test_read_error_is_no_end),
        cmocka_unit_test(test_nothing_is_read_behind_the_dot),
        cmocka_unit_test(test_refused_input_is_read_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
