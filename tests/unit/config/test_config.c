#include "config/config.h"

#include "config_fixture.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void refuse(struct fixture *f, enum err_kind kind, const char *want)
{
    ERR e = { 0 };
    struct config c = { 0 };
    assert_int_equal(fixture_load(f, &c, &e), -1);
    if (e.kind != kind || !strstr(e.text, want))
        fail_msg("%s", e.text);
    assert_int_equal(c.n_accounts, 0);
}

static void test_nothing(void **state)
{
    struct fixture f;
    (void)state;
    fixture_init(&f);
    struct config c = fixture_loaded(&f);
    assert_int_equal(c.n_accounts + c.files.n, 0);
    assert_string_equal(c.wanted, f.user);
    assert_string_equal(c.log.syslog, "mail");
    assert_int_equal(c.queue.mode, QUEUE_MODE_DIRECT);
    config_done(&c);
    f.ident.config = NULL;
    c = fixture_loaded(&f);
    assert_string_equal(c.wanted, f.system);
    config_done(&c);
    fixture_done(&f);
}

/* Whole values in quotation marks are noted; refused ones say what is wrong. */
static void test_quotes(void **state)
{
    struct fixture f;
    struct config c = { 0 };
    (void)state;
    fixture_init(&f);
    fixture_write(f.user,
                  "[defaults]\nfrom_name = 'Me'\n[account a]\nhost = a\nuser = me\"\n"
                  "password = \"secret\"\npassword_command = \"pass show\"\n"
                  "[account b]\nuser = \"a\" \"b\"\npassword = it's\n",
                  0600);
    c = fixture_loaded(&f);
    assert_int_equal(c.notes.n, 2);
    assert_non_null(strstr(c.notes.items[0], "config:2: the quotation marks are part of the from"));
    assert_non_null(strstr(c.notes.items[1], "config:6: the quotation marks are part of the pass"));
    assert_null(strstr(c.notes.items[1], "secret"));
    config_done(&c);
    fixture_write(f.user, "[account a]\nhost = \"smtp.example.com\"\n", 0600);
    refuse(&f, ERR_CONFIG, "config:2: host: its quotation marks are part of it; write it without");
    fixture_done(&f);
}

static void test_two_files(void **state)
{
    struct fixture f;
    ERR e = { 0 };
    struct config c = { 0 };
    (void)state;
    fixture_init(&f);
    fixture_write(f.system,
                  "[defaults]\nport = 25\ndomain = sys.example\n[account a]\nhost = sys-a\n"
                  "user = sys\n[account b]\nhost = sys-b\n[aliases]\nroot = sys@example.com\n"
                  "ops = ops@example.com\n[log]\nsyslog = off\nfile = /sys\n"
                  "[queue]\nmode = queue\nretry = 1m\nlifetime = 1d\n",
                  0644);
    fixture_write(f.user,
                  "[defaults]\nport = 26\n[account c]\nhost = user-c\n[account a]\nhost = user-a\n"
                  "[aliases]\nroot = user@example.com\n[log]\nfile = ~/log\n"
                  "[queue]\nmode = try\nretry = 5m, 1h\ndir = ~/spool\n",
                  0644);
    c = fixture_loaded(&f);
    assert_int_equal(c.n_accounts, 3);
    assert_string_equal(c.accounts[0].name, "c");
    assert_string_equal(c.accounts[1].name, "a");
    assert_string_equal(c.accounts[1].file, f.user);
    assert_string_equal(c.accounts[1].net.host.items[0], "user-a");
    assert_null(c.accounts[1].auth.user);
    assert_string_equal(c.accounts[2].name, "b");
    assert_string_equal(c.accounts[2].file, f.system);
    assert_int_equal(c.accounts[2].net.port, 26);
    assert_string_equal(c.accounts[2].smtp.domain, "sys.example");
    assert_string_equal(c.log.syslog, "off");
    assert_string_equal(c.log.file, arena_printf(&f.arena, "%s/log", f.ident.home));
    assert_int_equal(c.queue.mode, QUEUE_MODE_TRY);
    assert_int_equal(c.queue.retry_n, 2);
    assert_int_equal(c.queue.retry_s[1], 3600);
    assert_int_equal(c.queue.lifetime_ms, 86400000);
    assert_string_equal(c.queue.dir, arena_printf(&f.arena, "%s/spool", f.ident.home));
    assert_int_equal(c.origins[option_find(OPTION_QUEUE, SPAN("mode")) - option_table],
                     ORIGIN_CONFIG);
    assert_int_equal(c.origins[option_find(OPTION_QUEUE, SPAN("budget")) - option_table],
                     ORIGIN_UNSET);
    assert_int_equal(c.files.n, 2);
    assert_string_equal(c.files.items[0], f.system);
    struct addr_list list = { 0 };
    assert_int_equal(aliases_expand(&c.arena, &c.aliases, "root", &list, &e), 1);
    assert_string_equal(list.items[0].local, "user");
    config_done(&c);
    fixture_done(&f);
}

static void test_one_file_instead(void **state)
{
    struct fixture f;
    ERR e = { 0 };
    struct config c = { 0 };
    (void)state;
    fixture_init(&f);
    fixture_write(f.system, "[nonsense\n", 0644);
    fixture_write(f.user, "[account u]\n", 0644);
    const char *third = arena_printf(&f.arena, "%s/third", f.root);
    fixture_write(third, "[account t]\n", 0644);
    setenv("POSTBAG_CONFIG", f.user, 1);
    c = fixture_loaded(&f);
    assert_string_equal(c.accounts[0].name, "u");
    assert_string_equal(c.only, f.user);
    config_done(&c);
    assert_int_equal(chdir(f.root), 0);
    const char *const names[] = { third, "third" };
    for (size_t i = 0; i < 2; i++) {
        struct config_request request = { .ident = &f.ident,
                                          .file = names[i],
                                          .system_file = f.system };
        assert_int_equal(config_load(&request, &c, &e), 0);
        assert_int_equal(c.n_accounts, 1);
        assert_string_equal(c.accounts[0].name, "t");
        assert_string_equal(c.only, third);
        config_done(&c);
    }
    assert_int_equal(chdir("/"), 0);
    setenv("POSTBAG_CONFIG", "", 1);
    refuse(&f, ERR_CONFIG, "postbag.conf:1: no \"]\"");
    setenv("POSTBAG_CONFIG", "/nowhere/at/all", 1);
    refuse(&f, ERR_CONFIG, "/nowhere/at/all: cannot be read: No such file or directory");
    unsetenv("POSTBAG_CONFIG");
    fixture_done(&f);
}

static void test_file_of_root(void **state)
{
    struct fixture f;
    ERR e = { 0 };
    struct config c = { 0 };
    (void)state;
    fixture_init(&f);
    fixture_write(f.user, "[account u]\n", 0664);
    struct config_request request = {
        .ident = &f.ident, .file = f.user, .file_must_be_root = true, .system_file = f.system
    };
    assert_int_equal(config_load(&request, &c, &e), -1);
    assert_int_equal(e.kind, ERR_CONFIG);
    request.file = NULL;
    assert_int_equal(config_load(&request, &c, &e), 0);
    config_done(&c);
    fixture_done(&f);
}

static void test_secrets(void **state)
{
    struct fixture f;
    struct config c = { 0 };
    (void)state;
    fixture_init(&f);
    fixture_write(f.user, "[account a]\nuser = x\npassword = p;a ;ss # \"'$$$w\n", 0600);
    c = fixture_loaded(&f);
    assert_string_equal(c.accounts[0].auth.password, "p;a ;ss # \"'$$w");
    config_done(&c);
    fixture_write(f.user, "[account a]\nuser = x\npassword = y\n", 0644);
    refuse(&f, ERR_CONFIG, "config:3: a password in a file that everybody may read; chmod o-r");
    fixture_write(f.user, "[account a]\nuser = x\npassword = y\n", 0620);
    refuse(&f, ERR_CONFIG, "config:3: a password in a file that others may write; chmod go-w");
    f.ident.uid = getuid() + 1;
    if (getuid())
        refuse(&f, ERR_CONFIG, "config:3: a password in a file of another user");
    setenv("PB_PASSWORD", "from the environment", 1);
    fixture_write(f.user, "[account a]\nuser = x\npassword = ${PB_PASSWORD}\n", 0644);
    c = fixture_loaded(&f);
    assert_string_equal(c.accounts[0].auth.password, "from the environment");
    config_done(&c);
    fixture_done(&f);
}

static void test_url(void **state)
{
    struct fixture f;
    struct config c = { 0 };
    (void)state;
    fixture_init(&f);
    fixture_write(f.user,
                  "[defaults]\ntls = starttls\ndomain = x.example\n[account a]\n"
                  "default = yes\n[account env]\nport = 1\n",
                  0644);
    setenv("POSTBAG_URL", "smtps://me%40example.com:a%24%7BX%7D%24%24@mail.example.com", 1);
    c = fixture_loaded(&f);
    assert_int_equal(c.n_accounts, 2);
    const struct account *env = &c.accounts[0];
    assert_string_equal(env->name, "env");
    assert_string_equal(env->file, "POSTBAG_URL");
    assert_int_equal(env->line, 0);
    assert_true(env->is_default);
    assert_int_equal(env->net.tls, TLS_MODE_IMPLICIT);
    assert_int_equal(env->net.port, 465);
    assert_string_equal(env->auth.password, "a${X}$$");
    assert_string_equal(env->mail.from, "me@example.com");
    assert_string_equal(env->smtp.domain, "x.example");
    config_done(&c);
    setenv("POSTBAG_URL", "smtps://me:p@mail.example.com?prot=1", 1);
    refuse(&f, ERR_CONFIG, "POSTBAG_URL: unknown key \"prot\"; did you mean \"port\"?");
    setenv("POSTBAG_URL", "smtps://me:p@mail.example.com?timeout=x", 1);
    refuse(&f, ERR_CONFIG, "POSTBAG_URL: timeout: \"x\" is no duration");
    setenv("POSTBAG_URL", "smtps://me:p@mail.example.com?tls=off", 1);
    refuse(&f, ERR_CONFIG, "POSTBAG_URL: \"tls\" is given twice");
    setenv("POSTBAG_URL", "smtps://me:p%0a@mail.example.com", 1);
    refuse(&f, ERR_CONFIG, "POSTBAG_URL: password: a control character in the value");
    unsetenv("POSTBAG_URL");
    fixture_done(&f);
}

static void test_mistakes(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "[account a]\nhost\n", "config:2: no \"=\" in the line" },
        { "[account a]\nhots = x\n", "config:2: unknown key \"hots\"; did you mean \"host\"?" },
        { "[account a]\nport = x\n", "config:2: port: \"x\" is out of place" },
        { "[log]\nsyslog = x\n", "config:2: syslog: \"x\" is no syslog facility" },
        { "[log]\nfile = x\n", "config:2: file: \"x\" is no absolute path" },
        { "[queue]\nretry = 0\n", "config:2: retry: \"0\" is out of range" },
        { "[defaults]\nrate = 5\n", "config:2: rate: \"5\" is no rate" },
        { "[aliases]\n\nroot = a b@c\n", "config:3: " },
    };
    struct fixture f;
    (void)state;
    fixture_init(&f);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fixture_write(f.user, rows[i].text, 0600);
        refuse(&f, ERR_CONFIG, rows[i].want);
    }
    fixture_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),      cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_two_files),    cmocka_unit_test(test_one_file_instead),
        cmocka_unit_test(test_file_of_root), cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_url),          cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
