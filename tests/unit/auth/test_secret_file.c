#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/secret_file.h"
#include "base/io.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What test_secret.c does not say: who may read what. */
static void readers_are_told_of_or_refused(void **state)
{
    static const struct {
        mode_t mode;
        enum secret_readers readers;
        const char *note;  /* in part; NULL: none */
        const char *error; /* NULL: it is read */
    } rows[] = {
        { 0600, SECRET_READERS_NOTED, NULL, NULL },
        { 0640, SECRET_READERS_NOTED, "group or others may read it", NULL },
        { 0604, SECRET_READERS_NOTED, "group or others may read it", NULL },
        { 0440, SECRET_READERS_GROUP, NULL, NULL },
        { 0444, SECRET_READERS_GROUP, "others may read it", NULL },
        { 0600, SECRET_READERS_REFUSED, NULL, NULL },
        { 0640, SECRET_READERS_REFUSED, NULL, NULL },
        { 0604, SECRET_READERS_REFUSED, NULL, "others may read it" },
        { 0620, SECRET_READERS_REFUSED, NULL, "group or others may write it" },
        { 0602, SECRET_READERS_GROUP, NULL, "group or others may write it" },
    };
    char path[] = "/tmp/postbag-secret-file-XXXXXX";
    int fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(io_write(fd, "sesame\n", 7), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct secret_file file = { "netrc", path, rows[i].readers };
        ARENA a = { 0 };
        ERR e = { 0 };
        BUF text = { 0 };
        struct strlist notes = { 0 };
        assert_int_equal(fchmod(fd, rows[i].mode), 0);
        int done = secret_file_read(&file, &a, &text, &notes, &e);
        assert_int_equal(done, rows[i].error ? -1 : 0);
        assert_string_equal(buf_string(&text), rows[i].error ? "" : "sesame\n");
        assert_int_equal(text.secret, !rows[i].error);
        assert_int_equal(notes.n, rows[i].note ? 1 : 0);
        if (rows[i].note)
            assert_non_null(strstr(notes.items[0], rows[i].note));
        if (rows[i].error) {
            assert_int_equal(e.kind, ERR_CONFIG);
            assert_non_null(strstr(e.text, rows[i].error));
            assert_non_null(strstr(e.hint, "chmod"));
        }
    }
    close(fd);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(readers_are_told_of_or_refused) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
