/* postbag check: is the configuration in order, and what does it come to? */
#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/exit.h"
#include "cmd/say.h"
#include "config/config.h"

static void add_files(const struct config *c, struct buf *to)
{
    for (size_t i = 0; i < c->files.n; i++)
        buf_addf(to, "file %s\n", c->files.items[i]);
}

static void add_log(const struct config *c, const char *name, struct buf *to)
{
    config_start_log(c, name);
    log_probe();
    if (log_problem())
        buf_addf(to, "note: %s\n", log_problem());
    log_done();
}

static int check(const struct options *o, struct config *c, struct buf *to, struct err *e)
{
    ARENA arena = { 0 };
    struct ident ident;
    const struct account *account;
    ident_get(&arena, &ident);
    struct config_request request = { .ident = &ident, .file = o->config, .sets = o->sets };
    if (config_load(&request, c, e) < 0 ||
        config_choose(c, o->account, NULL, NULL, &account, e) < 0 ||
        config_aliases(c, account, e) < 0)
        return -1;
    for (size_t i = 0; i < c->n_accounts; i++)
        if (account_check(&c->arena, &c->accounts[i], e) < 0)
            return -1;
    add_files(c, to);
    buf_add_char(to, '\n');
    account_describe(to, account);
    for (size_t i = 0; i < c->notes.n; i++)
        buf_addf(to, "note: %s\n", c->notes.items[i]);
    add_log(c, o->name, to);
    return 0;
}

int cmd_check(const struct options *o)
{
    ERR e = { 0 };
    BUF text = { 0 };
    struct config config = { 0 };
    int done = check(o, &config, &text, &e);
    if (done == 0)
        done = say_out(buf_span(&text), &e);
    if (done < 0)
        say_error(o->name, &e);
    config_done(&config);
    return done < 0 ? exit_of_error(&exit_default, &e, STAGE_NONE) : 0;
}
