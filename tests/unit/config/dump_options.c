/* For tests/lint/docs. Without an argument: the option table, one key a line, tabs between section,
 * key, type, default and help. With a file: reads it as a configuration and says what is wrong. */
#include "base/buf.h"
#include "config/config.h"
#include "config/option.h"

#include <stdio.h>
#include <unistd.h>

static void add_type(struct buf *to, const struct option *row)
{
    bool words = row->choices && row->type != OPTION_SET;
    for (const struct option_choice *c = row->choices; words && c->word; c++)
        buf_addf(to, "%s%s", c == row->choices ? "" : " | ", c->word);
    if (row->type != OPTION_CHOICE)
        buf_addf(to, "%s%s", words ? " | " : "", option_type_name(row->type));
}

static const char *const sections[] = {
    [OPTION_ACCOUNT] = "account",
    [OPTION_LOG] = "log",
    [OPTION_QUEUE] = "queue",
    [OPTION_SERVE] = "serve",
};

static int dump(void)
{
    for (size_t i = 0; i < option_count; i++) {
        const struct option *row = &option_table[i];
        BUF type = { 0 };
        add_type(&type, row);
        printf("%s\t%s\t%s\t%s\t%s\n", sections[row->section], row->key, buf_string(&type),
               row->initial ? row->initial : "", row->help);
    }
    return 0;
}

static int load(const char *file)
{
    ERR e = { 0 };
    struct ident ident = { .uid = getuid(), .home = "/home/you", .host = "localhost" };
    struct config_request request = { .ident = &ident, .file = file };
    struct config c = { 0 };
    if (config_load(&request, &c, &e) < 0) {
        puts(e.text);
        return 1;
    }
    printf("%zu accounts\n", c.n_accounts);
    config_done(&c);
    return 0;
}

int main(int argc, char **argv)
{
    return argc > 1 ? load(argv[1]) : dump();
}
