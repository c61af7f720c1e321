#include "config/serve_rules.h"

#include "config/rules.h"
#include "net/target.h"

#include <string.h>

/* Whoever listens for other machines must know whom he serves. */
int check_listen(struct arena *a, const char *value, struct err *e)
{
    ERR why = { 0 };
    struct net_opts opts = { .port = 25 };
    struct target target = { 0 };
    if (target_parse(a, value, &opts, &target, &why) < 0 || target.is_path)
        return err_set(e, ERR_CONFIG, "\"%s\" is no address; write one as in 127.0.0.1:25", value);
    if (target_is_local(&target))
        return 0;
    return err_set(e, ERR_CONFIG,
                   "\"%s\" is open to other machines, for which this service has neither TLS nor "
                   "login; write a loopback address as in 127.0.0.1:25",
                   value);
}

/* user = login / number / "@" group */
int check_user(struct arena *a, const char *value, struct err *e)
{
    (void)a;
    if (value[*value == '@'] && !strpbrk(value, ":/*"))
        return 0;
    return err_set(e, ERR_CONFIG, "\"%s\" is no user; write a login name, a number, or @group",
                   value);
}

/* rule = ( user / "*" ) ":" pattern */
int check_sender(struct arena *a, const char *value, struct err *e)
{
    const char *colon = strchr(value, ':');
    if (!colon || !colon[1])
        return err_set(e, ERR_CONFIG,
                       "\"%s\" does not say who may use what; write as in www-data:*@example.com",
                       value);
    const char *user = arena_string(a, (struct span){ value, (size_t)(colon - value) });
    if (strcmp(user, "*") != 0 && check_user(a, user, e) < 0)
        return -1;
    return check_pattern(a, colon + 1, e);
}
