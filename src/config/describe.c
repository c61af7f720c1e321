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
    }
    return "";
}

void account_describe(struct buf *to, const struct account *account)
{
    if (account->line)
        buf_addf(to, "account %s (%s:%u)\n", account->name, account->file, account->line);
    else
        buf_addf(to, "account %s (%s)\n", account->name, account->file);
    for (size_t i = 0; i < option_count; i++) {
        const struct option *row = &option_table[i];
        BUF value = { 0 };
        if (row->section != OPTION_ACCOUNT)
            continue;
        option_show(&value, row, account);
        if (value.len)
            buf_addf(to, "%-9s  %s = %s\n", origin_name(account->origins[i]), row->key,
                     buf_string(&value));
    }
}
