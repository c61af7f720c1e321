#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/sig.h"
#include "certs.h"
#include "net/stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct stream_trace no_trace = { NULL, NULL };

/* Over memory. */

static void test_memory_in_every_step(void **state)
{
    const struct span script = SPAN("220 hello\r\n250 ok\r\n");
    (void)state;
    for (size_t step = 0; step <= script.len; step++) {
        ERR e = { 0 };
        BUF sent = { 0 };
        BUF got = { 0 };
        struct stream *s = stream_new_memory(script, step, &sent, no_trace);
        int more;
        while ((more = stream_fill(s, &e)) > 0) {
            buf_add_span(&got, stream_input(s));
            stream_consume(s, stream_input(s).len);
        }
        assert_int_equal(more, 0);
        assert_true(span_eq(buf_span(&got), script));
        assert_int_equal(stream_fill(s, &e), 0);
        stream_free(s);
    }
}

static void test_memory_consumed_in_every_part(void **state)
{
    const struct span script = SPAN("0123456789");
    (void)state;
    for (size_t part = 1; part <= script.len; part++) {
        ERR e = { 0 };
        BUF sent = { 0 };
        BUF got = { 0 };
        struct stream *s = stream_new_memory(script, 3, &sent, no_trace);
        while (stream_fill(s, &e) > 0) {
            while (stream_input(s).len >= part) {
                buf_add(&got, stream_input(s).at, part);
                stream_consume(s, part);
            }
        }
        buf_add_span(&got, stream_input(s));
        assert_true(span_eq(buf_span(&got), script));
        stream_free(s);
    }
}

static void test_memory_sends_when_told(void **state)
{
    ERR e = { 0 };
    BUF sent = { 0 };
    struct stream *s = stream_new_memory(SPAN("250\r\n"), 0, &sent, no_trace);
    (void)state;
    stream_put(s, SPAN("one "));
    stream_put(s, SPAN("two"));
    assert_int_equal(stream_pending(s), 7);
    assert_int_equal(sent.len, 0);
    assert_int_equal(stream_flush(s, true, &e), 0);
    assert_string_equal(buf_string(&sent), "one two");
    assert_int_equal(stream_pending(s), 0);
    assert_int_equal(stream_input(s).len, 0);
    stream_put(s, SPAN(" three"));
    assert_int_equal(stream_fill(s, &e), 1);
    assert_string_equal(buf_string(&sent), "one two three");
    stream_consume(s, 99);
    assert_int_equal(stream_input(s).len, 0);
    stream_free(s);
}

static void see(void *context, bool out, struct span octets)
{
    struct buf *seen = context;
    buf_addf(seen, "%c[%.*s]", out ? '>' : '<', SPAN_ARGS(octets));
}

static void test_trace(void **state)
{
    ERR e = { 0 };
    BUF sent = { 0 };
    BUF seen = { 0 };
    struct stream *s = stream_new_memory(SPAN("535 no AGJvYgBzZWNyZXQ= for secret\nhalf"), 9, &sent,
                                         (struct stream_trace){ .see = see, .context = &seen });
    (void)state;
    stream_hide(s, SPAN("secret"));
    stream_put(s, SPAN("AUTH PLAIN "));
    stream_put_secret(s, SPAN("AGJvYgBzZWNyZXQ="));
    stream_put(s, SPAN("\n"));
    while (stream_fill(s, &e) > 0)
        ;
    assert_string_equal(buf_string(&sent), "AUTH PLAIN AGJvYgBzZWNyZXQ=\n");
    assert_string_equal(buf_string(&seen), ">[AUTH PLAIN ]>[***]>[\n]<[535 no *** for ***\n]");
    stream_free(s);
}

static void test_veil(void **state)
{
    ERR e = { 0 };
    BUF sent = { 0 };
    BUF seen = { 0 };
    struct stream *s = stream_new_memory(SPAN("334 c2FsdA==\n235 334 ok\n"), 25, &sent,
                                         (struct stream_trace){ .see = see, .context = &seen });
    (void)state;
    stream_veil(s, "334 ");
    while (stream_fill(s, &e) > 0)
        ;
    assert_string_equal(buf_string(&seen), "<[334 ***\n]<[235 334 ok\n]");
    stream_free(s);
}

static void test_no_tls_over_memory(void **state)
{
    ERR e = { 0 };
    BUF sent = { 0 };
    struct net_opts opts = { 0 };
    struct stream *s = stream_new_memory(SPAN(""), 0, &sent, no_trace);
    (void)state;
    assert_int_equal(stream_start_tls(s, &opts, "mail.example", false, &e), -1);
    assert_int_equal(e.kind, ERR_INTERNAL);
    assert_null(stream_tls(s));
    assert_true(stream_is_over(s));
    stream_free(s);
}

static void test_endless_input(void **state)
{
    ERR e = { 0 };
    BUF sent = { 0 };
    BUF script = { 0 };
    (void)state;
    memset(buf_room(&script, 1 << 20), 'x', 1 << 20);
    buf_grew(&script, 1 << 20);
    struct stream *s = stream_new_memory(buf_span(&script), 0, &sent, no_trace);
    int more;
    while ((more = stream_fill(s, &e)) > 0)
        assert_true(stream_input(s).len < 200 * 1024);
    assert_int_equal(more, -1);
    assert_int_equal(e.kind, ERR_PROTOCOL);
    stream_free(s);
}

/* Over a socket whose other end we hold. */

static struct stream *pair(int *other)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    *other = ends[1];
    struct stream *s = stream_new(ends[0], no_trace);
    stream_set_deadline(s, deadline_in(2000));
    return s;
}

static void put_much(struct stream *s, size_t n)
{
    char *block = mem_new(n, 1);
    memset(block, 'm', n);
    stream_put(s, (struct span){ block, n });
    free(block);
}

enum { MUCH = 4 * 1024 * 1024 };

static void test_silence_times_out(void **state)
{
    ERR e = { 0 };
    int other;
    struct stream *s = pair(&other);
    (void)state;
    int64_t start = clock_ms();
    stream_set_deadline(s, deadline_in(150));
    assert_int_equal(stream_fill(s, &e), -1);
    assert_int_equal(e.kind, ERR_TIMEOUT);
    assert_string_equal(e.text, "the server did not answer in time");
    assert_in_range(clock_ms() - start, 150, 1000);
    assert_int_equal(io_write(other, "late", 4), 0);
    stream_set_deadline(s, deadline_in(2000));
    assert_int_equal(stream_fill(s, &e), 1);
    assert_true(span_is(stream_input(s), "late"));
    close(other);
    stream_free(s);
}

/* What comes first ends the wait: the server, the other one, or the time limit. */
static void test_listen(void **state)
{
    static const struct {
        bool server, other;
        bool told;
    } rows[] = { { false, true, true }, { true, false, false }, { false, false, false } };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        int server, ends[2];
        struct stream *s = pair(&server);
        assert_int_equal(pipe(ends), 0);
        stream_set_deadline(s, deadline_in(100));
        assert_true(!rows[i].server || io_write(server, "250", 3) == 0);
        assert_true(!rows[i].other || io_write(ends[1], "x", 1) == 0);
        assert_int_equal(stream_listen(s, ends[0]), rows[i].told);
        assert_int_equal(stream_input(s).len, 0);
        assert_int_equal(stream_fill(s, &e), rows[i].server ? 1 : -1);
        assert_false(rows[i].server && stream_listen(s, ends[0]));
        close(server);
        close(ends[0]);
        close(ends[1]);
        stream_free(s);
    }
}

static void test_stalled_reader_times_out(void **state)
{
    ERR e = { 0 };
    int other;
    struct stream *s = pair(&other);
    (void)state;
    put_much(s, MUCH);
    int64_t start = clock_ms();
    stream_set_deadline(s, deadline_in(150));
    assert_int_equal(stream_flush(s, false, &e), -1);
    assert_int_equal(e.kind, ERR_TIMEOUT);
    assert_string_equal(e.text, "the server took no more data in time");
    assert_in_range(clock_ms() - start, 150, 1000);
    assert_in_range(stream_pending(s), 1, MUCH);
    close(other);
    stream_free(s);
}

/* What is not copied comes in the order in which it was put, whether the other end keeps up or not.
 */
static void test_put_large(void **state)
{
    static const size_t sizes[] = { 5, 20000, 0, 16384, 16383, 1, 65536, 100000, 40000, 3, 49152 };
    (void)state;
    for (int keeps_up = 0; keeps_up < 2; keeps_up++) {
        ERR e = { 0 };
        BUF put = { 0 };
        BUF got = { 0 };
        int other;
        struct stream *s = pair(&other);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            size_t start = put.len;
            for (size_t j = 0; j < sizes[i]; j++)
                buf_add_char(&put, (char)('a' + (start + j * (i + 1)) % 26));
            struct span piece = span_from(buf_span(&put), start);
            if (i % 3)
                stream_put_large(s, piece);
            else
                stream_put(s, piece);
            while (keeps_up && recv(other, buf_room(&got, 65536), 65536, MSG_PEEK) > 0)
                buf_grew(&got, (size_t)recv(other, buf_room(&got, 65536), 65536, 0));
            assert_true(got.len + stream_pending(s) <= put.len);
        }
        while (got.len < put.len) {
            stream_set_deadline(s, deadline_in(1));
            if (stream_flush(s, false, &e) < 0)
                assert_int_equal(e.kind, ERR_TIMEOUT);
            ssize_t n = recv(other, buf_room(&got, 65536), 65536, 0);
            if (n > 0)
                buf_grew(&got, (size_t)n);
        }
        assert_int_equal(stream_pending(s), 0);
        assert_true(span_eq(buf_span(&got), buf_span(&put)));
        close(other);
        stream_free(s);
    }
}

/* A server that talks on and on moves no deadline. */
static void babble(int fd, const void *context)
{
    (void)context;
    while (send(fd, ".", 1, MSG_NOSIGNAL) == 1)
        continue;
}

static void test_babble_times_out(void **state)
{
    ERR e = { 0 };
    int fd;
    (void)state;
    pid_t pid = other_end(babble, NULL, &fd);
    struct stream *s = stream_new(fd, no_trace);
    int64_t start = clock_ms();
    stream_set_deadline(s, deadline_in(150));
    while (stream_fill(s, &e) > 0)
        stream_consume(s, stream_input(s).len);
    assert_int_equal(e.kind, ERR_TIMEOUT);
    assert_in_range(clock_ms() - start, 150, 1000);
    stream_free(s);
    peer_end(pid);
}

static void test_close(void **state)
{
    ERR e = { 0 };
    int other;
    struct stream *s = pair(&other);
    (void)state;
    assert_int_equal(io_write(other, "221 bye", 7), 0);
    close(other);
    assert_int_equal(stream_fill(s, &e), 1);
    assert_true(span_is(stream_input(s), "221 bye"));
    assert_int_equal(stream_fill(s, &e), 0);
    assert_int_equal(stream_fill(s, &e), 0);
    assert_int_equal(stream_flush(s, false, &e), 0);
    stream_put(s, SPAN("NOOP\r\n"));
    assert_int_equal(stream_fill(s, &e), -1);
    assert_int_equal(e.kind, ERR_CLOSED);
    stream_free(s);
}

/* The server says why it hangs up, and then takes nothing more. */
static void test_last_words_before_a_broken_pipe(void **state)
{
    ERR e = { 0 };
    int other;
    struct stream *s = pair(&other);
    (void)state;
    assert_int_equal(io_write(other, "421 going down\r\n", 16), 0);
    close(other);
    put_much(s, 1000);
    assert_int_equal(stream_flush(s, false, &e), 0);
    assert_int_equal(stream_pending(s), 1000);
    assert_true(span_is(stream_input(s), "421 going down\r\n"));
    assert_int_equal(stream_flush(s, false, &e), -1);
    assert_int_equal(e.kind, ERR_CLOSED);
    assert_true(span_is(stream_input(s), "421 going down\r\n"));
    stream_free(s);
}

static int tcp_pair(int *other)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(server, 1), 0);
    assert_int_equal(getsockname(server, (struct sockaddr *)&at, &len), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, len), 0);
    *other = accept(server, NULL, NULL);
    assert_true(*other >= 0);
    close(server);
    return fd;
}

static void reset(int fd)
{
    struct linger now = { 1, 0 };
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
    close(fd);
}

static void test_last_words_before_a_reset(void **state)
{
    ERR e = { 0 };
    int other;
    struct stream *s = stream_new(tcp_pair(&other), no_trace);
    (void)state;
    stream_set_deadline(s, deadline_in(2000));
    assert_int_equal(io_write(other, "554 no\r\n", 8), 0);
    reset(other);
    put_much(s, 1000);
    assert_int_equal(stream_flush(s, false, &e), 0);
    assert_true(span_is(stream_input(s), "554 no\r\n"));
    assert_int_equal(stream_fill(s, &e), -1);
    assert_int_equal(e.kind, ERR_CLOSED);
    stream_free(s);
}

static void test_reset_while_reading(void **state)
{
    ERR e = { 0 };
    int other;
    struct stream *s = stream_new(tcp_pair(&other), no_trace);
    (void)state;
    stream_set_deadline(s, deadline_in(2000));
    reset(other);
    assert_int_equal(stream_fill(s, &e), -1);
    assert_int_equal(e.kind, ERR_CLOSED);
    assert_string_equal(e.text, "the server reset the connection");
    assert_int_equal(stream_fill(s, &e), -1);
    stream_free(s);
}

static void test_early_input_while_writing(void **state)
{
    ERR e = { 0 };
    int other;
    struct stream *s = pair(&other);
    (void)state;
    put_much(s, MUCH);
    assert_int_equal(io_write(other, "452 full\r\n", 10), 0);
    assert_int_equal(stream_flush(s, false, &e), 0);
    assert_in_range(stream_pending(s), 1, MUCH - 1);
    assert_true(span_is(stream_input(s), "452 full\r\n"));
    close(other);
    stream_free(s);
}

static void test_yield(void **state)
{
    ERR e = { 0 };
    int other;
    struct stream *s = pair(&other);
    (void)state;
    stream_put(s, SPAN("body"));
    assert_int_equal(stream_flush(s, true, &e), 0);
    assert_int_equal(stream_pending(s), 0);
    stream_put(s, SPAN("more"));
    assert_int_equal(io_write(other, "4", 1), 0);
    assert_int_equal(stream_flush(s, true, &e), 0);
    assert_int_equal(stream_pending(s), 4);
    assert_true(span_is(stream_input(s), "4"));
    assert_int_equal(stream_flush(s, true, &e), 0); /* nothing new came */
    assert_int_equal(stream_pending(s), 0);
    assert_int_equal(io_write(other, "52", 2), 0);
    stream_peek(s);
    assert_true(span_is(stream_input(s), "452"));
    close(other);
    stream_free(s);
}

/* Answers each octet with one octet, and reads nothing while it cannot write. */
static void echo(int fd, const void *context)
{
    char block[8192];
    ssize_t n;
    (void)context;
    while ((n = io_read(fd, block, sizeof block)) > 0)
        if (io_write(fd, block, (size_t)n) < 0)
            return;
}

static void test_no_dead_lock(void **state)
{
    ERR e = { 0 };
    int fd;
    size_t got = 0;
    (void)state;
    pid_t pid = other_end(echo, NULL, &fd);
    struct stream *s = stream_new(fd, no_trace);
    stream_set_deadline(s, deadline_in(20000));
    put_much(s, MUCH);
    while (got < MUCH) {
        assert_int_equal(stream_fill(s, &e), 1);
        got += stream_input(s).len;
        stream_consume(s, stream_input(s).len);
    }
    assert_int_equal(stream_pending(s), 0);
    assert_int_equal(got, MUCH);
    stream_free(s);
    assert_int_equal(peer_end(pid), 0);
}

static void test_no_tls_after_clear_text(void **state)
{
    ERR e = { 0 };
    int other;
    struct net_opts opts = { 0 };
    struct stream *s = pair(&other);
    (void)state;
    assert_int_equal(io_write(other, "220 go\r\n250 injected\r\n", 22), 0);
    assert_int_equal(stream_fill(s, &e), 1);
    stream_consume(s, 8);
    assert_int_equal(stream_start_tls(s, &opts, "mail.example", false, &e), -1);
    assert_int_equal(e.kind, ERR_PROTOCOL);
    assert_true(stream_is_over(s));
    close(other);
    stream_free(s);
}

static void test_bye_ends_sending(void **state)
{
    ERR e = { 0 };
    int other;
    struct stream *s = pair(&other);
    (void)state;
    stream_bye(s);
    stream_put(s, SPAN("x"));
    assert_int_equal(stream_flush(s, false, &e), -1);
    assert_int_equal(e.kind, ERR_CLOSED);
    close(other);
    stream_free(s);
}

static void test_local_literal(void **state)
{
    BUF tcp = { 0 };
    BUF unix_socket = { 0 };
    BUF memory = { 0 };
    BUF sent = { 0 };
    int others[2];
    struct stream *streams[] = { stream_new(tcp_pair(&others[0]), no_trace), pair(&others[1]),
                                 stream_new_memory(SPAN(""), 0, &sent, no_trace) };
    (void)state;
    stream_add_local_literal(streams[0], &tcp);
    stream_add_local_literal(streams[1], &unix_socket);
    stream_add_local_literal(streams[2], &memory);
    assert_string_equal(buf_string(&tcp), "[127.0.0.1]");
    assert_string_equal(buf_string(&unix_socket), "[127.0.0.1]");
    assert_string_equal(buf_string(&memory), "[127.0.0.1]");
    for (int i = 0; i < 3; i++)
        stream_free(streams[i]);
    close(others[0]);
    close(others[1]);
}

/* A signal leaves ten seconds at most, whatever the deadline says: seen here in that an earlier
 * deadline still holds and that the words change. In a child, for the flag cannot be taken back. */
static void wait_after_signal(int fd, const void *context)
{
    ERR e = { 0 };
    struct stream *s = stream_new(fd, no_trace);
    (void)context;
    sig_hold();
    raise(SIGTERM);
    stream_set_deadline(s, deadline_in(100));
    if (stream_fill(s, &e) != -1 || e.kind != ERR_TIMEOUT || !strstr(e.text, "signal 15"))
        _exit(1);
    stream_put(s, SPAN("?"));
    stream_set_deadline(s, deadline_in(60 * 60 * 1000));
    if (stream_fill(s, &e) != 1 || !span_is(stream_input(s), "late"))
        _exit(2);
    _exit(0);
}

static void test_signal(void **state)
{
    ERR e = { 0 };
    int fd;
    (void)state;
    pid_t pid = other_end(wait_after_signal, NULL, &fd);
    struct stream *s = stream_new(fd, no_trace);
    stream_set_deadline(s, deadline_in(5000));
    assert_int_equal(stream_fill(s, &e), 1);
    stream_put(s, SPAN("late"));
    assert_int_equal(stream_flush(s, false, &e), 0);
    assert_int_equal(peer_end(pid), 0);
    stream_free(s);
}

static void test_free_nothing(void **state)
{
    (void)state;
    stream_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_in_every_step),
        cmocka_unit_test(test_memory_consumed_in_every_part),
        cmocka_unit_test(test_memory_sends_when_told),
        cmocka_unit_test(test_trace),
        cmocka_unit_test(test_veil),
        cmocka_unit_test(test_no_tls_over_memory),
        cmocka_unit_test(test_endless_input),
        cmocka_unit_test(test_silence_times_out),
        cmocka_unit_test(test_listen),
        cmocka_unit_test(test_stalled_reader_times_out),
        cmocka_unit_test(test_put_large),
        cmocka_unit_test(test_babble_times_out),
        cmocka_unit_test(test_close),
        cmocka_unit_test(test_last_words_before_a_broken_pipe),
        cmocka_unit_test(test_last_words_before_a_reset),
        cmocka_unit_test(test_reset_while_reading),
        cmocka_unit_test(test_early_input_while_writing),
        cmocka_unit_test(test_yield),
        cmocka_unit_test(test_no_dead_lock),
        cmocka_unit_test(test_no_tls_after_clear_text),
        cmocka_unit_test(test_bye_ends_sending),
        cmocka_unit_test(test_local_literal),
        cmocka_unit_test(test_signal),
        cmocka_unit_test(test_free_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
