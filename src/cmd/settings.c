#include "cmd/settings.h"

#include "base/buf.h"
#include "config/option.h"

static void show(struct steps *steps, const struct option *row, const struct account *account)
{
    static const char *const origins[] = {
        [ORIGIN_UNSET] = "built-in",    [ORIGIN_DEFAULTS] = "[defaults]",
        [ORIGIN_INHERITED] = "inherit", [ORIGIN_ACCOUNT] = "account",
        [ORIGIN_SET] = "--set",
    };
    BUF value = { 0 };
    option_show(&value, row, account);
    steps_fact(steps, "setting", "%s = %s (%s)", row->key, buf_string(&value),
               origins[account->origins[row - option_table]]);
}

void settings_show(struct steps *steps, const struct account *account)
{
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].section == OPTION_ACCOUNT && account->origins[i] != ORIGIN_UNSET)
            show(steps, &option_table[i], account);
}

void settings_show_target(struct steps *steps, const struct account *account,
                          const struct target *target)
{
    static const char *const modes[] = {
        [TLS_MODE_IMPLICIT] = "implicit", [TLS_MODE_STARTTLS] = "starttls", [TLS_MODE_OFF] = "off"
    };
    const struct net_opts *net = &account->net;
    if (net->port == 0 && !target->is_path)
        steps_fact(steps, "setting", "port = %d (%s)", target->port,
                   target->has_port ? "host" : "built-in");
    if (net->tls == TLS_MODE_UNSET)
        steps_fact(steps, "setting", "tls = %s (built-in)", modes[target->tls]);
}
