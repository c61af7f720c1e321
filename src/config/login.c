#include "config/login.h"

#include "net/target.h"

#include <stdlib.h>
#include <string.h>

static const char *last_taken(const struct config *c, const char *name)
{
    for (size_t i = c->taken.n; i > 0; i -= 2)
        if (strcmp(c->taken.items[i - 2], name) == 0)
            return c->taken.items[i - 1];
    return NULL;
}

static void note(struct config *c, const char *name, const char *value)
{
    strlist_add(&c->arena, &c->taken, arena_string(&c->arena, span_of(name)));
    strlist_add(&c->arena, &c->taken, arena_string(&c->arena, span_of(value)));
}

void login_inherit(struct config *c, const struct config *before)
{
    for (size_t i = 0; i < before->taken.n; i += 2)
        note(c, before->taken.items[i], before->taken.items[i + 1]);
}

static const char *take(struct config *c, const char *name)
{
    char *value = getenv(name);
    if (value) {
        note(c, name, value);
        mem_wipe(value, strlen(value));
        unsetenv(name);
    }
    return last_taken(c, name);
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
    if (auth->password_env)
        auth->env_password = take(c, auth->password_env);
    if (auth->netrc)
        add_machines(c, account);
}
