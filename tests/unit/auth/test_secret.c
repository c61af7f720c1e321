#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/secret.h"
#include "base/io.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each test works in a private directory. */
static char home[] = "/tmp/postbag-secret-XXXXXX";

static int make_home(void **state)
{
    (void)state;
    return mkdtemp(home) ? 0 : -1;
}

static int remove_home(void **state)
{
    (void)state;
    return rmdir(home);
}

static void path_of(struct buf *to, const char *name)
{
    buf_clear(to);
    buf_addf(to, "%s/%s", home, name);
}

static void write_file(const char *path, struct span text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(io_write(fd, text.at, text.len), 0);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

/* One call of secret_get and all it gives. */
struct call {
    struct auth_opts opts;
    struct arena arena;
    struct buf password;
    struct strlist notes;
    struct err e;
};

static void call_done(struct call *c)
{
    arena_wipe(&c->arena);
    buf_done(&c->password);
    err_done(&c->e);
}

#define CALL CLEANUP(call_done) struct call

static int call_get(struct call *c)
{
    const struct ident who = { .home = home };
    c->opts.who = &who;
    return secret_get(&c->opts, deadline_in(60000), &c->arena, &c->password, &c->notes, &c->e);
}

static void expect_password(struct call *c, const char *password)
{
    assert_int_equal(call_get(c), 0);
    assert_string_equal(buf_string(&c->password), password);
    assert_true(c->password.secret);
    assert_int_equal(c->e.kind, ERR_NONE);
}

static void expect_failure(struct call *c, enum err_kind kind, const char *text)
{
    assert_int_equal(call_get(c), -1);
    assert_int_equal(c->e.kind, kind);
    assert_non_null(strstr(c->e.text, text));
    assert_int_equal(c->password.len, 0);
    assert_int_equal(c->notes.n, 0);
    if (strstr(c->e.text, "sesame") || (c->e.hint && strstr(c->e.hint, "sesame")))
        fail_msg("the message shows the secret: %s", c->e.text);
}

static void the_source_is_named(void **state)
{
    (void)state;
    assert_null(secret_source(&(struct auth_opts){ 0 }));
    assert_string_equal(secret_source(&(struct auth_opts){ .password = "x" }), "password");
    assert_string_equal(secret_source(&(struct auth_opts){ .password_file = "x" }),
                        "password_file");
    assert_string_equal(secret_source(&(struct auth_opts){ .password_command = "x" }),
                        "password_command");
    assert_string_equal(secret_source(&(struct auth_opts){ .password_credential = "x" }),
                        "password_credential");
    assert_string_equal(secret_source(&(struct auth_opts){ .password_env = "x" }), "password_env");
    assert_string_equal(secret_source(&(struct auth_opts){ .netrc = "x" }), "netrc");
    assert_int_equal(auth_opts_sources(&(struct auth_opts){ .user = "x" }), 0);
    assert_int_equal(auth_opts_sources(&(struct auth_opts){ .netrc = "x", .password = "x" }), 2);
}

static void no_source_is_an_error_that_helps(void **state)
{
    (void)state;
    CALL c = { 0 };
    expect_failure(&c, ERR_CONFIG, "there is no password");
    assert_non_null(strstr(c.e.hint, "password_command"));
}

static void a_literal_is_taken_as_it_stands(void **state)
{
    static const char *const rows[] = { "sesame", " p;w = #\"'\\$x ", "two\nlines\r\n" };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CALL c = { .opts.password = rows[i] };
        expect_password(&c, rows[i]);
    }
    CALL c = { .opts.password = "" };
    expect_failure(&c, ERR_CONFIG, "password: the password is empty");
}

static void the_first_line_of_a_file_is_taken(void **state)
{
    static const struct {
        struct span text;
        const char *password; /* NULL: refused */
    } rows[] = {
        { SPAN("sesame"), "sesame" },
        { SPAN("sesame\n"), "sesame" },
        { SPAN("sesame\r\n"), "sesame" },
        { SPAN("sesame\r\r\n"), "sesame" },
        { SPAN(" ses\tame \nother\n"), " ses\tame " },
        { SPAN("ses\rame\n"), "ses\rame" },
        { SPAN(""), NULL },
        { SPAN("\n"), NULL },
        { SPAN("\r\n"), NULL },
        { SPAN("\nsesame\n"), NULL },
        { SPAN("sesame\0\n"), NULL },
    };
    (void)state;
    BUF path = { 0 };
    path_of(&path, "file");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CALL c = { .opts.password_file = buf_string(&path) };
        write_file(buf_string(&path), rows[i].text, 0600);
        if (rows[i].password)
            expect_password(&c, rows[i].password);
        else
            expect_failure(&c, ERR_CONFIG, "password_file: the password ");
        assert_int_equal(c.notes.n, 0);
    }
    unlink(buf_string(&path));
}

static void the_mode_of_a_file_counts(void **state)
{
    static const struct {
        mode_t mode;
        bool taken, noted;
    } rows[] = {
        { 0600, true, false },  { 0400, true, false },  { 0700, true, false },
        { 0640, true, true },   { 0444, true, true },   { 0604, true, true },
        { 0620, false, false }, { 0602, false, false }, { 0666, false, false },
    };
    (void)state;
    BUF path = { 0 };
    path_of(&path, "file");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CALL c = { .opts.password_file = buf_string(&path) };
        write_file(buf_string(&path), SPAN("sesame\n"), rows[i].mode);
        if (rows[i].taken)
            expect_password(&c, "sesame");
        else
            expect_failure(&c, ERR_CONFIG, "group or others may write it");
        assert_int_equal(c.notes.n, rows[i].noted);
        if (rows[i].noted)
            assert_non_null(strstr(c.notes.items[0], "group or others may read it"));
        unlink(buf_string(&path));
    }
}

static void only_an_own_regular_file_is_taken(void **state)
{
    (void)state;
    BUF file = { 0 }, link = { 0 }, fifo = { 0 }, none = { 0 };
    path_of(&file, "file");
    path_of(&link, "link");
    path_of(&fifo, "fifo");
    path_of(&none, "missing");
    write_file(buf_string(&file), SPAN("sesame\n"), 0600);
    assert_int_equal(symlink("file", buf_string(&link)), 0);
    assert_int_equal(mkfifo(buf_string(&fifo), 0600), 0);

    CALL linked = { .opts.password_file = buf_string(&link) };
    expect_password(&linked, "sesame");
    CALL piped = { .opts.password_file = buf_string(&fifo) };
    expect_failure(&piped, ERR_CONFIG, "not a regular file");
    CALL directory = { .opts.password_file = home };
    expect_failure(&directory, ERR_CONFIG, "not a regular file");
    CALL device = { .opts.password_file = "/dev/null" };
    expect_failure(&device, ERR_CONFIG, "not a regular file");
    CALL missing = { .opts.password_file = buf_string(&none) };
    expect_failure(&missing, ERR_CONFIG, "missing: No such file");

    unlink(buf_string(&file));
    unlink(buf_string(&link));
    unlink(buf_string(&fifo));
}

static void a_home_is_needed_for_the_tilde(void **state)
{
    (void)state;
    CALL c = { .opts.password_command = "cat ~/file" };
    assert_int_equal(secret_get(&c.opts, deadline_in(0), &c.arena, &c.password, &c.notes, &c.e),
                     -1);
    assert_int_equal(c.e.kind, ERR_CONFIG);
    assert_non_null(strstr(c.e.text, "no home"));
}

static void a_huge_file_is_refused(void **state)
{
    (void)state;
    BUF path = { 0 }, text = { 0 };
    path_of(&path, "file");
    buf_add_string(&text, "sesame\n");
    while (text.len <= 64 * 1024)
        buf_add_string(&text, "more and more\n");
    write_file(buf_string(&path), buf_span(&text), 0600);
    CALL c = { .opts.password_file = buf_string(&path) };
    expect_failure(&c, ERR_CONFIG, buf_string(&path));
    unlink(buf_string(&path));
}

static void the_file_of_another_user_is_refused(void **state)
{
    (void)state;
    if (getuid() != 0)
        skip();
    BUF path = { 0 };
    path_of(&path, "file");
    write_file(buf_string(&path), SPAN("sesame\n"), 0600);
    assert_int_equal(chown(buf_string(&path), 12345, 0), 0);
    CALL c = { .opts.password_file = buf_string(&path) };
    expect_failure(&c, ERR_CONFIG, "belongs to another user");
    unlink(buf_string(&path));
}

static void a_credential_stands_below_its_folder(void **state)
{
    (void)state;
    BUF path = { 0 };
    path_of(&path, "mail");
    write_file(buf_string(&path), SPAN("sesame\nother\n"), 0440);
    unsetenv("CREDENTIALS_DIRECTORY");
    CALL nowhere = { .opts.password_credential = "mail" };
    expect_failure(&nowhere, ERR_CONFIG, "there is no CREDENTIALS_DIRECTORY");
    assert_non_null(strstr(nowhere.e.hint, "LoadCredential=mail:PATH"));
    setenv("CREDENTIALS_DIRECTORY", "relative", 1);
    CALL relative = { .opts.password_credential = "mail" };
    expect_failure(&relative, ERR_CONFIG, "there is no CREDENTIALS_DIRECTORY");
    setenv("CREDENTIALS_DIRECTORY", home, 1);
    CALL good = { .opts.password_credential = "mail" };
    expect_password(&good, "sesame");
    assert_int_equal(good.notes.n, 0);
    CALL missing = { .opts.password_credential = "other" };
    expect_failure(&missing, ERR_CONFIG, "password_credential ");
    unlink(buf_string(&path));
    unsetenv("CREDENTIALS_DIRECTORY");
}

static void a_variable_is_taken_as_it_stands(void **state)
{
    (void)state;
    CALL good = { .opts = { .password_env = "X", .env_password = " ses\tame" } };
    expect_password(&good, " ses\tame");
    CALL unset = { .opts.password_env = "X" };
    expect_failure(&unset, ERR_CONFIG, "password_env: there is no variable X");
    CALL empty = { .opts = { .password_env = "X", .env_password = "" } };
    expect_failure(&empty, ERR_CONFIG, "password_env: the password is empty");
}

static void a_netrc_is_asked_for_every_host(void **state)
{
    static const char *hosts[] = { "first.example", "second.example" };
    static const struct auth_opts opts = { .user = "me",
                                           .netrc = "yes",
                                           .machines = { hosts, 2, 2 } };
    (void)state;
    BUF path = { 0 };
    path_of(&path, ".netrc");
    CALL none = { .opts = opts };
    expect_failure(&none, ERR_CONFIG, "No such file");
    write_file(buf_string(&path), SPAN("machine second.example login me password sesame"), 0600);
    CALL good = { .opts = opts };
    expect_password(&good, "sesame");
    CALL other = { .opts = opts };
    other.opts.user = "you";
    expect_failure(&other, ERR_CONFIG, "no password for machine first.example, login you");
    assert_non_null(strstr(other.e.hint, "machine first.example login you password"));
    write_file(buf_string(&path), SPAN("machine x\nsesame"), 0600);
    CALL broken = { .opts = opts };
    expect_failure(&broken, ERR_CONFIG, "line 2: neither");
    write_file(buf_string(&path), SPAN("machine second.example password sesame"), 0644);
    CALL open_to_all = { .opts = opts };
    expect_failure(&open_to_all, ERR_CONFIG, "others may read it");
    unlink(buf_string(&path));
}

static void a_command_gives_its_first_line(void **state)
{
    static const struct {
        const char *command, *password;
    } rows[] = {
        { "echo sesame", "sesame" },
        { "printf 'ses ame'", "ses ame" },
        { "printf 'sesame\\r\\n'", "sesame" },
        { "sh -c 'echo sesame; echo other; echo noise >/dev/null'", "sesame" },
        { "echo '$HOME' '*'", "$HOME *" },
        { "sh -c 'cat; echo end'", "end" },
        { "/bin/echo '~/x' ~/x", NULL },
    };
    (void)state;
    BUF tilde = { 0 };
    buf_addf(&tilde, "~/x %s/x", home);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CALL c = { .opts.password_command = rows[i].command };
        expect_password(&c, rows[i].password ? rows[i].password : buf_string(&tilde));
        assert_int_equal(c.notes.n, 0);
    }
}

static void a_command_that_fails_gives_nothing(void **state)
{
    static const struct {
        const char *command;
        enum err_kind kind;
        const char *text;
    } rows[] = {
        { "sh -c 'echo sesame; exit 75'", ERR_TEMPORARY, "password_command: exit status 75" },
        { "sh -c 'echo sesame; exit 1'", ERR_CONFIG, "password_command: exit status 1" },
        { "sh -c 'echo sesame; exit 78'", ERR_CONFIG, "password_command: exit status 78" },
        { "sh -c 'echo sesame; kill -9 $$'", ERR_CONFIG, "password_command: killed by signal 9" },
        { "true", ERR_CONFIG, "password_command: the password is empty" },
        { "echo", ERR_CONFIG, "password_command: the password is empty" },
        { "printf 'ses\\0ame'", ERR_CONFIG, "password_command: the password has a NUL" },
        { "head -c 70000 /dev/zero", ERR_CONFIG, "password_command: " },
        { "/nonexistent/program sesame", ERR_CONFIG, "password_command: " },
        { "echo 'sesame", ERR_CONFIG, "password_command: " },
        { "", ERR_CONFIG, "password_command: " },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CALL c = { .opts.password_command = rows[i].command };
        expect_failure(&c, rows[i].kind, rows[i].text);
    }
}

static void a_command_has_a_deadline(void **state)
{
    (void)state;
    CALL c = { .opts.password_command = "sleep 600" };
    int64_t start = clock_ms();
    int status = secret_get(&c.opts, deadline_in(50), &c.arena, &c.password, &c.notes, &c.e);
    assert_int_equal(status, -1);
    assert_int_equal(c.e.kind, ERR_TIMEOUT);
    assert_non_null(strstr(c.e.text, "password_command"));
    assert_true(clock_ms() - start < 60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_source_is_named),
        cmocka_unit_test(no_source_is_an_error_that_helps),
        cmocka_unit_test(a_literal_is_taken_as_it_stands),
        cmocka_unit_test(the_first_line_of_a_file_is_taken),
        cmocka_unit_test(the_mode_of_a_file_counts),
        cmocka_unit_test(only_an_own_regular_file_is_taken),
        cmocka_unit_test(a_home_is_needed_for_the_tilde),
        cmocka_unit_test(a_huge_file_is_refused),
        cmocka_unit_test(the_file_of_another_user_is_refused),
        cmocka_unit_test(a_credential_stands_below_its_folder),
        cmocka_unit_test(a_variable_is_taken_as_it_stands),
        cmocka_unit_test(a_netrc_is_asked_for_every_host),
        cmocka_unit_test(a_command_gives_its_first_line),
        cmocka_unit_test(a_command_that_fails_gives_nothing),
        cmocka_unit_test(a_command_has_a_deadline),
    };
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
