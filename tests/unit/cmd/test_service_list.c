/* The client's side of mailq through the service, against a service that says what a row wants. */
#include "cmd/service_list.h"

#include "../base/forked.h"
#include "../queue/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <fcntl.h>

/* At each bar it waits for a command. */
#define HELLO "220 host LMTP\r\n|250-host\r\n250 XQUEUE\r\n|"

struct place {
    struct scratch scratch;
    char path[64], out[64];
    bool json;
    int listener;
    pid_t server;
};

static void set_up(struct place *p)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    *p = (struct place){ 0 };
    scratch_open(&p->scratch);
    (void)snprintf(p->path, sizeof p->path, "%s/submit", p->scratch.above);
    (void)snprintf(p->out, sizeof p->out, "%s/out", p->scratch.above);
    memcpy(address.sun_path, p->path, strlen(p->path));
    p->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(p->listener, (const void *)&address, sizeof address), 0);
    assert_int_equal(listen(p->listener, 1), 0);
}

/* What it is asked goes into the file "asked". */
static _Noreturn void serve_one(int listener, const char *words)
{
    int fd = accept(listener, NULL, NULL);
    FILE *asked = fopen("asked", "we");
    for (bool more = true; more && asked;) {
        char room[256];
        size_t len = strcspn(words, "|");
        if (send(fd, words, len, MSG_NOSIGNAL) < 0)
            break;
        more = words[len];
        words += len + more;
        if (!more)
            shutdown(fd, SHUT_WR);
        ssize_t n = read(fd, room, sizeof room);
        if (n > 0)
            (void)fwrite(room, 1, (size_t)n, asked);
    }
    _exit(asked && fclose(asked) == 0 ? 0 : 1);
}

static void serve(struct place *p, const char *words)
{
    p->server = fork();
    if (p->server == 0)
        serve_one(p->listener, words);
}

/* 0, or the error's kind. */
static int ask(void *context)
{
    const struct place *p = context;
    struct err e = { 0 };
    int out = open(p->out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (dup2(out, STDOUT_FILENO) < 0)
        return 255;
    return service_list(p->path, p->json, &e) < 0 ? (int)e.kind : 0;
}

static struct buf read_file(const char *path)
{
    struct buf text = { 0 };
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    size_t n;
    while ((n = fread(buf_room(&text, 4096), 1, 4096, file)))
        buf_grew(&text, n);
    (void)fclose(file);
    return text;
}

static void tear_down(struct place *p)
{
    int status;
    if (p->server)
        assert_int_equal(waitpid(p->server, &status, 0), p->server);
    close(p->listener);
    assert_int_equal(chdir("/"), 0);
    scratch_remove(&p->scratch);
}

static void test_rows(void **state)
{
    static const struct {
        const char *said;
        enum err_kind kind;
        const char *shown;
    } rows[] = {
        { HELLO "250 The queue:\r\none\r\n..two\r\n\r\n.\r\n", ERR_NONE, "one\n.two\n\n" },
        { HELLO "250 The queue:\r\n.\r\n", ERR_NONE, "" },
        { HELLO "250 The queue:\r\none\r\ntw", ERR_CLOSED, "one\n" },
        { HELLO "250 The queue:\r\none\r\n", ERR_CLOSED, "one\n" },
        { HELLO "500 5.5.1 What?\r\n", ERR_TEMPORARY, "" },
        { "421 4.7.0 Too many connections\r\n", ERR_TEMPORARY, "" },
        { "220 host LMTP\r\n", ERR_CLOSED, "" },
        { "", ERR_CLOSED, "" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct place p;
        set_up(&p);
        assert_int_equal(chdir(p.scratch.above), 0);
        serve(&p, rows[i].said);
        assert_int_equal(forked(ask, &p), rows[i].kind);
        struct buf shown = read_file(p.out);
        assert_string_equal(buf_string(&shown), rows[i].shown);
        buf_done(&shown);
        tear_down(&p);
    }
}

static void test_what_is_asked(void **state)
{
    (void)state;
    for (int json = 0; json < 2; json++) {
        struct place p;
        int status;
        set_up(&p);
        p.json = json;
        assert_int_equal(chdir(p.scratch.above), 0);
        serve(&p, HELLO "250 The queue:\r\n.\r\n");
        assert_int_equal(forked(ask, &p), 0);
        assert_int_equal(waitpid(p.server, &status, 0), p.server);
        p.server = 0;
        struct buf asked = read_file("asked");
        assert_non_null(strstr(buf_string(&asked), json ? "XQUEUE JSON\r\n" : "XQUEUE TEXT\r\n"));
        buf_done(&asked);
        tear_down(&p);
    }
}

static void test_nobody_there(void **state)
{
    struct place p;
    (void)state;
    set_up(&p);
    assert_int_equal(close(p.listener), 0);
    p.listener = -1;
    assert_int_equal(forked(ask, &p), ERR_CONNECT);
    tear_down(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_what_is_asked),
        cmocka_unit_test(test_nobody_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
