#include "config/login.h"

#include "net/target.h"

#include <stdlib.h>
#include <string.h>

static const char *taken_before(const struct config *c, const char *name)
{
    for (size_t i = 0; i < c->n_accounts; i++) {
        const struct auth_opts *auth = &c->accounts[i].auth;
        if (auth->env_password && auth->env_name && strcmp(auth->env_name, name) == 0)
            return auth->env_password;
    }
    return c->before ? taken_before(c->before, name) : NULL;
}

static const char *take(struct config *c, const char *name)
{
    char *value = getenv(name);
    const char *known = value ? value : taken_before(c, name);
    const char *kept = known ? arena_string(&c->arena, span_of(known)) : NULL;
    if (!value)
        return kept;
    mem_wipe(value, strlen(value));
    unsetenv(name);
    return kept;
}

static void add_machines(struct config *c, struct account *account)
{
    account->auth.machines = (struct strlist){ 0 };
    for (size_t i = 0; i < account->net.host.n; i++) {
        ERR ignored = { 0 };
        struct target t = { 0 };
        if (target_parse(&c->arena, account->net.host.items[i], &account->net, &t, &ignored) == 0 &&
            !t.is_path)
            strlist_add(&c->arena, &account->auth.machines, t.host);
    }
}

void login_complete(struct config *c, struct account *account)
{
    struct auth_opts *auth = &account->auth;
    if (auth->password_env) {
        auth->env_password = take(c, auth->password_env);
        auth->env_name = auth->password_env;
    }
    if (auth->netrc)
        add_machines(c, account);
}
