#include "base/err.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

static void test_set(void **state)
{
    ERR e = { 0 };
    (void)state;
    assert_int_equal(err_set(&e, ERR_DATA, "line %d", 3), -1);
    assert_int_equal(e.kind, ERR_DATA);
    assert_string_equal(e.text, "line 3");
    err_hint(&e, "write %s", "x");
    err_hint(&e, "write %s", "y");
    assert_string_equal(e.hint, "write y");
    e.code = 550;
    e.reply = mem_string("no");
    assert_int_equal(err_system(&e, ERR_IO, ENOENT, "read %s: %s", "x", e.text), -1);
    assert_int_equal(e.kind, ERR_IO);
    assert_string_equal(e.text, "read x: line 3: No such file or directory");
    assert_int_equal(e.code, 0);
    assert_null(e.hint);
    assert_null(e.reply);
}

static void test_context(void **state)
{
    ERR e = { 0 };
    (void)state;
    err_set(&e, ERR_CONNECT, "refused");
    e.code = 421;
    err_context(&e, "host %s", "h");
    err_context(&e, "account %s", "a");
    assert_string_equal(e.text, "account a: host h: refused");
    assert_int_equal(e.code, 421);
}

static void test_move_and_copy(void **state)
{
    ERR a = { 0 }, b = { 0 }, c = { 0 };
    (void)state;
    err_set(&a, ERR_REPLY, "refused");
    err_hint(&a, "hint");
    a.code = 550;
    memcpy(a.enhanced, "5.1.1", sizeof "5.1.1");
    a.reply = mem_string("User unknown");
    err_set(&b, ERR_DATA, "old");
    err_copy(&b, &a);
    assert_ptr_not_equal(a.text, b.text);
    err_set(&c, ERR_DATA, "old");
    err_move(&c, &a);
    assert_null(a.text);
    assert_int_equal(a.kind, ERR_NONE);
    for (struct err *e = &b; e; e = e == &b ? &c : NULL) {
        assert_int_equal(e->kind, ERR_REPLY);
        assert_int_equal(e->code, 550);
        assert_string_equal(e->enhanced, "5.1.1");
        assert_string_equal(e->text, "refused");
        assert_string_equal(e->reply, "User unknown");
        assert_string_equal(e->hint, "hint");
    }
    err_copy(&b, &a);
    assert_int_equal(b.kind, ERR_NONE);
    assert_null(b.text);
}

static void test_temporary(void **state)
{
    static const struct {
        enum err_kind kind;
        int code;
        bool temporary;
    } rows[] = {
        { ERR_NONE, 0, false },     { ERR_LIBRARY, 0, false },  { ERR_CONFIG, 0, false },
        { ERR_LOOKUP, 0, true },    { ERR_CONNECT, 0, true },   { ERR_TIMEOUT, 0, true },
        { ERR_CLOSED, 0, true },    { ERR_TEMPORARY, 0, true }, { ERR_AMBIGUOUS, 0, true },
        { ERR_PROTOCOL, 0, false }, { ERR_TLS, 0, false },      { ERR_CERTIFICATE, 0, false },
        { ERR_AUTH, 454, false },   { ERR_REPLY, 399, false },  { ERR_REPLY, 400, true },
        { ERR_REPLY, 421, true },   { ERR_REPLY, 499, true },   { ERR_REPLY, 500, false },
        { ERR_REPLY, 550, false },  { ERR_NOHOST, 0, false },   { ERR_NOUSER, 0, false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err e = { .kind = rows[i].kind, .code = rows[i].code };
        if (err_is_temporary(&e) != rows[i].temporary)
            fail_msg("row %zu", i);
    }
}

static void test_names(void **state)
{
    (void)state;
    for (int kind = ERR_NONE + 1; kind <= ERR_REPLY; kind++) {
        assert_non_null(err_kind_name((enum err_kind)kind));
        for (int other = ERR_NONE; other < kind; other++)
            assert_string_not_equal(err_kind_name((enum err_kind)kind),
                                    err_kind_name((enum err_kind)other));
    }
    assert_string_equal(err_kind_name(ERR_CERTIFICATE), "certificate");
}

static void test_kind_of(void **state)
{
    static const struct {
        int errnum;
        enum err_kind want;
    } rows[] = {
        { ENOENT, ERR_CONFIG }, { EACCES, ERR_CONFIG }, { 0, ERR_CONFIG },
        { EMFILE, ERR_SYSTEM }, { ENFILE, ERR_SYSTEM }, { ENOMEM, ERR_SYSTEM },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(err_kind_of(rows[i].errnum, ERR_CONFIG), rows[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set),           cmocka_unit_test(test_context),
        cmocka_unit_test(test_move_and_copy), cmocka_unit_test(test_temporary),
        cmocka_unit_test(test_names),         cmocka_unit_test(test_kind_of),
    };
    return cmocka_run_group_tests_name("base/err", tests, NULL, NULL);
}
