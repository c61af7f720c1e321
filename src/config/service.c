#include "config/service.h"

#include "config/option.h"

#include <stdlib.h>
#include <sys/stat.h>

const char *service_socket(void)
{
    const char *path = getenv("POSTBAG_SOCKET");
    return path && *path == '/' ? path : SERVE_SOCKET;
}

struct account *service_account(struct config *c)
{
    struct arena *a = &c->arena;
    struct stat facts;
    const char *path = service_socket();
    if (stat(path, &facts) < 0 || !S_ISSOCK(facts.st_mode))
        return NULL;
    struct account *account = arena_new(a, 1, sizeof *account);
    option_set_initial(a, OPTION_ACCOUNT, account);
    account->name = "service";
    account->file = arena_string(a, span_of(path));
    account->is_service = true;
    account->origins = arena_new(a, option_count, sizeof *account->origins);
    strlist_add(a, &account->net.host, account->file);
    account->net.tls = TLS_MODE_OFF;
    account->smtp.protocol = PROTOCOL_LMTP;
    account->mail.rewrite_from = REWRITE_NEVER;
    account->mail.leave_local = true;
    return account;
}
