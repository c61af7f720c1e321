/* A session as its client sees it, and what it leaves in the spool. It runs in a process of its
 * own, as in the service. */
#include "cmd/serve_session.h"

#include "base/clock.h"
#include "serve_fixture.h"
#include "smtp/arguments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define HELLO  "LHLO client\r\n"
#define TO_BOB "MAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.net>\r\n"
#define TEXT   "Subject: x\r\n\r\nHello\r\n"

struct talk {
    struct serve_place place;
    int fd;
    pid_t pid;
};

static void begin(struct talk *t, bool lmtp)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    const struct serve_peer peer = { 4711, 4711, 4712, true };
    t->pid = fork();
    if (t->pid == 0) {
        close(pair[0]);
        _exit(serve_session_run(&t->place.serve, pair[1], &peer, lmtp, NULL));
    }
    close(pair[1]);
    t->fd = pair[0];
}

static void say(const struct talk *t, struct span octets)
{
    assert_int_equal(send(t->fd, octets.at, octets.len, MSG_NOSIGNAL), octets.len);
}

/* All that it says from here on, to its end. */
static void hear(const struct talk *t, struct buf *ret)
{
    ssize_t n;
    do
        n = read(t->fd, buf_room(ret, 4096), 4096);
    while (n > 0 && (buf_grew(ret, (size_t)n), true));
}

/* Its exit status. */
static int end(struct talk *t)
{
    int status;
    close(t->fd);
    assert_int_equal(waitpid(t->pid, &status, 0), t->pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_rows(void **state)
{
    static const struct {
        const char *what, *lines;
        bool smtp;
        const char *said;
        const char *heard; /* at the end of all replies */
        size_t kept;
    } rows[] = {
        { "a message", "", false, HELLO TO_BOB "DATA\r\n" TEXT ".\r\nQUIT\r\n", "Bye\r\n", 1 },
        { "by BDAT", "", false, HELLO TO_BOB "BDAT 21 LAST\r\n" TEXT "QUIT\r\n", "Bye\r\n", 1 },
        { "by SMTP", "", true, "EHLO c\r\n" TO_BOB "DATA\r\n" TEXT ".\r\nQUIT\r\n", "Bye\r\n", 1 },
        { "half a message", "", false, HELLO TO_BOB "DATA\r\nSubject: x\r\n\r\nHel", "354 ", 0 },
        { "no end", "", false, HELLO TO_BOB "DATA\r\n" TEXT, "354 ", 0 },
        { "half a chunk", "", false, HELLO TO_BOB "BDAT 99 LAST\r\n" TEXT, "", 0 },
        { "two", "", false, HELLO TO_BOB "BDAT 21 LAST\r\n" TEXT TO_BOB "BDAT 21 LAST\r\n" TEXT, "",
          2 },
        { "nobody", "users = nobody", false, HELLO TO_BOB,
          "550 5.7.1 User uid-4711 may not send here\r\n", 0 },
        { "no sender", "senders = uid-4711:*@example.com", false, HELLO TO_BOB, "550 5.7.1 ", 0 },
        { "too large", "user_max_size = 20", false, HELLO TO_BOB "DATA\r\n" TEXT ".\r\n",
          "552 5.3.4 The message is too large\r\n", 0 },
        { "too many", "user_rate = 1/d", false, HELLO TO_BOB "BDAT 21 LAST\r\n" TEXT TO_BOB,
          "451 4.7.1 ", 1 },
        { "garbage", "", false, "\x16\x03\x01\r\n", "500 ", 0 },
        { "nothing", "", false, "", "LMTP\r\n", 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct talk t;
        BUF heard = { 0 };
        serve_place_open(&t.place, rows[i].lines);
        begin(&t, !rows[i].smtp);
        say(&t, span_of(rows[i].said));
        shutdown(t.fd, SHUT_WR);
        hear(&t, &heard);
        end(&t);
        bool found = strstr(buf_string(&heard), rows[i].heard) != NULL;
        size_t kept = scratch_names(&t.place.scratch, "new");
        if (!found || kept != rows[i].kept || scratch_names(&t.place.scratch, "tmp"))
            fail_msg("%s: %zu kept; %s", rows[i].what, kept, buf_string(&heard));
        serve_place_close(&t.place);
    }
}

/* Whose it is, as the kernel said; and its name is the answer's. */
static void test_what_is_kept(void **state)
{
    struct talk t;
    BUF heard = { 0 };
    struct queue_id id;
    (void)state;
    serve_place_open(&t.place, "");
    begin(&t, true);
    say(&t, SPAN(HELLO TO_BOB "BDAT 21 LAST\r\n" TEXT "QUIT\r\n"));
    hear(&t, &heard);
    assert_int_equal(end(&t), 0);
    const char *at = strstr(buf_string(&heard), "queued as ");
    assert_non_null(at);
    struct span name = { at + strlen("queued as "), QUEUE_ID_SIZE };
    assert_int_equal(queue_id_parse(name, &id), 0);
    BUF path = { 0 };
    buf_addf(&path, "new/%s", id.text);
    struct buf file = scratch_read(&t.place.scratch, buf_string(&path));
    assert_non_null(strstr(buf_string(&file), "\nuid 4711\n"));
    assert_non_null(strstr(buf_string(&file), "bob@example.net"));
    assert_non_null(strstr(buf_string(&file), "\r\n\r\nHello\r\n"));
    buf_done(&file);
    serve_place_close(&t.place);
}

static void give(struct talk *t, const char *nonce, const char *answer)
{
    BUF said = { 0 };
    BUF heard = { 0 };
    begin(t, true);
    buf_addf(&said, HELLO "MAIL FROM:<ann@example.org> XNONCE=%s\r\n", nonce);
    buf_add_string(&said, "RCPT TO:<bob@example.net>\r\nBDAT 21 LAST\r\n" TEXT "QUIT\r\n");
    say(t, buf_span(&said));
    hear(t, &heard);
    end(t);
    if (!strstr(buf_string(&heard), answer))
        fail_msg("%s: %s", nonce, buf_string(&heard));
}

/* A message that is given again is the same, and not counted. */
static void test_nonce(void **state)
{
    struct talk t;
    char nonces[2][NONCE_SIZE + 1];
    ERR e = { 0 };
    (void)state;
    serve_place_open(&t.place, "user_rate = 1/d");
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(queue_nonce_new(clock_wall_us(), nonces[i], &e), 0);
    for (int i = 0; i < 3; i++)
        give(&t, nonces[0], "250 2.0.0 queued as ");
    give(&t, nonces[1], "451 4.7.1 ");
    assert_int_equal(scratch_names(&t.place.scratch, "new"), 1);
    serve_place_close(&t.place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_what_is_kept),
        cmocka_unit_test(test_nonce),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
