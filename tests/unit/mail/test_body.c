#include "mail/body.h"

#include "base/io.h"
#include "mail/content.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char pattern(uint64_t offset)
{
    return (char)('a' + (offset * 7 + offset / 251) % 26);
}

static void body_fill(struct body *b, size_t total, size_t piece)
{
    ERR e = { 0 };
    BUF octets = { 0 };
    for (size_t i = 0; i < total; i++)
        buf_add_char(&octets, pattern(i));
    for (struct span rest = buf_span(&octets); rest.len; rest = span_from(rest, piece)) {
        struct span now = { rest.at, rest.len < piece ? rest.len : piece };
        assert_int_equal(body_add(b, now, &e), 0);
    }
}

static void check_octets(struct span got, uint64_t offset)
{
    for (size_t i = 0; i < got.len; i++)
        assert_int_equal(got.at[i], pattern(offset + i));
}

static const struct {
    size_t total;
    size_t piece;
    bool spilled;
} rows[] = {
    { 1, 1, false },
    { BODY_MEMORY, 1000, false },
    { BODY_MEMORY + 1, 65536, true },
    { 2 * BODY_MEMORY, BODY_MEMORY, true },
    { 2 * BODY_MEMORY + 12345, 3 * BODY_MEMORY, true },
};

static void check_pieces(const struct body *b, size_t most)
{
    ERR e = { 0 };
    struct body_piece piece = { 0 };
    uint64_t offset = 0;
    int more;
    while ((more = body_next(b, offset, most, &piece, &e)) > 0) {
        assert_true(piece.octets.len <= most);
        check_octets(piece.octets, offset);
        offset += piece.octets.len;
    }
    assert_int_equal(more, 0);
    assert_int_equal(offset, b->size);
    body_piece_done(&piece);
}

static void test_memory_then_file(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct body b = { 0 };
        body_fill(&b, rows[i].total, rows[i].piece);
        assert_int_equal(b.size, rows[i].total);
        assert_int_equal(b.spilled, rows[i].spilled);
        assert_true(b.memory.len <= BODY_MEMORY);
        check_pieces(&b, 70001);
        check_pieces(&b, 65536);
        body_done(&b);
    }
}

/* A file with the pattern from `base` on, and something else before and behind it. */
static int file_with(uint64_t base, size_t size)
{
    ERR e = { 0 };
    BUF octets = { 0 };
    for (uint64_t i = 0; i < base; i++)
        buf_add_char(&octets, '#');
    for (size_t i = 0; i < size; i++)
        buf_add_char(&octets, pattern(i));
    buf_add_string(&octets, "END");
    int fd = io_open_temporary(&e);
    assert_int_equal(io_write(fd, octets.at, octets.len), 0);
    return fd;
}

static const struct {
    uint64_t base;
    size_t size;
} parts[] = { { 0, 0 }, { 0, 1 }, { 10, 0 }, { 10, 70001 }, { 5000, 3 * BODY_MEMORY } };

static void test_part_of_a_file(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        ERR e = { 0 };
        struct body b;
        struct body copy = { 0 };
        int fd = file_with(parts[i].base, parts[i].size);
        off_t position = lseek(fd, 3, SEEK_SET);
        body_of_file(&b, fd, parts[i].base, parts[i].size);
        assert_int_equal(b.size, parts[i].size);
        assert_int_equal(body_borrow_at(&b, 0).len, 0);
        check_pieces(&b, 70001);
        check_pieces(&b, 1000);
        assert_int_equal(content_divide(&b, &copy, &e), 0);
        assert_true(copy.size >= b.size);
        assert_int_equal(lseek(fd, 0, SEEK_CUR), position);
        body_done(&copy);
        body_done(&b);
        assert_int_equal(fcntl(fd, F_GETFD), -1);
    }
}

/* The file of a message that is kept may be read another time: that is not the end of it. */
static void test_part_beyond_the_file(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct body b;
    CLEANUP(body_piece_done) struct body_piece piece = { 0 };
    body_of_file(&b, file_with(10, 100), 10, 200);
    assert_int_equal(body_next(&b, 103, 10, &piece, &e), -1);
    assert_int_equal(e.kind, ERR_TEMPORARY);
    body_done(&b);
}

static void test_empty(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct body b = { 0 };
    struct body_piece piece = { 0 };
    assert_int_equal(body_next(&b, 0, 1, &piece, &e), 0);
    assert_int_equal(body_borrow_at(&b, 0).len, 0);
    assert_int_equal(body_borrow_at(&b, 5).len, 0);
    body_done(&b);
}

static void test_memory_is_lent(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct body b = { 0 };
    struct body_piece piece = { 0 };
    body_fill(&b, 100, 100);
    assert_int_equal(body_next(&b, 10, 50, &piece, &e), 1);
    assert_ptr_equal(piece.octets.at, b.memory.at + 10);
    assert_int_equal(piece.octets.len, 50);
    assert_null(piece.room.at);
    body_done(&b);
}

static void test_no_place_for_the_file(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct body b = { 0 };
    BUF octets = { 0 };
    for (size_t i = 0; i <= BODY_MEMORY; i++)
        buf_add_char(&octets, 'x');
    setenv("TMPDIR", "/nowhere/at/all", 1);
    assert_int_equal(body_add(&b, buf_span(&octets), &e), -1);
    assert_int_equal(e.kind, ERR_CREATE);
    unsetenv("TMPDIR");
    body_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_then_file),     cmocka_unit_test(test_part_of_a_file),
        cmocka_unit_test(test_part_beyond_the_file), cmocka_unit_test(test_empty),
        cmocka_unit_test(test_memory_is_lent),       cmocka_unit_test(test_no_place_for_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
