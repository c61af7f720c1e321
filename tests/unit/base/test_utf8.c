#include "base/utf8.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

static const struct {
    struct span text;
    size_t len;
    uint32_t code;
} characters[] = {
    { SPAN("a"), 1, 'a' },
    { SPAN("\0"), 1, 0 },
    { SPAN("\x7F"), 1, 0x7F },
    { SPAN("\x80"), 0, 0 },
    { SPAN("\xBF"), 0, 0 },
    { SPAN("\xC0\x80"), 0, 0 },
    { SPAN("\xC1\xBF"), 0, 0 },
    { SPAN("\xC2\x80"), 2, 0x80 },
    { SPAN("\xC3\xA4rger"), 2, 0xE4 },
    { SPAN("\xDF\xBF"), 2, 0x7FF },
    { SPAN("\xC3"), 0, 0 },
    { SPAN("\xC3z"), 0, 0 },
    { SPAN("\xE0\x9F\xBF"), 0, 0 },
    { SPAN("\xE0\xA0\x80"), 3, 0x800 },
    { SPAN("\xE2\x82\xAC"), 3, 0x20AC },
    { SPAN("\xE2\x82"), 0, 0 },
    { SPAN("\xE2\x82z"), 0, 0 },
    { SPAN("\xED\x9F\xBF"), 3, 0xD7FF },
    { SPAN("\xED\xA0\x80"), 0, 0 },
    { SPAN("\xED\xBF\xBF"), 0, 0 },
    { SPAN("\xEF\xBF\xBF"), 3, 0xFFFF },
    { SPAN("\xF0\x8F\xBF\xBF"), 0, 0 },
    { SPAN("\xF0\x90\x80\x80"), 4, 0x10000 },
    { SPAN("\xF0\x9F\x93\xAC"), 4, 0x1F4EC },
    { SPAN("\xF0\x9F\x93"), 0, 0 },
    { SPAN("\xF4\x8F\xBF\xBF"), 4, 0x10FFFF },
    { SPAN("\xF4\x90\x80\x80"), 0, 0 },
    { SPAN("\xF5\x80\x80\x80"), 0, 0 },
    { SPAN("\xF8\x88\x80\x80\x80"), 0, 0 },
    { SPAN("\xFF"), 0, 0 },
    { { NULL, 0 }, 0, 0 },
};

static void test_next(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof characters / sizeof *characters; i++) {
        uint32_t code = 0;
        size_t len = utf8_next(characters[i].text, &code);
        if (len != characters[i].len || code != characters[i].code)
            fail_msg("row %zu: %zu octets, U+%04X", i, len, (unsigned)code);
        assert_int_equal(utf8_next(characters[i].text, NULL), len);
    }
}

static void test_valid_and_8bit(void **state)
{
    static const struct {
        struct span text;
        bool valid;
        bool has_8bit;
    } rows[] = {
        { { NULL, 0 }, true, false },
        { SPAN("plain"), true, false },
        { SPAN("gr\xC3\xBC\xC3\x9F"), true, true },
        { SPAN("gr\xFC\xDF"), false, true },
        { SPAN("a\0b"), true, false },
        { SPAN("cut \xE2\x82"), false, true },
        { SPAN("0123456789abcdef"), true, false },
        { SPAN("0123456\xC3\xBC"), true, true },
        { SPAN("0123456789abcdef\xFC"), false, true },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (utf8_is_valid(rows[i].text) != rows[i].valid ||
            utf8_has_8bit(rows[i].text) != rows[i].has_8bit)
            fail_msg("row %zu", i);
}

static void test_printable(void **state)
{
    static const struct {
        struct span text;
        const char *newline;
        const char *want;
    } rows[] = {
        { { NULL, 0 }, "|", "" },
        { SPAN("550 no \xC3\xA4 here"), "|", "550 no \xC3\xA4 here" },
        { SPAN("\x1B[2J"), "|", "\\x1b[2J" },
        { SPAN("a\tb\rc\nd"), "|", "a\\x09b\\x0dc|d" },
        { SPAN("\n\n"), "", "" },
        { SPAN("nul\0del\x7F"), "|", "nul\\x00del\\x7f" },
        { SPAN("\xC2\x9B[2J"), "|", "\\xc2\\x9b[2J" },
        { SPAN("\xC2\xA0"), "|", "\xC2\xA0" },
        { SPAN("\xFCx\xE2\x82"), "|", "\\xfcx\\xe2\\x82" },
        { SPAN("\xED\xA0\x80"), "|", "\\xed\\xa0\\x80" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF out = { 0 };
        utf8_add_printable(&out, rows[i].text, rows[i].newline);
        assert_string_equal(buf_string(&out), rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next),
        cmocka_unit_test(test_valid_and_8bit),
        cmocka_unit_test(test_printable),
    };
    return cmocka_run_group_tests_name("base/utf8", tests, NULL, NULL);
}
