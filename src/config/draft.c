#include "config/draft.h"

#include "config/expand.h"
#include "config/rules.h"

#include <string.h>

int place_error(const struct place *place, struct err *e)
{
    if (place->line)
        err_context(e, "%s:%u", place->file, place->line);
    else
        err_context(e, "%s", place->file);
    return -1;
}

/* Names of aliases are the same in any case. */
static bool same_key(const struct setting *setting, const char *key)
{
    if (setting->row)
        return strcmp(setting->key, key) == 0;
    return span_iis(span_of(setting->key), key);
}

const struct setting *section_find(const struct section *section, const char *key)
{
    for (size_t i = 0; i < section->n; i++)
        if (same_key(&section->items[i], key))
            return &section->items[i];
    return NULL;
}

const struct section *draft_account(const struct draft *draft, const char *name)
{
    for (size_t i = 0; i < draft->n_accounts; i++)
        if (strcmp(draft->accounts[i].name, name) == 0)
            return &draft->accounts[i];
    return NULL;
}

/* What may stand in a section. */
struct kind {
    const char *word; /* the header, or its first word */
    bool free;        /* any key */
    enum option_section keys;
};

static const struct kind account_kind = { .word = "account", .keys = OPTION_ACCOUNT };

static const struct kind singles[SINGLES] = {
    [SINGLE_DEFAULTS] = { .word = "defaults", .keys = OPTION_ACCOUNT },
    [SINGLE_ALIASES] = { .word = "aliases", .free = true },
    [SINGLE_LOG] = { .word = "log", .keys = OPTION_LOG },
    [SINGLE_QUEUE] = { .word = "queue", .keys = OPTION_QUEUE },
    [SINGLE_SERVE] = { .word = "serve", .keys = OPTION_SERVE },
};

static void section_add(struct arena *a, struct section *to, struct setting setting)
{
    to->items = arena_grow(a, to->items, to->n, &to->room, sizeof *to->items);
    to->items[to->n++] = setting;
}

static struct section *draft_add_account(struct arena *a, struct draft *to, struct section account)
{
    to->accounts = arena_grow(a, to->accounts, to->n_accounts, &to->room, sizeof *to->accounts);
    to->accounts[to->n_accounts] = account;
    return &to->accounts[to->n_accounts++];
}

/* One file on its way into a draft. */
struct drafter {
    struct arena *a;
    struct draft *draft;
    struct section *section; /* the current one */
    const struct kind *kind; /* of it */
    struct place place;      /* of the current entry */
    bool expand;
    struct err *e;
};

static int unknown_section(struct drafter *d, const char *header)
{
    const char *known[SINGLES + 2] = { account_kind.word };
    struct span rest = span_of(header), word = { 0 };
    for (size_t i = 0; i < SINGLES; i++)
        known[i + 1] = singles[i].word;
    span_word(&rest, &word);
    const char *nearest = option_nearest_word(word, known);
    if (nearest)
        return err_set(d->e, ERR_CONFIG, "unknown section [%s]; did you mean [%s%s]?", header,
                       nearest, nearest == known[0] ? " NAME" : "");
    return err_set(d->e, ERR_CONFIG,
                   "unknown section [%s]; write [account NAME], [defaults], [aliases], [log], "
                   "[queue] or [serve]",
                   header);
}

static int begin_account(struct drafter *d, struct span name)
{
    const char *text = arena_string(d->a, name);
    if (!name.len)
        return err_set(d->e, ERR_CONFIG, "an account without a name; write [account NAME]");
    if (check_account_name(d->a, text, d->e) < 0)
        return -1;
    const struct section *before = draft_account(d->draft, text);
    if (before)
        return err_set(d->e, ERR_CONFIG,
                       "[account %s] is there already in line %u; join them or rename one", text,
                       before->place.line);
    struct section account = { .name = text, .place = d->place };
    d->section = draft_add_account(d->a, d->draft, account);
    d->kind = &account_kind;
    return 0;
}

static int begin_single(struct drafter *d, enum single which)
{
    struct section *section = &d->draft->singles[which];
    if (section->place.file)
        return err_set(d->e, ERR_CONFIG, "[%s] is there already in line %u; join them",
                       singles[which].word, section->place.line);
    section->place = d->place;
    d->section = section;
    d->kind = &singles[which];
    return 0;
}

static int begin_section(struct drafter *d, const char *header)
{
    struct span rest = span_of(header), word = { 0 };
    span_word(&rest, &word);
    if (span_is(word, account_kind.word))
        return begin_account(d, span_trim(rest));
    for (enum single which = 0; which < SINGLES; which++)
        if (strcmp(header, singles[which].word) == 0)
            return begin_single(d, which);
    return unknown_section(d, header);
}

/* The row of the key in the current section, NULL for an alias. */
static int find_row(struct drafter *d, const char *key, const struct option **ret)
{
    if (d->kind->free)
        return 0;
    const struct option *row = option_find(d->kind->keys, span_of(key));
    if (!row)
        return option_refuse(d->kind->keys, key, d->e);
    if (row->personal && d->kind != &account_kind)
        return err_set(d->e, ERR_CONFIG,
                       "\"%s\" is a matter of one account; write it below [account NAME]", key);
    *ret = row;
    return 0;
}

static int expand(struct drafter *d, const char *value, const char **ret)
{
    if (!d->expand) {
        *ret = value;
        return 0;
    }
    if (expand_value(d->a, value, ret, d->e) < 0)
        return -1;
    if (*value && !**ret)
        return err_set(d->e, ERR_CONFIG,
                       "the environment variable in \"%s\" is empty; set it, or leave the key out",
                       value);
    return 0;
}

static int add_entry(struct drafter *d, const struct ini_entry *entry)
{
    struct setting setting = { .key = entry->key, .place = d->place };
    if (find_row(d, entry->key, &setting.row) < 0)
        return -1;
    const struct setting *before = section_find(d->section, entry->key);
    if (before && before->place.line)
        return err_set(d->e, ERR_CONFIG, "\"%s\" is there already in line %u; keep one of the two",
                       entry->key, before->place.line);
    if (before)
        return err_set(d->e, ERR_CONFIG, "\"%s\" is given twice; keep one of the two", entry->key);
    if (expand(d, entry->value, &setting.value) < 0)
        return -1;
    if (!d->draft->secret.file && setting.row &&
        option_is_literal_secret(setting.row, entry->value))
        d->draft->secret = d->place;
    section_add(d->a, d->section, setting);
    return 0;
}

int draft_read(struct arena *a, const struct ini_file *file, bool expand, struct draft *ret,
               struct err *e)
{
    struct draft draft = { 0 };
    struct drafter d = { .a = a, .draft = &draft, .expand = expand, .e = e };
    for (size_t i = 0; i < file->n; i++) {
        const struct ini_entry *entry = &file->entries[i];
        d.place = (struct place){ file->name, entry->line };
        int status = entry->key ? add_entry(&d, entry) : begin_section(&d, entry->section);
        if (status < 0)
            return place_error(&d.place, e);
    }
    *ret = draft;
    return 0;
}

static void section_merge(struct arena *a, struct section *to, const struct section *later)
{
    struct section merged = *later;
    merged.room = later->n; /* so that the first addition copies */
    for (size_t i = 0; i < to->n; i++)
        if (!section_find(later, to->items[i].key))
            section_add(a, &merged, to->items[i]);
    *to = merged;
}

void draft_merge(struct arena *a, struct draft *to, const struct draft *later)
{
    struct draft merged = { 0 };
    for (enum single which = 0; which < SINGLES; which++) {
        merged.singles[which] = to->singles[which];
        section_merge(a, &merged.singles[which], &later->singles[which]);
    }
    for (size_t i = 0; i < later->n_accounts; i++)
        draft_add_account(a, &merged, later->accounts[i]);
    for (size_t i = 0; i < to->n_accounts; i++)
        if (!draft_account(later, to->accounts[i].name))
            draft_add_account(a, &merged, to->accounts[i]);
    *to = merged;
}
