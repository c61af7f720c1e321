#include "auth/mech.h"
#include "config/config.h"
#include "net/target.h"

static int fail(const struct account *account, struct err *e, const char *what)
{
    if (account->line)
        return err_set(e, ERR_CONFIG, "%s:%u: account %s: %s", account->file, account->line,
                       account->name, what);
    return err_set(e, ERR_CONFIG, "%s: %s", account->file, what);
}

/* Can the login only be one that does not show the password? A mistake in the keys is for
 * check_login. */
static bool is_hidden_only(const struct auth_opts *auth)
{
    ERR ignored = { 0 };
    unsigned set = 0;
    return mech_allowed(auth, &set, &ignored) < 0 || !(set & ~(MECHS_SCRAM | MECHS_BARE));
}

static int check_hosts(struct arena *a, const struct account *account, struct err *e)
{
    struct target target = { 0 };
    if (!account->net.host.n)
        return fail(account, e,
                    "no host; write \"host = \" and the name of your provider's "
                    "outgoing server");
    for (size_t i = 0; i < account->net.host.n; i++) {
        if (target_parse(a, account->net.host.items[i], &account->net, &target, e) < 0)
            return fail(account, e, e->text);
        if (target.tls == TLS_MODE_OFF && !target_is_local(&target) &&
            auth_opts_wanted(&account->auth) && !is_hidden_only(&account->auth))
            return fail(account, e,
                        arena_printf(a,
                                     "\"tls = off\" would send the password to %s in clear text; "
                                     "take it out, or write auth_min = scram",
                                     target.host));
    }
    return 0;
}

/* Can a certificate or a Kerberos ticket stand in for user and password? */
static bool is_bare(const struct account *account)
{
    ERR ignored = { 0 };
    unsigned set = 0;
    if (auth_opts_sources(&account->auth) || mech_allowed(&account->auth, &set, &ignored) < 0)
        return false;
    return set & MECH_GSSAPI || (set & MECH_EXTERNAL && account->net.tls_cert);
}

static int check_login(const struct account *account, struct err *e)
{
    const struct auth_opts *auth = &account->auth;
    unsigned sources = auth_opts_sources(auth);
    if (!auth_opts_wanted(auth) && !auth->auth.n && sources)
        return fail(account, e, "a password but no user; write \"user = \" and the login name");
    if (sources > 1)
        return fail(account, e,
                    "more than one of password, password_file, password_command, "
                    "password_credential, password_env, netrc and oauth_token_command; keep one");
    if (!auth_opts_wanted(auth))
        return 0;
    if (!auth->user && !is_bare(account))
        return fail(account, e, "auth without a user; write \"user = \" and the login name");
    if (!sources && !is_bare(account))
        return fail(account, e,
                    "a user but no password; write password_command, password_file or "
                    "password, or \"auth = off\"");
    if (auth->auth.n > 1)
        for (size_t i = 0; i < auth->auth.n; i++)
            if (span_iis(span_of(auth->auth.items[i]), "off") ||
                span_iis(span_of(auth->auth.items[i]), "auto"))
                return fail(account, e,
                            "auth: auto and off stand alone; write one word, or "
                            "mechanisms only");
    return auth_opts_check(auth, e) < 0 ? fail(account, e, e->text) : 0;
}

static int check_tls(const struct account *account, struct err *e)
{
    const struct net_opts *net = &account->net;
    if (net->tls_key && !net->tls_cert)
        return fail(account, e, "tls_key without tls_cert; write both");
    if (net->tls_verify == TLS_VERIFY_INSECURE && (net->tls_pin.n || net->tls_fingerprint.n))
        return fail(account, e,
                    "\"tls_verify = insecure\" beside tls_pin or tls_fingerprint; take "
                    "it out, a fingerprint needs no verification");
    return 0;
}

int account_check(struct arena *a, const struct account *account, struct err *e)
{
    if (check_hosts(a, account, e) < 0 || check_login(account, e) < 0)
        return -1;
    return check_tls(account, e);
}
