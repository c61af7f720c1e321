/* INI files: line numbers ascend, values are one line, a value on its line survives to the octet,
 * and whatever is wrong, also with what the lines mean, the error names the file and the line. */
#include "fuzz.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "config/accounts.h"
#include "config/ini.h"

#include <string.h>

static void check_error(const struct err *e)
{
    const char *line = e->text + 2;
    FUZZ_CHECK(e->kind == ERR_CONFIG);
    FUZZ_CHECK(span_starts(span_of(e->text), "f:"));
    FUZZ_CHECK(strspn(line, "0123456789") > 0 && line[strspn(line, "0123456789")] == ':');
    FUZZ_CHECK(!strchr(e->text, '\n'));
}

static void check_entries(const struct ini_file *file)
{
    unsigned line = 0;
    for (size_t i = 0; i < file->n; i++) {
        const struct ini_entry *entry = &file->entries[i];
        FUZZ_CHECK(entry->line > line);
        FUZZ_CHECK(entry->section && *entry->section && strlen(entry->section) <= 49);
        FUZZ_CHECK(i > 0 || !entry->key);
        FUZZ_CHECK(!entry->key || (*entry->key && strlen(entry->key) <= 49));
        FUZZ_CHECK(!strchr(entry->value, '\n'));
        FUZZ_CHECK(utf8_is_valid(span_of(entry->value)));
        line = entry->line;
    }
}

/* As a file: what can be read is also made into accounts. */
static void check_file(struct span text)
{
    ERR e = { 0 };
    const struct ident who = { .home = "/home" };
    struct config c = { .who = &who };
    struct ini_file file;
    struct draft draft;
    int done = ini_read(&c.arena, "f", text, &file, &e);
    if (done == 0) {
        check_entries(&file);
        done = draft_read(&c.arena, &file, true, &draft, &e);
    }
    if (done == 0)
        done = accounts_build(&c, &draft, &e);
    if (done < 0)
        check_error(&e);
    config_done(&c);
}

/* As a value: everything but line ends and NUL, the outer blanks apart. */
static void check_value(struct span text)
{
    ARENA a = { 0 };
    ERR e = { 0 };
    BUF value = { 0 };
    BUF lines = { 0 };
    struct ini_file file;
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] != '\n' && text.at[i] != '\0')
            buf_add_char(&value, text.at[i]);
    buf_addf(&lines, "[s]\nkey = %s\nnext = 1\n", buf_string(&value));
    int done = ini_read(&a, "f", buf_span(&lines), &file, &e);
    FUZZ_CHECK((done == 0) == utf8_is_valid(buf_span(&value)));
    if (done < 0)
        return;
    FUZZ_CHECK(file.n == 3 && file.entries[2].line == 3);
    FUZZ_CHECK(strcmp(file.entries[2].value, "1") == 0);
    FUZZ_CHECK(span_eq(span_of(file.entries[1].value), span_trim(buf_span(&value))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = { (const char *)data, size };
    check_file(input);
    check_value(input);
    return 0;
}
