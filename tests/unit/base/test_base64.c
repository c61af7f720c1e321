#include "base/base64.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

/* RFC 4648, section 10, and the two characters beyond the letters. */
static const struct {
    struct span plain;
    const char *coded;
} pairs[] = {
    { SPAN(""), "" },
    { SPAN("f"), "Zg==" },
    { SPAN("fo"), "Zm8=" },
    { SPAN("foo"), "Zm9v" },
    { SPAN("foob"), "Zm9vYg==" },
    { SPAN("fooba"), "Zm9vYmE=" },
    { SPAN("foobar"), "Zm9vYmFy" },
    { SPAN("\0user\0pass"), "AHVzZXIAcGFzcw==" },
    { SPAN("\xFF\xFE\xFB\xEF\xBE"), "//777"
                                    "74=" },
    { SPAN("\xFB\xEF\xBE\xFF\xFF\xFF"), "++++////" },
};

static void test_pairs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        BUF coded = { 0 }, plain = { 0 };
        base64_encode(&coded, pairs[i].plain);
        assert_string_equal(buf_string(&coded), pairs[i].coded);
        assert_int_equal(base64_length(pairs[i].plain.len), coded.len);
        assert_int_equal(base64_decode(&plain, span_of(pairs[i].coded)), 0);
        if (!span_eq(buf_span(&plain), pairs[i].plain))
            fail_msg("row %zu", i);
    }
}

static void test_bad(void **state)
{
    static const char *const rows[] = {
        "Z",    "Zg",    "Zg=",      "Zg===",    "=",      "==",    "===",     "====",
        "Z===", "Zm9v=", "Zg==Zg==", "Zm8=Zm8=", "Zm9v\n", " Zm9v", "Zm-v",    "Zm_v",
        "Zh==", "Zm9=",  "Zm9vZh==", "Zm=v",     "Zg=A",   "=g==",  "Zm\xC3v", "Zm9 ",
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF out = { 0 };
        buf_add_string(&out, "kept");
        if (base64_decode(&out, span_of(rows[i])) != -1)
            fail_msg("\"%s\" is accepted", rows[i]);
        assert_string_equal(buf_string(&out), "kept");
    }
}

static void test_every_octet(void **state)
{
    char octets[256];
    (void)state;
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (char)i;
    for (size_t len = 0; len <= sizeof octets; len++) {
        BUF coded = { .secret = true }, plain = { .secret = true };
        base64_encode(&coded, (struct span){ octets, len });
        assert_int_equal(coded.len, (len + 2) / 3 * 4);
        assert_int_equal(base64_decode(&plain, buf_span(&coded)), 0);
        assert_true(span_eq(buf_span(&plain), (struct span){ octets, len }));
    }
}

static void test_ceiling(void **state)
{
    BUF out = { .limit = 4 };
    (void)state;
    base64_encode(&out, SPAN("four"));
    assert_true(out.failed);
    assert_int_equal(out.len, 0);
    buf_clear(&out);
    assert_int_equal(base64_decode(&out, SPAN("Zm9vYmFy")), -1);
    assert_int_equal(out.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_every_octet),
        cmocka_unit_test(test_ceiling),
    };
    return cmocka_run_group_tests_name("base/base64", tests, NULL, NULL);
}
