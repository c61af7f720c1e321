#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/io.h"
#include "net/layer.h"
#include "net/transport.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct transport open_pair(int *other)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    *other = ends[1];
    return (struct transport){ .fd = ends[0] };
}

static void close_pair(struct transport *t, int other)
{
    close(t->fd);
    close(other);
    transport_done(t);
}

static void write_record(struct transport *t, size_t len, size_t octets)
{
    static char block[64 * 1024];
    struct iovec pieces[] = { { block, 5 }, { block, len - 5 } };
    assert_int_equal(transport_write(t, pieces, 2), len);
    transport_mark(t, octets);
}

static void test_gathers_until_pushed(void **state)
{
    ERR e = { 0 };
    int other;
    char got[64];
    struct transport t = open_pair(&other);
    (void)state;
    write_record(&t, 30, 8);
    write_record(&t, 28, 6);
    assert_int_equal(transport_held(&t), 14);
    assert_int_equal(recv(other, got, sizeof got, 0), -1);
    assert_int_equal(transport_push(&t, &e), 0);
    assert_int_equal(transport_held(&t), 0);
    assert_int_equal(recv(other, got, sizeof got, 0), 58);
    close_pair(&t, other);
}

/* A record counts as held until its last octet is gone. */
static void test_held_by_whole_records(void **state)
{
    ERR e = { 0 };
    int other;
    size_t total = 0;
    struct transport t = open_pair(&other);
    (void)state;
    for (int i = 0; i < 64; i++, total += 16000)
        write_record(&t, 16100, 16000);
    assert_int_equal(transport_push(&t, &e), LAYER_AGAIN);
    assert_true(t.sent > 0);
    size_t whole = t.sent / 16100;
    assert_int_equal(transport_held(&t), total - whole * 16000);
    close(other);
    assert_int_equal(transport_push(&t, &e), LAYER_FAILED);
    assert_int_equal(e.kind, ERR_CLOSED);
    close_pair(&t, -1);
}

static void test_reads_in_pieces(void **state)
{
    int other;
    char got[8];
    struct transport t = open_pair(&other);
    (void)state;
    assert_int_equal(transport_read(&t, got, 5), -1);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(io_write(other, "\026\003\003xyz", 6), 0);
    assert_int_equal(transport_read(&t, got, 5), 5);
    assert_memory_equal(got, "\026\003\003xy", 5);
    assert_int_equal(transport_read(&t, got, 5), 1);
    assert_int_equal(t.clear.len, 0);
    close(other);
    assert_int_equal(transport_read(&t, got, 5), 0);
    assert_int_equal(t.lost, 0);
    close_pair(&t, -1);
}

/* What waits to be sent leaves before an answer is looked for. */
static void test_pushes_before_reading(void **state)
{
    int other;
    char got[64];
    struct transport t = open_pair(&other);
    (void)state;
    assert_int_equal(io_write(other, "\026", 1), 0);
    write_record(&t, 30, 8);
    assert_int_equal(transport_read(&t, got, 5), -1);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(recv(other, got, sizeof got, 0), 30);
    assert_int_equal(transport_read(&t, got, 5), 1);
    close_pair(&t, other);
}

static void test_clear_text(void **state)
{
    int other;
    char got[64];
    struct transport t = open_pair(&other);
    (void)state;
    assert_int_equal(io_write(other, "220 mail\033\r\n", 11), 0);
    assert_int_equal(transport_read(&t, got, 5), 5);
    assert_string_equal(buf_string(&t.clear), "220 mail\\x1b");
    close_pair(&t, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gathers_until_pushed), cmocka_unit_test(test_held_by_whole_records),
        cmocka_unit_test(test_reads_in_pieces),      cmocka_unit_test(test_pushes_before_reading),
        cmocka_unit_test(test_clear_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
