#include "base/buf.h"
#include "config/config.h"
#include "config/option.h"

static const char *origin_name(enum option_origin origin)
{
    switch (origin) {
    case ORIGIN_UNSET: return "built-in";
    case ORIGIN_DEFAULTS: return "defaults";
    case ORIGIN_INHERITED: return "inherited";
    case ORIGIN_ACCOUNT: return "account";
    case ORIGIN_SET: return "--set";
    case ORIGIN_CONFIG: return "config";
    }
    return "";
}

static void describe(struct buf *to, enum option_section section, const void *object,
                     const uint8_t *origins)
{
    for (size_t i = 0; i < option_count; i++) {
        const struct option *row = &option_table[i];
        BUF value = { 0 };
        if (row->section != section)
            continue;
        option_show(&value, row, object);
        if (value.len)
            buf_addf(to, "%-9s  %s = %s\n", origin_name(origins[i]), row->key, buf_string(&value));
    }
}

void account_describe(struct buf *to, const struct account *account)
{
    if (account->line)
        buf_addf(to, "account %s (%s:%u)\n", account->name, account->file, account->line);
    else
        buf_addf(to, "account %s (%s)\n", account->name, account->file);
    describe(to, OPTION_ACCOUNT, account, account->origins);
}

void queue_describe(struct buf *to, const struct config *c)
{
    buf_add_string(to, "queue\n");
    describe(to, OPTION_QUEUE, &c->queue, c->origins);
}

static bool is_configured(const struct config *c, enum option_section section)
{
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].section == section && c->origins[i] == ORIGIN_CONFIG)
            return true;
    return false;
}

void serve_describe(struct buf *to, const struct config *c)
{
    if (!is_configured(c, OPTION_SERVE))
        return;
    buf_add_string(to, "serve\n");
    describe(to, OPTION_SERVE, &c->serve, c->origins);
}
