#include "auth/mech.h"

#include "base/utf8.h"

/* Best first. */
static const struct {
    enum mech mech;
    const char *name;
} mechs[] = {
    { MECH_SCRAM_SHA_256, "SCRAM-SHA-256" },
    { MECH_SCRAM_SHA_1, "SCRAM-SHA-1" },
    { MECH_PLAIN, "PLAIN" },
    { MECH_LOGIN, "LOGIN" },
};

enum {
    MECH_COUNT = sizeof mechs / sizeof *mechs,
    WORDS_SHOWN = 300, /* octets of the server's list in a message */
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

/* "auto" stands alone, as "off" does; "off" allows nothing, and its account never gets here. */
static int mech_listed(const struct strlist *auth, unsigned *ret, struct err *e)
{
    unsigned set = 0;
    if (auth->n == 0 || (auth->n == 1 && span_iis(span_of(auth->items[0]), "auto"))) {
        *ret = MECHS_ALL;
        return 0;
    }
    for (size_t i = 0; i < auth->n; i++) {
        enum mech mech = mech_by_name(span_of(auth->items[i]));
        if (!mech)
            return mech_unknown(auth->items[i], e);
        set |= mech;
    }
    *ret = set;
    return 0;
}

int mech_allowed(const struct auth_opts *opts, unsigned *ret, struct err *e)
{
    unsigned set = 0;
    if (mech_listed(&opts->auth, &set, e) < 0)
        return -1;
    if (opts->auth_min && !span_iis(span_of(opts->auth_min), "scram"))
        return err_set(e, ERR_CONFIG, "auth_min: the only value is \"scram\"");
    if (opts->auth_min)
        set &= MECHS_SCRAM;
    if (!set)
        return err_set(
            e, ERR_CONFIG,
            "auth_min = scram leaves no mechanism of those in auth; add one of SCRAM, or "
            "take auth_min out");
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
    if (facts->offered)
        err_hint(e, "auth and auth_min of the account leave out what the server offers");
    else if (words_have(facts->words, "XOAUTH2") || words_have(facts->words, "OAUTHBEARER"))
        err_hint(e, "this server wants an OAuth 2.0 login, which is not supported");
    return -1;
}

static int scram_only(struct err *e)
{
    err_set(e, ERR_UNAVAILABLE, "only SCRAM is in common, but it cannot be used here");
    err_hint(e, "SCRAM needs libgsasl installed, and a password without control characters or "
                "characters newer than Unicode 3.2");
    return -1;
}

static int not_private(struct err *e)
{
    err_set(e, ERR_CONFIG, "the password would be sent over a channel that others can read");
    err_hint(e, "set tls = implicit or tls = starttls, with verification; PLAIN and LOGIN are used "
                "over verified TLS, to loopback and to Unix sockets only");
    return -1;
}

int mech_choose(const struct auth_opts *opts, const struct mech_facts *facts, enum mech *ret,
                struct err *e)
{
    unsigned allowed = 0;
    if (mech_allowed(opts, &allowed, e) < 0)
        return -1;
    if (!facts->offered && !span_trim(facts->words).len)
        return none_offered(facts, e);
    unsigned usable = facts->offered & allowed;
    if (!usable)
        return none_in_common(facts, allowed, e);
    if (!facts->scram_possible)
        usable &= ~(unsigned)MECHS_SCRAM;
    if (!usable)
        return scram_only(e);
    if (!facts->private_channel)
        usable &= ~(unsigned)MECHS_CLEAR;
    if (!usable)
        return not_private(e);
    size_t best = 0;
    while (!(usable & mechs[best].mech))
        best++;
    *ret = mechs[best].mech;
    return 0;
}
