#include "config/option.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "config/units.h"

#include <string.h>

/* One value on its way into its field. */
struct setter {
    struct arena *a;
    const struct option *row;
    const char *value;
    const struct ident *who;
    struct err *e;
};

static void *field_of(const struct option *row, void *object)
{
    return (char *)object + row->offset;
}

static void store_text(const struct setter *s, void *field, const char *text)
{
    memcpy(field, &text, s->row->size);
}

static void store_int(const struct option *row, void *field, int64_t value)
{
    int narrow = (int)value;
    bool truth = value != 0;
    if (row->size == sizeof value)
        memcpy(field, &value, sizeof value);
    else if (row->size == sizeof narrow)
        memcpy(field, &narrow, sizeof narrow);
    else
        memcpy(field, &truth, sizeof truth);
}

static int check(const struct setter *s, const char *value)
{
    return s->row->check ? s->row->check(s->a, value, s->e) : 0;
}

static int set_string(const struct setter *s, void *field)
{
    if (check(s, s->value) < 0)
        return -1;
    store_text(s, field, arena_string(s->a, span_of(s->value)));
    return 0;
}

static int set_path(const struct setter *s, void *field)
{
    const char *value = s->value;
    bool in_home = strcmp(value, "~") == 0 || strncmp(value, "~/", 2) == 0;
    const char *home = in_home ? ident_home(s->who) : NULL;
    if (in_home && !home)
        return err_set(s->e, ERR_CONFIG,
                       "this user has no home directory for \"~\"; write a path from \"/\" on");
    if (!in_home && *value != '/')
        return err_set(s->e, ERR_CONFIG,
                       "\"%s\" is no absolute path; write one that begins with \"/\" or \"~/\"",
                       value);
    if (check(s, value) < 0)
        return -1;
    store_text(s, field,
               in_home ? arena_printf(s->a, "%s%s", home, value + 1)
                       : arena_string(s->a, span_of(value)));
    return 0;
}

static const struct option_choice *find_choice(const struct option *row, struct span word)
{
    for (const struct option_choice *c = row->choices; c && c->word; c++)
        if (span_iis(word, c->word))
            return c;
    return NULL;
}

static int set_path_or_word(const struct setter *s, void *field)
{
    const struct option_choice *word = find_choice(s->row, span_of(s->value));
    if (!word)
        return set_path(s, field);
    store_text(s, field, word->word);
    return 0;
}

static int set_uri(const struct setter *s, void *field)
{
    bool uri = span_istarts(span_of(s->value), "pkcs11:");
    return uri ? set_string(s, field) : set_path(s, field);
}

static int set_bool(const struct setter *s, void *field)
{
    static const char *const words[] = { "no", "yes", "off", "on", "false", "true", "0", "1" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (span_iis(span_of(s->value), words[i])) {
            store_int(s->row, field, i % 2);
            return 0;
        }
    return err_set(s->e, ERR_CONFIG, "\"%s\" is neither yes nor no; write \"yes\" or \"no\"",
                   s->value);
}

static int set_number(const struct setter *s, void *field)
{
    uint64_t number = 0;
    const struct option *row = s->row;
    if (span_number(span_of(s->value), (uint64_t)row->max, &number) < 0 ||
        (int64_t)number < row->min)
        return err_set(s->e, ERR_CONFIG, "\"%s\" is out of place; write a number from %lld to %lld",
                       s->value, (long long)row->min, (long long)row->max);
    store_int(row, field, (int64_t)number);
    return 0;
}

static void add_unit(struct buf *to, const struct option *row, int64_t value)
{
    if (row->type == OPTION_SIZE)
        units_add_size(to, value);
    else
        units_add_duration(to, value);
}

static int no_quantity(const struct setter *s, struct span text)
{
    bool size = s->row->type == OPTION_SIZE;
    bool words = s->row->choices != NULL;
    return err_set(s->e, ERR_CONFIG, "\"%.*s\" is no %s; write a number and %s%s%s",
                   SPAN_ARGS(text), size ? "size" : "duration",
                   size ? "k, M or G, as in 25M" : "s, m, h or d, as in 30s", words ? ", or " : "",
                   words ? s->row->choices->word : "");
}

static int parse_quantity(const struct setter *s, struct span text, int64_t *ret)
{
    int64_t value = 0;
    const struct option *row = s->row;
    int status = row->type == OPTION_SIZE ? units_size(text, &value) : units_duration(text, &value);
    if (status < 0)
        return no_quantity(s, text);
    if (value < row->min || value > row->max) {
        BUF limits = { 0 };
        add_unit(&limits, row, row->min);
        buf_add_string(&limits, " to ");
        add_unit(&limits, row, row->max);
        return err_set(s->e, ERR_CONFIG, "\"%.*s\" is out of range; write %s", SPAN_ARGS(text),
                       buf_string(&limits));
    }
    *ret = value;
    return 0;
}

static int set_quantity(const struct setter *s, void *field)
{
    const struct option_choice *choice = find_choice(s->row, span_of(s->value));
    int64_t value = choice ? choice->value : 0;
    if (!choice && parse_quantity(s, span_of(s->value), &value) < 0)
        return -1;
    store_int(s->row, field, value);
    return 0;
}

static int set_rate(const struct setter *s, void *field)
{
    struct rate rate = { 0 };
    if (units_rate(span_of(s->value), &rate) < 0)
        return err_set(s->e, ERR_CONFIG,
                       "\"%s\" is no rate; write a number of messages and /m, /h or /d, as in 30/m",
                       s->value);
    memcpy(field, &rate, sizeof rate);
    return 0;
}

static int choose(const struct setter *s, struct span word, int *ret)
{
    BUF known = { 0 };
    const struct option_choice *choice = find_choice(s->row, word);
    if (choice) {
        *ret = choice->value;
        return 0;
    }
    for (const struct option_choice *c = s->row->choices; c->word; c++)
        buf_addf(&known, "%s%s", c == s->row->choices ? "" : c[1].word ? ", " : " or ", c->word);
    return err_set(s->e, ERR_CONFIG, "\"%.*s\" is not known here; write %s", SPAN_ARGS(word),
                   buf_string(&known));
}

static int set_choice(const struct setter *s, void *field)
{
    int value = 0;
    if (choose(s, span_of(s->value), &value) < 0)
        return -1;
    store_int(s->row, field, value);
    return 0;
}

/* list = item *( *( "," / blank ) item ) */
static bool next_item(struct span *rest, struct span *ret)
{
    while (rest->len && (ascii_is_blank(*rest->at) || *rest->at == ','))
        *rest = span_from(*rest, 1);
    size_t len = 0;
    while (len < rest->len && !ascii_is_blank(rest->at[len]) && rest->at[len] != ',')
        len++;
    *ret = (struct span){ rest->at, len };
    *rest = span_from(*rest, len);
    return len > 0;
}

static int set_list(const struct setter *s, void *field)
{
    struct strlist list = { 0 };
    struct span rest = span_of(s->value), item = { 0 };
    while (next_item(&rest, &item)) {
        const char *text = arena_string(s->a, item);
        if (check(s, text) < 0)
            return -1;
        strlist_add(s->a, &list, text);
    }
    memcpy(field, &list, sizeof list);
    return 0;
}

static int set_durations(const struct setter *s, void *field)
{
    struct durations list = { 0 };
    struct span rest = span_of(s->value), item = { 0 };
    size_t room = 0;
    while (next_item(&rest, &item)) {
        int64_t ms = 0;
        if (parse_quantity(s, item, &ms) < 0)
            return -1;
        list.s = arena_grow(s->a, list.s, list.n, &room, sizeof *list.s);
        list.s[list.n++] = ms / 1000;
    }
    if (!list.n)
        return err_set(s->e, ERR_CONFIG, "no duration in it; write one at least, as in 5m");
    memcpy(field, &list, sizeof list);
    return 0;
}

static int set_set(const struct setter *s, void *field)
{
    int all = 0, one = 0;
    struct span rest = span_of(s->value), item = { 0 };
    while (next_item(&rest, &item)) {
        if (choose(s, item, &one) < 0)
            return -1;
        all |= one;
    }
    if (check(s, s->value) < 0)
        return -1;
    store_int(s->row, field, all);
    return 0;
}

/* Line ends never, other control characters only in a secret: values go into protocol lines, logs
 * and terminals. */
static int check_octets(const struct setter *s)
{
    for (const char *c = s->value; *c; c++)
        if (*c == '\r' || *c == '\n' ||
            (ascii_is_control(*c) && *c != '\t' && s->row->type != OPTION_SECRET))
            return err_set(s->e, ERR_CONFIG, "a control character in the value; write it without");
    if (!utf8_is_valid(span_of(s->value)))
        return err_set(s->e, ERR_CONFIG, "not valid UTF-8; write the value in UTF-8");
    return 0;
}

static int set_field(const struct setter *s, void *field)
{
    switch (s->row->type) {
    case OPTION_STRING:
    case OPTION_URL:
    case OPTION_SECRET: return set_string(s, field);
    case OPTION_PATH: return set_path_or_word(s, field);
    case OPTION_URI: return set_uri(s, field);
    case OPTION_BOOL: return set_bool(s, field);
    case OPTION_NUMBER: return set_number(s, field);
    case OPTION_DURATION:
    case OPTION_SIZE: return set_quantity(s, field);
    case OPTION_DURATIONS: return set_durations(s, field);
    case OPTION_RATE: return set_rate(s, field);
    case OPTION_CHOICE: return set_choice(s, field);
    case OPTION_LIST: return set_list(s, field);
    case OPTION_SET: return set_set(s, field);
    }
    return -1;
}

bool option_is_quoted(const char *value)
{
    size_t len = strlen(value);
    return len > 1 && strchr("\"'", *value) && strchr(value + 1, *value) == value + len - 1;
}

int option_set(struct arena *a, const struct option *row, void *object, const char *value,
               const struct ident *who, struct err *e)
{
    struct setter s = { a, row, value, who, e };
    if (!*value) {
        option_reset(a, row, object);
        return 0;
    }
    if (check_octets(&s) == 0 && set_field(&s, field_of(row, object)) == 0)
        return 0;
    if (option_is_quoted(value))
        err_set(e, ERR_CONFIG, "%s: its quotation marks are part of it; write it without them",
                row->key);
    else
        err_context(e, "%s", row->key);
    return -1;
}

/* The table's own initial values are valid: a test sets them all. */
void option_reset(struct arena *a, const struct option *row, void *object)
{
    ERR e = { 0 };
    void *field = field_of(row, object);
    memset(field, 0, row->size);
    struct setter s = { a, row, row->initial, NULL, &e };
    int status = row->initial ? set_field(&s, field) : 0;
    (void)status;
}

void option_set_initial(struct arena *a, enum option_section section, void *object)
{
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].section == section)
            option_reset(a, &option_table[i], object);
}

const struct option *option_find(enum option_section section, struct span key)
{
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].section == section && span_is(key, option_table[i].key))
            return &option_table[i];
    return NULL;
}
