#include "base/buf.h"
#include "config/config.h"
#include "config/option.h"
#include "net/target.h"

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

/* The port and the way of TLS that follow from the host, if there is but one. */
static void fill_in(struct account *shown)
{
    ERR ignored = { 0 };
    ARENA a = { 0 };
    const struct strlist *hosts = &shown->net.host;
    struct target target = { 0 };
    if (hosts->n != 1 || target_parse(&a, hosts->items[0], &shown->net, &target, &ignored) < 0 ||
        target.is_service)
        return;
    shown->net.tls = target.tls;
    if (!target.is_path && !target.has_port)
        shown->net.port = target.port;
}

void account_title(struct buf *to, const struct account *account)
{
    buf_addf(to, "%s (%s", account->name, account->file);
    if (account->line)
        buf_addf(to, ":%u", account->line);
    buf_add_char(to, ')');
}

void account_describe(struct buf *to, const struct account *account)
{
    buf_add_string(to, "account ");
    account_title(to, account);
    buf_add_char(to, '\n');
    struct account shown = *account;
    fill_in(&shown);
    describe(to, OPTION_ACCOUNT, &shown, account->origins);
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

bool serve_is_configured(const struct config *c)
{
    return is_configured(c, OPTION_SERVE);
}

void serve_describe(struct buf *to, const struct config *c)
{
    if (!serve_is_configured(c))
        return;
    buf_add_string(to, "\nserve\n");
    describe(to, OPTION_SERVE, &c->serve, c->origins);
}
