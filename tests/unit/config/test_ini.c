#include "config/ini.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

/* "line section key=value" for each entry, "line [section]" for each section. */
static void show(struct buf *to, const struct ini_file *file)
{
    for (size_t i = 0; i < file->n; i++) {
        const struct ini_entry *entry = &file->entries[i];
        if (entry->key)
            buf_addf(to, "%u %s %s=%s\n", entry->line, entry->section, entry->key, entry->value);
        else
            buf_addf(to, "%u [%s]%s\n", entry->line, entry->section, entry->value);
    }
}

static void test_accepted(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "", "" },
        { "\n\n; nothing\n  # at all\n\t\n", "" },
        { "[a]\nk=v\n", "1 [a]\n2 a k=v\n" },
        { "[a]\nk=v", "1 [a]\n2 a k=v\n" },
        { "\xef\xbb\xbf[a]\nk = v\n", "1 [a]\n2 a k=v\n" },
        { "[a]\r\nk = v \r\n\r\n[b]\r\nk\t=\tw\r\n", "1 [a]\n2 a k=v\n4 [b]\n5 b k=w\n" },
        { "[ account x ]\nk =\n", "1 [account x]\n2 account x k=\n" },
        { "[a]\nk = a=b = c\n", "1 [a]\n2 a k=a=b = c\n" },
        /* values keep what libinih would take for comments or quotes */
        { "[a]\nk = pa ;ss # \"wo'rd $$\n", "1 [a]\n2 a k=pa ;ss # \"wo'rd $$\n" },
        { "[a]\nk = ;\nl = #x\n", "1 [a]\n2 a k=;\n3 a l=#x\n" },
        { "[a]\nk = [x]\n", "1 [a]\n2 a k=[x]\n" },
        { "[a]\nk = a:b\n", "1 [a]\n2 a k=a:b\n" },
        /* continuation */
        { "[a]\nk = v\n w\n\tx \nl = y\n", "1 [a]\n2 a k=v w x\n5 a l=y\n" },
        { "[a]\nk =\n v\n", "1 [a]\n2 a k=v\n" },
        { "[a]\nk = v,\n  ; why\n# not\n  w\n\nl = y\n", "1 [a]\n2 a k=v, w\n7 a l=y\n" },
        { "[a]\nk = v\n l=w X = y\n", "1 [a]\n2 a k=v l=w X = y\n" },
        /* repetitions are for others to judge */
        { "[a]\nk=1\nk=2\n[a]\n", "1 [a]\n2 a k=1\n3 a k=2\n4 [a]\n" },
        { "[a]\nschl\xc3\xbcssel = \xe2\x82\xac\n", "1 [a]\n2 a schl\xc3\xbcssel=\xe2\x82\xac\n" },
        { "[a]\nsection = 0\n", "1 [a]\n2 a section=0\n" },
        { "[a]\nkey with blanks = 1\n", "1 [a]\n2 a key with blanks=1\n" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        ERR e = { 0 };
        BUF got = { 0 };
        struct ini_file file;
        if (ini_read(&a, "f", span_of(rows[i].text), &file, &e) < 0)
            fail_msg("row %zu: %s", i, e.text);
        show(&got, &file);
        assert_string_equal(buf_string(&got), rows[i].want);
    }
}

static void test_refused(void **state)
{
    static const struct {
        struct span text;
        const char *want;
    } rows[] = {
        { SPAN("k = v\n"), "f:1: a key before any section; write" },
        { SPAN("\n[a\n"), "f:2: no \"]\" behind the section; write" },
        { SPAN("[]\n"), "f:1: a section without a name; write" },
        { SPAN("[a] ; x\n"), "f:1: text behind \"]\"; write" },
        { SPAN("[a]b = c\n"), "f:1: text behind \"]\"; write" },
        { SPAN("[a]\nhost mail.example.com\n"), "f:2: no \"=\" in the line; write" },
        { SPAN("[a]\nhost: mail.example.com\n"), "f:2: no \"=\" in the line; write" },
        { SPAN("[a]\n\n = v\n"), "f:3: a blank in front, but no value above" },
        { SPAN("[a]\n= v\n"), "f:2: no key in front of \"=\"; write" },
        { SPAN("[a]\n  k = v\n"), "f:2: a blank in front, but no value above" },
        { SPAN("[a]\nk = v\n\n  w\n"), "f:4: a blank in front, but the value above has ended" },
        { SPAN("[a]\nk = v\n[b]\n  w\n"), "f:4: a blank in front, but no value above" },
        { SPAN("[a]\nk = v\n w\n  other_key\t= x\n"),
          "f:4: a blank in front of what looks like a key" },
        { SPAN(" [a]\n"), "f:1: a blank in front, but no value above" },
        { SPAN("[a]\nk:l = v\n"), "f:2: a name with a colon" },
        { SPAN("[a]\nk ;l = v\n"), "f:2: a name with a colon" },
        { SPAN("[a;b]\n"), "f:1: a name with a colon" },
        { SPAN("[a]\nk = v\n w\0x\n"), "f:3: a NUL octet; write" },
        { SPAN("[a]\n; \0\n"), "f:2: a NUL octet; write" },
        { SPAN("[a]\nk = v\n\n\n# \xff\n"), "f:5: not valid UTF-8; save" },
        { SPAN("[a]\nk = \xed\xa0\x80\n"), "f:2: not valid UTF-8; save" },
        { SPAN("[a]\n23456789 123456789 123456789 123456789 123456789 = v\n"), NULL },
        { SPAN("[a]\n123456789 123456789 123456789 123456789 1234567890 = v\n"),
          "f:2: a name longer than 49 octets; write" },
        { SPAN("[123456789 123456789 123456789 123456789 1234567890]\n"),
          "f:1: a name longer than 49 octets; write" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        ERR e = { 0 };
        struct ini_file file = { .name = "untouched" };
        int done = ini_read(&a, "f", rows[i].text, &file, &e);
        if (!rows[i].want) {
            assert_int_equal(done, 0);
            continue;
        }
        if (done == 0 || e.kind != ERR_CONFIG || !span_starts(span_of(e.text), rows[i].want))
            fail_msg("row %zu: %s", i, e.text);
        assert_string_equal(file.name, "untouched");
    }
}

static void test_long_values(void **state)
{
    enum { LENGTH = 4000, PIECES = 300 };
    ARENA a = { 0 };
    ERR e = { 0 };
    BUF text = { 0 };
    struct ini_file file;
    (void)state;
    buf_add_string(&text, "[account x]\npassword = ");
    for (size_t i = 0; i < LENGTH; i++)
        buf_add_char(&text, (char)('!' + i % 94));
    buf_add_string(&text, "\nlist = 1");
    for (size_t i = 0; i < PIECES; i++)
        buf_add_string(&text, "\n 234567890");
    buf_add_string(&text, "\nlast = 1\n");
    assert_int_equal(ini_read(&a, "f", buf_span(&text), &file, &e), 0);
    assert_int_equal(file.n, 4);
    assert_int_equal(strlen(file.entries[1].value), LENGTH);
    assert_memory_equal(file.entries[1].value, text.at + strlen("[account x]\npassword = "),
                        LENGTH);
    assert_int_equal(strlen(file.entries[2].value), 1 + 10 * PIECES);
    assert_int_equal(file.entries[3].line, 4 + PIECES);
}

static void test_many_entries(void **state)
{
    enum { ENTRIES = 2000 };
    ARENA a = { 0 };
    ERR e = { 0 };
    BUF text = { 0 };
    struct ini_file file;
    (void)state;
    buf_add_string(&text, "[s]\n");
    for (int i = 0; i < ENTRIES; i++)
        buf_addf(&text, "key%d = %d\n", i, i);
    assert_int_equal(ini_read(&a, "f", buf_span(&text), &file, &e), 0);
    assert_int_equal(file.n, ENTRIES + 1);
    assert_string_equal(file.entries[ENTRIES].key, "key1999");
    assert_string_equal(file.entries[ENTRIES].value, "1999");
    assert_ptr_equal(file.entries[ENTRIES].section, file.entries[0].section);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_long_values),
        cmocka_unit_test(test_many_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
