#include "config/draft.h"

#include "base/buf.h"
#include "config_fixture.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <stdlib.h>

static void test_sections(void **state)
{
    ARENA a = { 0 };
    struct draft draft = fixture_draft(&a, "[defaults]\n"
                                           "timeout = 10m\n"
                                           "[account  one]\n"
                                           "host = ${PB_HOST}\n"
                                           "user = a$$b\n"
                                           "[account you@example.com]\n"
                                           "[aliases]\n"
                                           "root = ${PB_HOST}\n"
                                           "Root-2 = x\n"
                                           "[log]\n"
                                           "syslog = off\n"
                                           "[queue]\n"
                                           "mode = try\n");
    (void)state;
    assert_string_equal(section_find(&draft.singles[SINGLE_QUEUE], "mode")->value, "try");
    assert_int_equal(draft.n_accounts, 2);
    assert_string_equal(draft.accounts[0].name, "one");
    assert_int_equal(draft.accounts[0].place.line, 3);
    assert_string_equal(section_find(&draft.accounts[0], "host")->value, "mail.example.com");
    assert_string_equal(section_find(&draft.accounts[0], "user")->value, "a$b");
    assert_int_equal(section_find(&draft.accounts[0], "user")->place.line, 5);
    assert_string_equal(draft.accounts[1].name, "you@example.com");
    assert_string_equal(section_find(&draft.singles[SINGLE_DEFAULTS], "timeout")->value, "10m");
    assert_string_equal(section_find(&draft.singles[SINGLE_ALIASES], "root-2")->value, "x");
    assert_string_equal(section_find(&draft.singles[SINGLE_LOG], "syslog")->value, "off");
    assert_null(draft.secret.file);
    assert_ptr_equal(draft_account(&draft, "one"), &draft.accounts[0]);
    assert_null(draft_account(&draft, "two"));
}

static void test_mistakes(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "[account]\n", "f:1: an account without a name; write [account NAME]" },
        { "[account a b]\n", "f:1: \"a b\" is no account name; write letters, digits, \".\", "
                             "\"_\", \"-\" and \"@\" only" },
        { "[Account a]\n", "f:1: unknown section [Account a]; did you mean [account NAME]?" },
        { "[default]\n", "f:1: unknown section [default]; did you mean [defaults]?" },
        { "[defaults x]\n", "f:1: unknown section [defaults x]; did you mean [defaults]?" },
        { "[smtp.example.com]\n", "f:1: unknown section [smtp.example.com]; write [account NAME], "
                                  "[defaults], [aliases], [log], [queue] or [serve]" },
        { "[queues]\n", "f:1: unknown section [queues]; did you mean [queue]?" },
        { "[queue]\nlife = 1d\n",
          "f:2: unknown key \"life\"; postbag.conf(5) lists those that may stand here" },
        { "[queue]\nlifetme = 1d\n", "f:2: unknown key \"lifetme\"; did you mean \"lifetime\"?" },
        { "[queue]\nfile = /x\n", "f:2: \"file\" does not belong here; write it below [log]" },
        { "[account a]\nmode = try\n",
          "f:2: \"mode\" does not belong here; write it below [queue]" },
        { "[queue]\n[account a]\n[queue]\n", "f:3: [queue] is there already in line 1; join them" },
        { "[served]\n", "f:1: unknown section [served]; did you mean [serve]?" },
        { "[account a]\n[log]\n[account a]\n",
          "f:3: [account a] is there already in line 1; join them or rename one" },
        { "[log]\n\n[log]\n", "f:3: [log] is there already in line 1; join them" },
        { "[account a]\n\nprot = 25\n", "f:3: unknown key \"prot\"; did you mean \"port\"?" },
        { "[account a]\ncolour = 25\n",
          "f:2: unknown key \"colour\"; postbag.conf(5) lists those that may stand here" },
        { "[account a]\noauth_tenant = x\n",
          "f:2: \"oauth_tenant\" is not available in this version; leave it out" },
        { "[defaults]\noauth = x\n",
          "f:2: \"oauth\" is not available in this version; leave it out" },
        { "[account a]\nsyslog = mail\n",
          "f:2: \"syslog\" does not belong here; write it below [log]" },
        { "[log]\nhost = mail\n",
          "f:2: \"host\" does not belong here; write it below [account NAME]" },
        { "[defaults]\nmatch = x\n",
          "f:2: \"match\" is a matter of one account; write it below [account NAME]" },
        { "[account a]\nport = 1\nuser = x\nport = 2\n",
          "f:4: \"port\" is there already in line 2; keep one of the two" },
        { "[aliases]\nroot = a@b.c\nROOT = d@e.f\n",
          "f:3: \"ROOT\" is there already in line 2; keep one of the two" },
        { "[account a]\nhost = ${PB_UNSET_1}\n",
          "f:2: the environment variable PB_UNSET_1 is not set; set it, or write $${PB_UNSET_1} "
          "if these characters themselves are meant" },
        { "[account a]\nhost = ${PB_EMPTY}\n",
          "f:2: the environment variable in \"${PB_EMPTY}\" is empty; set it, or leave the key "
          "out" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        ERR e = { 0 };
        struct ini_file file = { 0 };
        struct draft draft = { 0 };
        assert_int_equal(ini_read(&a, "f", span_of(rows[i].text), &file, &e), 0);
        assert_int_equal(draft_read(&a, &file, true, &draft, &e), -1);
        assert_int_equal(e.kind, ERR_CONFIG);
        assert_string_equal(e.text, rows[i].want);
    }
}

static void test_secret(void **state)
{
    static const struct {
        const char *text;
        unsigned line; /* 0: none */
    } rows[] = {
        { "[account a]\nuser = x\npassword = y\n", 3 },
        { "[defaults]\npassword = y\n[account a]\npassword = z\n", 2 },
        { "[account a]\npassword = ${PB_HOST}\n", 0 },
        { "[account a]\npassword = ${PB_HOST}x\n", 2 },
        { "[account a]\npassword =\n", 0 },
        { "[account a]\npassword_command = pass x\n", 0 },
        { "[aliases]\npassword = x\n", 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        struct draft draft = fixture_draft(&a, rows[i].text);
        assert_int_equal(draft.secret.line, rows[i].line);
        assert_int_equal(!!draft.secret.file, rows[i].line > 0);
    }
}

static void test_no_expansion(void **state)
{
    ARENA a = { 0 };
    ERR e = { 0 };
    struct draft draft = { 0 };
    struct ini_entry entries[] = { { "account env", NULL, "", 0 },
                                   { "account env", "password", "${PB_HOST}$$", 0 },
                                   { "account env", "user", "x", 0 } };
    struct ini_file file = { "POSTBAG_URL", entries, 3, 3 };
    (void)state;
    assert_int_equal(draft_read(&a, &file, false, &draft, &e), 0);
    assert_string_equal(draft.accounts[0].items[0].value, "${PB_HOST}$$");
    entries[2].key = "password";
    assert_int_equal(draft_read(&a, &file, false, &draft, &e), -1);
    assert_string_equal(e.text, "POSTBAG_URL: \"password\" is given twice; keep one of the two");
}

static void show(struct buf *to, const struct section *section)
{
    buf_addf(to, "[%s]", section->name ? section->name : "");
    for (size_t i = 0; i < section->n; i++)
        buf_addf(to, " %s=%s", section->items[i].key, section->items[i].value);
}

static void test_merge(void **state)
{
    ARENA a = { 0 };
    BUF got = { 0 };
    struct draft draft = fixture_draft(&a, "[defaults]\ntimeout=1m\nport=25\n"
                                           "[account a]\nport=1\nuser=x\n[account b]\n"
                                           "[aliases]\nroot=1\njoe=1\n[log]\nsyslog=off\n");
    struct draft later = fixture_draft(&a, "[defaults]\nport=26\ndomain=x\n"
                                           "[account c]\n[account a]\nport=2\n"
                                           "[aliases]\nROOT=2\n");
    (void)state;
    draft_merge(&a, &draft, &later);
    show(&got, &draft.singles[SINGLE_DEFAULTS]);
    show(&got, &draft.singles[SINGLE_ALIASES]);
    show(&got, &draft.singles[SINGLE_LOG]);
    for (size_t i = 0; i < draft.n_accounts; i++)
        show(&got, &draft.accounts[i]);
    assert_string_equal(buf_string(&got), "[] port=26 domain=x timeout=1m[] ROOT=2 joe=1"
                                          "[] syslog=off[c][a] port=2[b]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sections), cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_secret),   cmocka_unit_test(test_no_expansion),
        cmocka_unit_test(test_merge),
    };
    setenv("PB_HOST", "mail.example.com", 1);
    setenv("PB_EMPTY", "", 1);
    unsetenv("PB_UNSET_1");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
