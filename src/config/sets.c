#include "config/sets.h"

#include "config/accounts.h"

#include <string.h>

/* set = key "=" value */
static int parse(struct arena *a, const char *text, struct setting *ret, struct err *e)
{
    const char *equals = strchr(text, '=');
    if (!equals)
        return err_set(e, ERR_CONFIG, "no \"=\"; write --set KEY=VALUE");
    struct span key = span_trim((struct span){ text, (size_t)(equals - text) });
    struct setting setting = { .key = arena_string(a, key) };
    setting.row = option_find(OPTION_ACCOUNT, key);
    if (!setting.row)
        return option_refuse(OPTION_ACCOUNT, setting.key, e);
    if (setting.row->personal)
        return err_set(e, ERR_CONFIG, "\"%s\" has no use here; choose the account with -a",
                       setting.key);
    setting.value = arena_string(a, span_trim(span_of(equals + 1)));
    *ret = setting;
    return 0;
}

static int apply(struct arena *a, struct account *account, const char *text, struct err *e)
{
    struct setting setting = { 0 };
    if (parse(a, text, &setting, e) == 0 && account_apply(a, account, &setting, ORIGIN_SET, e) == 0)
        return 0;
    err_context(e, "--set");
    e->kind = ERR_USAGE;
    return -1;
}

int sets_apply(struct config *c, struct account *account, struct err *e)
{
    for (size_t i = 0; i < c->sets.n; i++)
        if (apply(&c->arena, account, c->sets.items[i], e) < 0)
            return -1;
    return 0;
}

static void note_password(struct config *c)
{
    for (size_t i = 0; i < c->sets.n; i++)
        if (span_starts(span_trim(span_of(c->sets.items[i])), "password="))
            strlist_add(&c->arena, &c->notes,
                        "--set password: every user of this machine can see it; password_file or "
                        "password_command keep it to yourself");
}

/* Nothing is expanded here: what stands in a secret's place is the secret. */
bool sets_are_secret(const struct strlist *sets)
{
    CLEANUP(arena_wipe) struct arena a = { 0 };
    for (size_t i = 0; i < sets->n; i++) {
        ERR ignored = { 0 };
        struct setting setting = { 0 };
        if (parse(&a, sets->items[i], &setting, &ignored) < 0 || !*setting.value)
            continue;
        if (setting.row->type == OPTION_SECRET ||
            option_is_literal_secret(setting.row, setting.value))
            return true;
    }
    return false;
}

int sets_load(struct config *c, const struct strlist *sets, struct err *e)
{
    struct account scratch = { .auth.who = c->who };
    scratch.origins = arena_new(&c->arena, option_count, sizeof *scratch.origins);
    for (size_t i = 0; i < sets->n; i++)
        strlist_add(&c->arena, &c->sets, arena_string(&c->arena, span_of(sets->items[i])));
    note_password(c);
    return sets_apply(c, &scratch, e);
}
