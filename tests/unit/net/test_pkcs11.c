#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/pkcs11.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_is_uri(void **state)
{
    (void)state;
    assert_true(pkcs11_is_uri("pkcs11:token=a"));
    assert_true(pkcs11_is_uri("PKCS11:"));
    assert_false(pkcs11_is_uri("/pkcs11:"));
    assert_false(pkcs11_is_uri("pkcs11"));
    assert_false(pkcs11_is_uri(""));
}

static void test_object(void **state)
{
    static const struct {
        const char *uri;
        const char *object;
    } rows[] = {
        { "pkcs11:", "pkcs11:type=cert" },
        { "pkcs11:token=a;object=b", "pkcs11:type=cert;token=a;object=b" },
        { "pkcs11:token=a;type=private;id=%01", "pkcs11:type=cert;token=a;id=%01" },
        { "pkcs11:object-type=private;token=a", "pkcs11:type=cert;token=a" },
        { "pkcs11:token=a?pin-value=1234", "pkcs11:type=cert;token=a" },
        { "pkcs11:token=a?pin-value=1234&module-name=m", "pkcs11:type=cert;token=a?module-name=m" },
        { "pkcs11:token=a?module-name=m&pin-source=/p&x=y",
          "pkcs11:type=cert;token=a?module-name=m&x=y" },
        { "pkcs11:token=a;pin-value=1;object=b", "pkcs11:type=cert;token=a;object=b" },
        { "pkcs11:token=a;pinfile=/p", "pkcs11:type=cert;token=a" },
        { "pkcs11:?pin-value=1", "pkcs11:type=cert" },
        { "pkcs11:;;token=a;?&", "pkcs11:type=cert;token=a" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF object = { 0 };
        pkcs11_add_object(&object, rows[i].uri, "cert");
        assert_string_equal(buf_string(&object), rows[i].object);
    }
}

static void test_pin_value(void **state)
{
    static const struct {
        const char *uri;
        const char *pin;
    } rows[] = {
        { "pkcs11:token=a", "" },
        { "pkcs11:token=a?pin-value=1234", "1234" },
        { "pkcs11:token=a?x=y&pin-value=12%2034%26&z", "12 34&" },
        { "pkcs11:token=a?pin-value=", "" },
        { "pkcs11:token=a?pin-value=100%", "100%" },
        { "pkcs11:token=a?pin-value=%4", "%4" },
        { "pkcs11:token=a?pin-value=%zz", "%zz" },
        { "pkcs11:token=a?pin-value=first&pin-value=second", "first" },
        { "pkcs11:token=pin-value=1", "" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        BUF pin = { 0 };
        assert_int_equal(pkcs11_pin("tls_key", rows[i].uri, &pin, &e), 0);
        assert_true(pin.secret);
        assert_string_equal(buf_string(&pin), rows[i].pin);
    }
}

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void test_pin_source(void **state)
{
    static const struct {
        const char *form; /* of the URI's attribute */
        const char *text; /* of the file; NULL: there is none */
        mode_t mode;
        const char *pin;   /* NULL: refused */
        const char *words; /* of the refusal */
    } rows[] = {
        { "pin-source=file:%s", "1234\n", 0600, "1234", NULL },
        { "pin-source=file://%s", "1234\nmore\n", 0640, "1234", NULL },
        { "pin-source=%s", " 1234\r\n", 0400, "1234", NULL },
        { "pinfile=%s", "1234", 0600, "1234", NULL },
        { "pin-source=file:%s", "", 0600, NULL, "empty" },
        { "pin-source=file:%s", "\n1234\n", 0600, NULL, "empty" },
        { "pin-source=file:%s", "1234\n", 0604, NULL, "others may read" },
        { "pin-source=file:%s", "1234\n", 0620, NULL, "others may read or change" },
        { "pin-source=file:%s", NULL, 0, NULL, "No such file" },
        { "pin-source=|cat %s", "1234\n", 0600, NULL, "no absolute path" },
        { "pin-source=file:pin#%s", "1234\n", 0600, NULL, "no absolute path" },
    };
    char folder[] = "/tmp/postbag-pin-XXXXXX";
    char path[64];
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/pin", folder);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        BUF uri = { 0 };
        BUF pin = { 0 };
        unlink(path);
        if (rows[i].text) {
            write_text(path, rows[i].text);
            chmod(path, rows[i].mode);
        }
        buf_add_string(&uri, "pkcs11:token=a?");
        struct span form = span_of(rows[i].form);
        size_t before = strcspn(rows[i].form, "%");
        buf_add(&uri, form.at, before);
        buf_add_string(&uri, path);
        int done = pkcs11_pin("tls_key", buf_string(&uri), &pin, &e);
        assert_int_equal(done, rows[i].pin ? 0 : -1);
        assert_string_equal(buf_string(&pin), rows[i].pin ? rows[i].pin : "");
        if (done < 0) {
            assert_int_equal(e.kind, ERR_CONFIG);
            assert_non_null(strstr(e.text, rows[i].words));
            assert_null(strstr(e.text, "1234"));
        }
    }
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_uri),
        cmocka_unit_test(test_object),
        cmocka_unit_test(test_pin_value),
        cmocka_unit_test(test_pin_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
