/* A runner that watches, a server that it sends to, and somebody who waits for each message. */
#include "queue/runner.h"

#include "base/io.h"
#include "base/sig.h"
#include "queue/waiting.h"
#include "scratch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { LONG_MS = 20000, GUESTS = 8 };

/* ---- a server ---- */

/* Says on `events` "C" for a connection, "M" for a message, "Q" for QUIT, "E" when a client has
 * gone; closes all connections for an octet on `orders`, and answers "X". */
struct server {
    int listener, events, orders;
    struct guest {
        int fd; /* 0: nobody */
        bool data;
        struct buf in;
    } guests[GUESTS];
};

static void say(int fd, char event)
{
    if (write(fd, &event, 1) != 1)
        _exit(9);
}

static const char *answer(struct server *s, struct guest *g, struct span line)
{
    if (g->data) {
        g->data = !span_is(line, ".");
        if (g->data)
            return "";
        say(s->events, 'M');
        return "250 2.0.0 taken\r\n";
    }
    if (span_starts(line, "DATA"))
        return g->data = true, "354 go on\r\n";
    if (span_starts(line, "QUIT"))
        return say(s->events, 'Q'), "221 bye\r\n";
    if (span_starts(line, "RCPT TO:<no"))
        return "550 5.1.1 unknown here\r\n";
    if (span_starts(line, "RCPT TO:<later"))
        return "451 4.2.0 not now\r\n";
    return "250 fine\r\n";
}

static void close_guest(struct guest *g)
{
    close(g->fd);
    buf_done(&g->in);
    *g = (struct guest){ 0 };
}

static void hear_guest(struct server *s, struct guest *g)
{
    ssize_t got = read(g->fd, buf_room(&g->in, 4096), 4096);
    if (got <= 0) {
        say(s->events, 'E');
        close_guest(g);
        return;
    }
    buf_grew(&g->in, (size_t)got);
    const char *end;
    while ((end = memmem(g->in.at, g->in.len, "\r\n", 2)) != NULL) {
        struct span line = { g->in.at, (size_t)(end - g->in.at) };
        const char *words = answer(s, g, line);
        struct span rest = span_from(buf_span(&g->in), line.len + 2);
        struct buf left = { 0 };
        buf_add_span(&left, rest);
        buf_done(&g->in);
        g->in = left;
        if (io_write(g->fd, words, strlen(words)) < 0)
            return;
    }
}

static void welcome(struct server *s)
{
    static const char greeting[] = "220 test\r\n";
    int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
    for (size_t i = 0; i < GUESTS && fd >= 0; i++) {
        if (s->guests[i].fd)
            continue;
        s->guests[i].fd = fd;
        say(s->events, 'C');
        if (io_write(fd, greeting, sizeof greeting - 1) < 0)
            close_guest(&s->guests[i]);
        return;
    }
}

static void obey(struct server *s)
{
    char order;
    if (read(s->orders, &order, 1) != 1)
        _exit(0);
    for (size_t i = 0; i < GUESTS; i++)
        if (s->guests[i].fd)
            close_guest(&s->guests[i]);
    say(s->events, 'X');
}

static _Noreturn void serve(struct server *s)
{
    for (;;) {
        struct pollfd list[GUESTS + 2] = { { .fd = s->listener, .events = POLLIN },
                                           { .fd = s->orders, .events = POLLIN } };
        for (size_t i = 0; i < GUESTS; i++)
            list[i + 2] =
                (struct pollfd){ .fd = s->guests[i].fd ? s->guests[i].fd : -1, .events = POLLIN };
        poll(list, GUESTS + 2, -1);
        for (size_t i = 0; i < GUESTS; i++)
            if (list[i + 2].revents)
                hear_guest(s, &s->guests[i]);
        if (list[0].revents)
            welcome(s);
        if (list[1].revents)
            obey(s);
    }
}

/* ---- all of them ---- */

struct place {
    struct scratch scratch;
    struct spool spool;
    char config_path[80];
    struct config config;
    struct ident ident;
    pid_t server, runner;
    int events, orders;
    size_t seen[128]; /* how often each event has come */
};

static int listen_on(int *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static int start_server(struct place *p)
{
    int port, events[2], orders[2];
    int listener = listen_on(&port);
    assert_int_equal(pipe2(events, O_CLOEXEC), 0);
    assert_int_equal(pipe2(orders, O_CLOEXEC), 0);
    p->server = fork();
    if (p->server == 0) {
        close(orders[1]);
        struct server s = { .listener = listener, .events = events[1], .orders = orders[0] };
        serve(&s);
    }
    close(listener);
    close(events[1]);
    close(orders[0]);
    p->events = events[0];
    p->orders = orders[1];
    return port;
}

static void start_runner(struct place *p, int64_t idle_ms)
{
    p->runner = fork();
    if (p->runner)
        return;
    ERR e = { 0 };
    struct runner_totals totals;
    const struct runner_setup setup = { .spool = p->scratch.path,
                                        .config = &p->config,
                                        .ident = &p->ident,
                                        .mode = RUNNER_WATCH,
                                        .name = "test",
                                        .idle_ms = idle_ms };
    close(p->orders);
    if (!freopen("/dev/null", "w", stderr))
        _exit(9);
    int done = runner_run(&setup, &totals, &e);
    _exit(done < 0 ? 9 : totals.stop);
}

/* `bare`: somebody has begun to make the spool. */
static void set_up_spool(struct place *p, int64_t idle_ms, bool bare)
{
    ERR e = { 0 };
    BUF text = { 0 };
    *p = (struct place){ .ident = { .login = "me", .gecos = "", .host = "host.example.net" } };
    p->ident.uid = getuid();
    scratch_open(&p->scratch);
    p->spool = scratch_spool(&p->scratch);
    for (enum folder f = FOLDER_TMP; bare && f < FOLDERS; f++)
        assert_int_equal(unlinkat(p->spool.root, folder_name(f), AT_REMOVEDIR), 0);
    buf_addf(&text,
             "[account example]\nhost = 127.0.0.1\nport = %d\ntls = off\n"
             "auth = off\n[log]\nsyslog = off\n",
             start_server(p));
    scratch_write(&p->scratch, "config", buf_span(&text));
    snprintf(p->config_path, sizeof p->config_path, "%s/config", p->scratch.path);
    struct config_request request = { .ident = &p->ident, .file = p->config_path };
    if (config_load(&request, &p->config, &e) < 0)
        fail_msg("%s", e.text);
    start_runner(p, idle_ms);
}

static void set_up(struct place *p, int64_t idle_ms)
{
    set_up_spool(p, idle_ms, false);
}

static void stop_runner(struct place *p)
{
    int status = 0;
    kill(p->runner, SIGTERM);
    assert_int_equal(waitpid(p->runner, &status, 0), p->runner);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == SIGTERM);
    p->runner = 0;
}

static void tear_down(struct place *p)
{
    int status = 0;
    if (p->runner)
        stop_runner(p);
    close(p->orders);
    assert_int_equal(waitpid(p->server, &status, 0), p->server);
    close(p->events);
    config_done(&p->config);
    spool_close(&p->spool);
    scratch_remove(&p->scratch);
}

static void await_event(struct place *p, char wanted, size_t times)
{
    while (p->seen[(unsigned char)wanted] < times) {
        char event;
        struct pollfd news = { .fd = p->events, .events = POLLIN };
        assert_int_equal(poll(&news, 1, LONG_MS), 1);
        assert_int_equal(read(p->events, &event, 1), 1);
        p->seen[(unsigned char)event & 127]++;
    }
}

/* A message to one, and what is heard of it. */
static enum waiting_result put(struct place *p, const char *to, struct waiting *w)
{
    ERR e = { 0 };
    struct rcpt rcpt = { .wire = to, .original = to };
    struct stored stored = scratch_stored(100);
    struct entry entry = scratch_entry(&p->scratch, &stored);
    struct envelope envelope = { .sender = "me@example.com", .rcpts = &rcpt, .n_rcpts = 1 };
    struct route route = { .account = "example", .config = p->config_path };
    entry = entry_of(&p->scratch.arena, &route, &envelope, &stored);
    assert_int_equal(waiting_commit(&p->spool, &entry, &stored, w, &e), 1);
    stored_done(&stored);
    return waiting_for(w, deadline_in(LONG_MS));
}

static void deliver(struct place *p)
{
    struct waiting w;
    assert_int_equal(put(p, "bob@example.com", &w), WAITING_DECIDED);
    assert_int_equal(*w.marks, MARK_DELIVERED);
    assert_int_equal(w.replies[0].code, 250);
    assert_string_equal(w.replies[0].text, "taken");
    waiting_close(&w);
}

static void test_one_connection(void **state)
{
    (void)state;
    struct place p;
    set_up(&p, 60000);
    for (int i = 0; i < 5; i++)
        deliver(&p);
    await_event(&p, 'M', 5);
    assert_int_equal(p.seen['C'], 1);
    assert_int_equal(p.seen['Q'], 0);
    tear_down(&p);
}

static void test_no_rest(void **state)
{
    (void)state;
    struct place p;
    set_up(&p, 0);
    for (size_t i = 1; i < 4; i++) {
        deliver(&p);
        await_event(&p, 'E', i);
        assert_int_equal(p.seen['C'], i);
        assert_int_equal(p.seen['Q'], i);
    }
    tear_down(&p);
}

/* New mail is seen in folders that were not there when the runner started. */
static void test_a_spool_in_the_making(void **state)
{
    (void)state;
    struct place p;
    set_up_spool(&p, 0, true);
    for (size_t i = 1; i < 4; i++) {
        deliver(&p);
        await_event(&p, 'E', i);
    }
    tear_down(&p);
}

static void test_the_rest_ends(void **state)
{
    (void)state;
    struct place p;
    set_up(&p, 50);
    deliver(&p);
    await_event(&p, 'Q', 1);
    await_event(&p, 'E', 1);
    deliver(&p);
    await_event(&p, 'M', 2);
    assert_int_equal(p.seen['C'], 2);
    tear_down(&p);
}

/* It had enough of us: that is no failure. */
static void test_the_server_closes(void **state)
{
    (void)state;
    struct place p;
    set_up(&p, 60000);
    for (size_t i = 1; i < 4; i++) {
        deliver(&p);
        say(p.orders, 'x');
        await_event(&p, 'X', i);
    }
    deliver(&p);
    await_event(&p, 'M', 4);
    assert_int_equal(p.seen['C'], 4);
    tear_down(&p);
}

static void test_refused(void **state)
{
    (void)state;
    struct place p;
    struct waiting w;
    set_up(&p, 60000);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(put(&p, "no@example.com", &w), WAITING_DECIDED);
        assert_int_equal(*w.marks, MARK_REFUSED);
        assert_int_equal(w.replies[0].code, 550);
        assert_string_equal(w.replies[0].enhanced, "5.1.1");
        waiting_told(&w);
        waiting_close(&w);
    }
    deliver(&p);
    await_event(&p, 'M', 1);
    assert_int_equal(p.seen['C'], 1);
    stop_runner(&p);
    static const char *const folders[] = { "new", "defer", "hold", "failed", "sent" };
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(scratch_names(&p.scratch, folders[i]), 0);
    tear_down(&p);
}

static void test_deferred(void **state)
{
    (void)state;
    struct place p;
    struct waiting w;
    set_up(&p, 60000);
    assert_int_equal(put(&p, "later@example.com", &w), WAITING_KEPT);
    assert_int_equal(*w.marks, MARK_TODO);
    assert_int_equal(w.replies[0].code, 451);
    waiting_close(&w);
    tear_down(&p);
}

/* Heard at once, when it begins and while it lasts. */
static void test_trouble(void **state)
{
    (void)state;
    struct place p;
    struct waiting w;
    set_up(&p, 60000);
    deliver(&p);
    kill(p.server, SIGKILL);
    assert_int_equal(waitpid(p.server, NULL, 0), p.server);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(put(&p, "bob@example.com", &w), WAITING_KEPT);
        assert_int_equal(*w.marks, MARK_TODO);
        waiting_close(&w);
    }
    assert_int_equal(scratch_names(&p.scratch, "defer"), 3);
    close(p.orders);
    close(p.events);
    start_server(&p);
    tear_down(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_spool_in_the_making),
        cmocka_unit_test(test_one_connection),
        cmocka_unit_test(test_no_rest),
        cmocka_unit_test(test_the_rest_ends),
        cmocka_unit_test(test_the_server_closes),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_deferred),
        cmocka_unit_test(test_trouble),
    };
    sig_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
