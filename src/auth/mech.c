#include "auth/mech.h"

#include "base/utf8.h"

/* Best first. */
static const struct {
    enum mech mech;
    const char *name;
} mechs[] = {
    { MECH_GSSAPI, "GSSAPI" },
    { MECH_EXTERNAL, "EXTERNAL" },
    { MECH_SCRAM_SHA_256_PLUS, "SCRAM-SHA-256-PLUS" },
    { MECH_SCRAM_SHA_1_PLUS, "SCRAM-SHA-1-PLUS" },
    { MECH_SCRAM_SHA_256, "SCRAM-SHA-256" },
    { MECH_SCRAM_SHA_1, "SCRAM-SHA-1" },
    { MECH_OAUTHBEARER, "OAUTHBEARER" },
    { MECH_XOAUTH2, "XOAUTH2" },
    { MECH_PLAIN, "PLAIN" },
    { MECH_LOGIN, "LOGIN" },
    { MECH_CRAM_MD5, "CRAM-MD5" },
};

enum {
    MECH_COUNT = sizeof mechs / sizeof *mechs,
    WORDS_SHOWN = 300, /* octets of the server's list in a message */
};

/* Sets in the terms of auth_min, and what only goes over a private channel. */
enum {
    MECHS_MIN_SCRAM = MECHS_SCRAM | MECHS_BARE,
    MECHS_MIN_PLUS = MECHS_PLUS | MECH_EXTERNAL,
    MECHS_PRIVATE = MECHS_CLEAR | MECH_CRAM_MD5 | MECHS_OAUTH,
};

enum mech mech_by_name(struct span name)
{
    for (size_t i = 0; i < MECH_COUNT; i++)
        if (span_iis(name, mechs[i].name))
            return mechs[i].mech;
    return 0;
}

const char *mech_name(enum mech mech)
{
    for (size_t i = 0; i < MECH_COUNT; i++)
        if (mechs[i].mech == mech)
            return mechs[i].name;
    return "";
}

void mech_add_names(struct buf *to, unsigned set)
{
    const char *blank = "";
    for (size_t i = 0; i < MECH_COUNT; i++) {
        if (!(set & mechs[i].mech))
            continue;
        buf_add_string(to, blank);
        buf_add_string(to, mechs[i].name);
        blank = " ";
    }
}

/* What the account allows. */

static int mech_unknown(const char *name, struct err *e)
{
    BUF known = { 0 };
    BUF shown = { 0 };
    mech_add_names(&known, MECHS_ALL);
    utf8_add_printable(&shown, span_of(name), " ");
    err_set(e, ERR_CONFIG, "auth: unknown mechanism \"%s\"", buf_string(&shown));
    err_hint(e, "auth is \"auto\", \"off\", or a list of these: %s", buf_string(&known));
    return -1;
}

static bool is_auto(const struct auth_opts *opts)
{
    return opts->auth.n == 0 ||
           (opts->auth.n == 1 && span_iis(span_of(opts->auth.items[0]), "auto"));
}

/* "auto" stands alone, as "off" does; "off" allows nothing, and its account never gets here. */
static int mech_listed(const struct auth_opts *opts, unsigned *ret, struct err *e)
{
    unsigned set = 0;
    if (is_auto(opts)) {
        *ret = MECHS_ALL & ~(unsigned)MECH_GSSAPI;
        return 0;
    }
    for (size_t i = 0; i < opts->auth.n; i++) {
        enum mech mech = mech_by_name(span_of(opts->auth.items[i]));
        if (!mech)
            return mech_unknown(opts->auth.items[i], e);
        set |= mech;
    }
    *ret = set;
    return 0;
}

static int mech_wrong_secret(unsigned set, struct err *e)
{
    if (set & MECHS_OAUTH)
        return err_set(e, ERR_CONFIG,
                       "the mechanisms in auth need a token; set oauth_token_command in place of "
                       "the password");
    return err_set(e, ERR_CONFIG,
                   "oauth_token_command is there, but auth leaves out OAUTHBEARER and XOAUTH2; "
                   "name one, or take auth out");
}

/* A token is of no use but for OAuth, and nothing but a token is of use there. */
static int mech_of_secret(const struct auth_opts *opts, unsigned *set, struct err *e)
{
    unsigned kind = opts->oauth_token_command ? MECHS_OAUTH : MECHS_PASSWORD | MECHS_BARE;
    if (!(*set & kind))
        return mech_wrong_secret(*set, e);
    *set &= kind;
    return 0;
}

/* A value that is not known leaves nothing. */
static unsigned mech_minimum(const char *minimum)
{
    if (!minimum)
        return MECHS_ALL;
    if (span_iis(span_of(minimum), "scram"))
        return MECHS_MIN_SCRAM;
    return span_iis(span_of(minimum), "scram-plus") ? MECHS_MIN_PLUS : 0;
}

int mech_allowed(const struct auth_opts *opts, unsigned *ret, struct err *e)
{
    unsigned set = 0;
    unsigned minimum = mech_minimum(opts->auth_min);
    if (mech_listed(opts, &set, e) < 0)
        return -1;
    if (!minimum)
        return err_set(e, ERR_CONFIG, "auth_min: the values are \"scram\" and \"scram-plus\"");
    if (mech_of_secret(opts, &set, e) < 0)
        return -1;
    set &= minimum;
    if (!set)
        return err_set(e, ERR_CONFIG,
                       "auth_min = %s leaves no mechanism of those in auth; add one of SCRAM, or "
                       "take auth_min out",
                       opts->auth_min);
    *ret = set;
    return 0;
}

int auth_opts_check(const struct auth_opts *o, struct err *e)
{
    unsigned set = 0;
    if (o->auth.n == 1 && span_iis(span_of(o->auth.items[0]), "off"))
        return 0;
    return mech_allowed(o, &set, e);
}

/* Why there is none to choose. */

static bool words_have(struct span words, const char *name)
{
    struct span word;
    while (span_word(&words, &word))
        if (span_iis(word, name))
            return true;
    return false;
}

static int none_offered(const struct mech_facts *facts, struct err *e)
{
    err_set(e, ERR_UNAVAILABLE, "the server offers no login (AUTH)");
    if (facts->private_channel)
        err_hint(e, "submission is usually port 465 or 587, not 25; "
                    "if this server wants no login, set auth = off");
    else
        err_hint(e, "many servers offer it over TLS only: set tls = starttls or tls = implicit");
    return -1;
}

static void hint_in_common(const struct mech_facts *facts, unsigned allowed, struct err *e)
{
    bool wants_token = words_have(facts->words, "XOAUTH2") || facts->offered & MECHS_OAUTH;
    if (wants_token && !(facts->offered & MECHS_PASSWORD))
        err_hint(e, "this server wants an OAuth 2.0 login: set oauth_token_command in place of "
                    "the password");
    else if (allowed & MECHS_OAUTH)
        err_hint(e, "this server takes no OAuth 2.0 token: set a password in place of "
                    "oauth_token_command");
    else if (facts->offered)
        err_hint(e, "auth and auth_min of the account leave out what the server offers");
}

static int none_in_common(const struct mech_facts *facts, unsigned allowed, struct err *e)
{
    BUF theirs = { 0 };
    BUF ours = { 0 };
    bool long_list = facts->words.len > WORDS_SHOWN;
    struct span words = { facts->words.at, long_list ? WORDS_SHOWN : facts->words.len };
    utf8_add_printable(&theirs, words, " ");
    mech_add_names(&ours, allowed);
    err_set(e, ERR_UNAVAILABLE,
            "no login mechanism in common: the server offers %s%s; the account allows %s",
            buf_string(&theirs), long_list ? "..." : "", buf_string(&ours));
    hint_in_common(facts, allowed, e);
    return -1;
}

static int no_secret(struct err *e)
{
    err_set(e, ERR_CONFIG, "a login is wanted, but there is no password");
    err_hint(e, "set password_command, password_file or password, or auth = off");
    return -1;
}

static int no_certificate(struct err *e)
{
    err_set(e, ERR_UNAVAILABLE,
            "EXTERNAL is the only mechanism in common, but the server has not taken a client "
            "certificate");
    err_hint(e, "set tls_cert to a certificate from an authority that the server names, or set a "
                "password");
    return -1;
}

static int scram_only(struct err *e)
{
    err_set(e, ERR_UNAVAILABLE, "only SCRAM is in common, but it cannot be used here");
    err_hint(e, "SCRAM takes no user or password with control characters, and needs libgsasl "
                "installed for one that is not ASCII");
    return -1;
}

static int plus_only(struct err *e)
{
    err_set(e, ERR_UNAVAILABLE,
            "only SCRAM with channel binding is in common, and this connection has nothing to "
            "bind to");
    err_hint(e, "it takes TLS 1.3, or TLS 1.2 with the extended master secret; or allow "
                "SCRAM-SHA-256 in auth");
    return -1;
}

static int not_private(struct err *e)
{
    err_set(e, ERR_CONFIG, "the password would be sent over a channel that others can read");
    err_hint(e, "set tls = implicit or tls = starttls, with verification; only SCRAM is used "
                "otherwise, but to loopback and to Unix sockets");
    return -1;
}

/* The choice. */

/* Takes out of `usable` what cannot be used here, and says why when that was all. */
static int keep_possible(const struct mech_facts *facts, unsigned *usable, struct err *e)
{
    unsigned set = *usable;
    if (!facts->secret && !(set &= MECHS_BARE))
        return no_secret(e);
    if (!facts->certificate_sent && !(set &= ~(unsigned)MECH_EXTERNAL))
        return no_certificate(e);
    if (!facts->binding && !(set &= ~(unsigned)MECHS_PLUS))
        return plus_only(e);
    if (!facts->scram_possible && !(set &= ~(unsigned)MECHS_SCRAM))
        return scram_only(e);
    if (!facts->private_channel && !(set &= ~(unsigned)MECHS_PRIVATE))
        return not_private(e);
    *usable = set;
    return 0;
}

int mech_choose(const struct auth_opts *opts, const struct mech_facts *facts, enum mech *ret,
                struct err *e)
{
    unsigned allowed = 0;
    if (mech_allowed(opts, &allowed, e) < 0)
        return -1;
    if (is_auto(opts) && facts->secret)
        allowed &= ~(unsigned)MECH_EXTERNAL;
    if (!facts->offered && !span_trim(facts->words).len)
        return none_offered(facts, e);
    unsigned usable = facts->offered & allowed;
    if (!usable)
        return none_in_common(facts, allowed, e);
    if (keep_possible(facts, &usable, e) < 0)
        return -1;
    size_t best = 0;
    while (!(usable & mechs[best].mech))
        best++;
    *ret = mechs[best].mech;
    return 0;
}

bool mech_plus_missed(const struct auth_opts *opts, const struct mech_facts *facts)
{
    ERR ignored = { 0 };
    unsigned allowed = 0;
    return facts->binding && !(facts->offered & MECHS_PLUS) &&
           mech_allowed(opts, &allowed, &ignored) == 0 && (allowed & MECHS_PLUS);
}
