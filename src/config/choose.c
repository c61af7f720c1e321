#include "base/buf.h"
#include "base/io.h"
#include "config/login.h"
#include "config/rules.h"
#include "config/service.h"
#include "config/sets.h"
#include "mail/addr.h"

#include <string.h>

enum { MAILNAME_LIMIT = 1024 };

static struct account *by_name(struct config *c, const char *name, struct err *e)
{
    const char *known = "";
    for (size_t i = 0; i < c->n_accounts; i++) {
        if (strcmp(c->accounts[i].name, name) == 0)
            return &c->accounts[i];
        known = arena_printf(&c->arena, "%s%s%s", known, i ? ", " : "", c->accounts[i].name);
    }
    err_set(e, ERR_CONFIG, "there is no account \"%s\"; write one of %s", name, known);
    return NULL;
}

static bool matches(const struct account *account, const struct addr *addr)
{
    for (size_t i = 0; i < account->match.n; i++)
        if (addr_matches(addr, account->match.items[i]))
            return true;
    return false;
}

/* An address that cannot be read matches nothing; it is reported where it is used. */
static struct account *by_address(struct config *c, const char *address)
{
    ERR ignored = { 0 };
    struct addr addr = { 0 };
    if (!address || !*address || addr_parse_one(&c->arena, span_of(address), &addr, &ignored) < 0)
        return NULL;
    for (size_t i = 0; i < c->n_accounts; i++)
        if (matches(&c->accounts[i], &addr))
            return &c->accounts[i];
    return NULL;
}

static struct account *by_default(struct config *c)
{
    for (size_t i = 0; i < c->n_accounts; i++)
        if (c->accounts[i].is_default)
            return &c->accounts[i];
    return &c->accounts[0];
}

static int no_account(const struct config *c, struct err *e)
{
    if (c->denied)
        err_set(e, ERR_PERMISSION,
                "%s: this user may not read it, and there is no other configuration", c->denied);
    else if (c->files.n)
        err_set(e, ERR_CONFIG, "%s: no account; write an [account NAME] section",
                c->files.items[c->files.n - 1]);
    else
        err_set(e, ERR_CONFIG, "no configuration");
    err_hint(e,
             "write [account NAME] with host, user, from and password_command to %s (postbag help "
             "config), or set POSTBAG_URL=smtps://user:password@host%s%s",
             c->wanted,
             c->may_use_service ? "; the service, which sends without either, does not run: no "
                                : "",
             c->may_use_service ? service_socket() : "");
    return -1;
}

/* /etc/mailname, as Debian has it: one line, the domain of mail from here. */
static void default_maildomain(struct config *c, struct account *account)
{
    ERR ignored = { 0 };
    BUF text = { 0 };
    if (account->mail.maildomain)
        return;
    CLEANUP(io_close) int fd = io_open_file("/etc/mailname");
    if (fd < 0 || io_read_all(fd, "/etc/mailname", MAILNAME_LIMIT, &text, &ignored) < 0)
        return;
    const char *domain = arena_string(&c->arena, span_trim(span_line(buf_span(&text))));
    if (strchr(domain, '.') && check_domain(&c->arena, domain, &ignored) == 0)
        account->mail.maildomain = domain;
}

/* What the service does is settled there: nothing is ignored in silence. */
static int check_service(const struct config *c, const char *name, struct err *e)
{
    if (name && strcmp(name, "service") != 0)
        return err_set(e, ERR_CONFIG,
                       "no account \"%s\": this user's mail goes through the service at %s", name,
                       service_socket());
    if (c->sets.n)
        return err_set(e, ERR_USAGE,
                       "--set %s: the account is that of the service at %s, which has its own "
                       "configuration",
                       c->sets.items[0], service_socket());
    return 0;
}

static int choose_service(struct config *c, const char *name, const struct account **ret,
                          struct err *e)
{
    struct account *service = c->may_use_service ? service_account(c) : NULL;
    if (!service)
        return no_account(c, e);
    if (check_service(c, name, e) < 0)
        return -1;
    *ret = service;
    return 0;
}

int config_choose(struct config *c, const char *name, const char *sender, const char *from,
                  const struct account **ret, struct err *e)
{
    struct account *account = NULL;
    if (!c->n_accounts)
        return choose_service(c, name, ret, e);
    if (name && !(account = by_name(c, name, e)))
        return -1;
    if (!account)
        account = by_address(c, sender);
    if (!account)
        account = by_address(c, from);
    if (!account)
        account = by_default(c);
    if (sets_apply(c, account, e) < 0)
        return -1;
    default_maildomain(c, account);
    login_complete(c, account);
    account->mail.own = &account->match;
    if (account_check(&c->arena, account, e) < 0)
        return -1;
    *ret = account;
    return 0;
}
