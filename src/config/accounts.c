#include "config/accounts.h"

#include <string.h>

static bool is_password_source(const struct setting *setting)
{
    const char *key;
    for (size_t i = 0; (key = auth_opts_source(i)); i++)
        if (*setting->value && strcmp(setting->key, key) == 0)
            return true;
    return false;
}

/* Where the password comes from is one choice made of several keys: whoever makes it anew takes
 * back the one made farther away. */
static void forget_password(struct arena *a, struct account *account)
{
    const char *key;
    for (size_t i = 0; (key = auth_opts_source(i)); i++) {
        const struct option *row = option_find(OPTION_ACCOUNT, span_of(key));
        option_reset(a, row, account);
        account->origins[row - option_table] = ORIGIN_UNSET;
    }
}

static int set(struct arena *a, struct account *account, const struct setting *setting,
               enum option_origin origin, struct err *e)
{
    const struct option *row = setting->row;
    if (option_set(a, row, account, setting->value, account->auth.who, e) < 0)
        return -1;
    if (row->offset == offsetof(struct account, net.timeout_ms))
        account->net.timeout_explicit = *setting->value != '\0';
    account->origins[row - option_table] = (uint8_t)origin;
    return 0;
}

int account_apply(struct arena *a, struct account *account, const struct setting *setting,
                  enum option_origin origin, struct err *e)
{
    if (is_password_source(setting))
        forget_password(a, account);
    return set(a, account, setting, origin, e);
}

static int apply_section(struct arena *a, struct account *account, const struct section *section,
                         enum option_origin origin, struct err *e)
{
    for (size_t i = 0; i < section->n; i++)
        if (is_password_source(&section->items[i]))
            forget_password(a, account);
    for (size_t i = 0; i < section->n; i++) {
        const struct setting *setting = &section->items[i];
        if (origin == ORIGIN_INHERITED && setting->row->personal)
            continue;
        if (set(a, account, setting, origin, e) < 0)
            return place_error(&setting->place, e);
    }
    return 0;
}

static struct account new_account(struct arena *a, const struct account *template,
                                  const struct section *section)
{
    struct account account = *template;
    account.name = section->name;
    account.file = section->place.file;
    account.line = section->place.line;
    account.origins = arena_new(a, option_count, sizeof *account.origins);
    memcpy(account.origins, template->origins, option_count * sizeof *account.origins);
    return account;
}

static int unknown_base(struct arena *a, const struct draft *draft, const struct setting *inherit,
                        struct err *e)
{
    const char *known = "";
    for (size_t i = 0; i < draft->n_accounts; i++)
        known = arena_printf(a, "%s%s%s", known, i ? ", " : "", draft->accounts[i].name);
    err_set(e, ERR_CONFIG, "inherit: there is no account \"%s\"; write one of %s", inherit->value,
            known);
    return place_error(&inherit->place, e);
}

/* The base's base first. Whoever is deeper than there are accounts goes in a circle. */
static int apply_bases(struct arena *a, const struct draft *draft, struct account *account,
                       const struct section *section, size_t depth, struct err *e)
{
    const struct setting *inherit = section_find(section, "inherit");
    if (!inherit || !*inherit->value)
        return 0;
    const struct section *base = draft_account(draft, inherit->value);
    if (!base)
        return unknown_base(a, draft, inherit, e);
    if (depth >= draft->n_accounts) {
        err_set(e, ERR_CONFIG,
                "inherit: the accounts inherit from each other in a circle; take one "
                "\"inherit\" out");
        return place_error(&inherit->place, e);
    }
    if (apply_bases(a, draft, account, base, depth + 1, e) < 0)
        return -1;
    return apply_section(a, account, base, ORIGIN_INHERITED, e);
}

/* A file may have one default only; between files the later one goes first. */
static int check_defaults(const struct config *c, const struct draft *draft, struct err *e)
{
    const struct account *first = NULL;
    for (size_t i = 0; i < c->n_accounts; i++) {
        const struct account *account = &c->accounts[i];
        if (!account->is_default)
            continue;
        if (first && strcmp(first->file, account->file) == 0) {
            err_set(e, ERR_CONFIG, "[account %s] is the default already; keep one of the two",
                    first->name);
            return place_error(&section_find(&draft->accounts[i], "default")->place, e);
        }
        first = account;
    }
    return 0;
}

/* The account of $POSTBAG_URL is the default without saying so. */
static bool is_from_environment(const struct section *section)
{
    return !section->place.line;
}

int accounts_build(struct config *c, const struct draft *draft, struct err *e)
{
    struct arena *a = &c->arena;
    struct account template = { .auth.who = c->who };
    template.origins = arena_new(a, option_count, sizeof *template.origins);
    option_set_initial(a, OPTION_ACCOUNT, &template);
    if (apply_section(a, &template, &draft->singles[SINGLE_DEFAULTS], ORIGIN_DEFAULTS, e) < 0)
        return -1;
    c->accounts = arena_new(a, draft->n_accounts, sizeof *c->accounts);
    for (size_t i = 0; i < draft->n_accounts; i++) {
        const struct section *section = &draft->accounts[i];
        struct account *account = &c->accounts[i];
        *account = new_account(a, &template, section);
        if (apply_bases(a, draft, account, section, 1, e) < 0 ||
            apply_section(a, account, section, ORIGIN_ACCOUNT, e) < 0)
            return -1;
        account->is_default |= is_from_environment(section);
    }
    c->n_accounts = draft->n_accounts;
    return check_defaults(c, draft, e);
}
