#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/mech.h"

#include <string.h>

/* `auth` is a list with blanks between. */
static struct auth_opts opts_of(struct arena *a, const char *auth, const char *auth_min)
{
    struct auth_opts opts = { .user = "alice", .auth_min = auth_min };
    struct span words = span_of(auth), word;
    while (span_word(&words, &word))
        strlist_add(a, &opts.auth, arena_string(a, word));
    return opts;
}

static void names_are_known_without_case(void **state)
{
    (void)state;
    assert_int_equal(mech_by_name(SPAN("PLAIN")), MECH_PLAIN);
    assert_int_equal(mech_by_name(SPAN("login")), MECH_LOGIN);
    assert_int_equal(mech_by_name(SPAN("Scram-Sha-256")), MECH_SCRAM_SHA_256);
    assert_int_equal(mech_by_name(SPAN("SCRAM-SHA-1")), MECH_SCRAM_SHA_1);
    assert_int_equal(mech_by_name(SPAN("SCRAM-SHA-256-PLUS")), MECH_SCRAM_SHA_256_PLUS);
    assert_int_equal(mech_by_name(SPAN("xoauth2")), MECH_XOAUTH2);
    assert_int_equal(mech_by_name(SPAN("SCRAM-SHA-512")), 0);
    assert_int_equal(mech_by_name(SPAN("DIGEST-MD5")), 0);
    assert_int_equal(mech_by_name(SPAN("PLAIN ")), 0);
    assert_int_equal(mech_by_name(SPAN("")), 0);
    assert_string_equal(mech_name(MECH_SCRAM_SHA_1), "SCRAM-SHA-1");
}

static void names_of_a_set_come_best_first(void **state)
{
    (void)state;
    BUF text = { 0 };
    mech_add_names(&text, MECHS_ALL);
    assert_string_equal(buf_string(&text),
                        "GSSAPI EXTERNAL SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS SCRAM-SHA-256 "
                        "SCRAM-SHA-1 OAUTHBEARER XOAUTH2 PLAIN LOGIN CRAM-MD5");
    buf_clear(&text);
    mech_add_names(&text, 0);
    assert_string_equal(buf_string(&text), "");
}

static void options_allow_a_set(void **state)
{
    static const struct {
        const char *auth, *auth_min;
        unsigned set; /* 0: refused */
        const char *text;
    } rows[] = {
        { "", NULL, MECHS_PASSWORD | MECH_EXTERNAL, NULL },
        { "auto", NULL, MECHS_PASSWORD | MECH_EXTERNAL, NULL },
        { "AUTO", "scram", MECHS_SCRAM | MECH_EXTERNAL, NULL },
        { "", "SCRAM", MECHS_SCRAM | MECH_EXTERNAL, NULL },
        { "", "scram-plus", MECHS_PLUS | MECH_EXTERNAL, NULL },
        { "plain", NULL, MECH_PLAIN, NULL },
        { "LOGIN PLAIN", NULL, MECHS_CLEAR, NULL },
        { "GSSAPI", "scram", MECH_GSSAPI, NULL },
        { "CRAM-MD5 EXTERNAL", NULL, MECH_CRAM_MD5 | MECH_EXTERNAL, NULL },
        { "PLAIN XOAUTH2", NULL, MECH_PLAIN, NULL },
        { "PLAIN SCRAM-SHA-256", "scram", MECH_SCRAM_SHA_256, NULL },
        { "PLAIN LOGIN", "scram", 0,
          "auth_min = scram leaves no mechanism of those in auth; add one of SCRAM, or take "
          "auth_min out" },
        { "SCRAM-SHA-256", "scram-plus", 0,
          "auth_min = scram-plus leaves no mechanism of those in auth; add one of SCRAM, or take "
          "auth_min out" },
        { "XOAUTH2", NULL, 0,
          "the mechanisms in auth need a token; set oauth_token_command in place of the password" },
        { "DIGEST-MD5", NULL, 0, "auth: unknown mechanism \"DIGEST-MD5\"" },
        { "auto PLAIN", NULL, 0, "auth: unknown mechanism \"auto\"" },
        { "off PLAIN", NULL, 0, "auth: unknown mechanism \"off\"" },
        { "PL\033AIN", NULL, 0, "auth: unknown mechanism \"PL\\x1bAIN\"" },
        { "", "plain", 0, "auth_min: the values are \"scram\" and \"scram-plus\"" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        ERR e = { 0 };
        struct auth_opts opts = opts_of(&a, rows[i].auth, rows[i].auth_min);
        unsigned set = 0;
        assert_int_equal(mech_allowed(&opts, &set, &e), rows[i].set ? 0 : -1);
        assert_int_equal(set, rows[i].set);
        ERR again = { 0 };
        assert_int_equal(auth_opts_check(&opts, &again), rows[i].set ? 0 : -1);
        if (rows[i].text) {
            assert_int_equal(e.kind, ERR_CONFIG);
            assert_string_equal(e.text, rows[i].text);
        }
    }
}

static void a_token_is_for_oauth_only(void **state)
{
    static const struct {
        const char *auth, *auth_min;
        unsigned set; /* 0: refused */
    } rows[] = {
        { "", NULL, MECHS_OAUTH },          { "auto", NULL, MECHS_OAUTH },
        { "XOAUTH2", NULL, MECH_XOAUTH2 },  { "PLAIN OAUTHBEARER", NULL, MECH_OAUTHBEARER },
        { "PLAIN SCRAM-SHA-256", NULL, 0 }, { "", "scram", 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        ERR e = { 0 };
        unsigned set = 0;
        struct auth_opts opts = opts_of(&a, rows[i].auth, rows[i].auth_min);
        opts.oauth_token_command = "token";
        assert_int_equal(mech_allowed(&opts, &set, &e), rows[i].set ? 0 : -1);
        assert_int_equal(set, rows[i].set);
        assert_int_equal(e.kind, rows[i].set ? ERR_NONE : ERR_CONFIG);
    }
}

static void off_is_a_valid_option(void **state)
{
    (void)state;
    ARENA a = { 0 };
    ERR e = { 0 };
    struct auth_opts opts = opts_of(&a, "Off", NULL);
    assert_int_equal(auth_opts_check(&opts, &e), 0);
    assert_false(auth_opts_wanted(&opts));
}

/* What is not as usual: verified TLS with a binding, a password, SCRAM possible, no certificate. */
enum { NO_TLS = 1, NO_SCRAM = 2, NO_BINDING = 4, NO_SECRET = 8, CERTIFICATE = 16, TOKEN = 32 };

#define PLUS_BOTH "SCRAM-SHA-1-PLUS SCRAM-SHA-256-PLUS "

static const struct choice {
    const char *offered, *auth, *auth_min;
    int odd;
    enum mech mech; /* 0: refused */
    enum err_kind kind;
    const char *text; /* part of the message */
    const char *hint; /* part of the hint */
} choices[] = {
    { "LOGIN PLAIN SCRAM-SHA-1 SCRAM-SHA-256", "", NULL, 0, MECH_SCRAM_SHA_256 },
    { "LOGIN PLAIN SCRAM-SHA-1", "auto", NULL, 0, MECH_SCRAM_SHA_1 },
    { "LOGIN PLAIN XOAUTH2", "", NULL, 0, MECH_PLAIN },
    { "LOGIN XOAUTH2", "", NULL, 0, MECH_LOGIN },
    { "LOGIN PLAIN SCRAM-SHA-256", "LOGIN", NULL, 0, MECH_LOGIN },
    { "PLAIN SCRAM-SHA-256", "", NULL, NO_SCRAM, MECH_PLAIN },
    { "PLAIN SCRAM-SHA-256", "", NULL, NO_TLS, MECH_SCRAM_SHA_256 },
    { "CRAM-MD5 LOGIN", "", NULL, 0, MECH_LOGIN },
    { "CRAM-MD5 NTLM", "", NULL, 0, MECH_CRAM_MD5 },
    { "GSSAPI PLAIN", "", NULL, 0, MECH_PLAIN },
    { "GSSAPI PLAIN", "GSSAPI PLAIN", NULL, 0, MECH_GSSAPI },
    { "GSSAPI PLAIN", "GSSAPI", NULL, NO_SECRET, MECH_GSSAPI },
    { PLUS_BOTH "SCRAM-SHA-256", "", NULL, 0, MECH_SCRAM_SHA_256_PLUS },
    { "SCRAM-SHA-1-PLUS SCRAM-SHA-256", "", NULL, 0, MECH_SCRAM_SHA_1_PLUS },
    { PLUS_BOTH "SCRAM-SHA-256", "", NULL, NO_BINDING, MECH_SCRAM_SHA_256 },
    { PLUS_BOTH "SCRAM-SHA-256", "SCRAM-SHA-256", NULL, 0, MECH_SCRAM_SHA_256 },
    { PLUS_BOTH, "", NULL, NO_BINDING, 0, ERR_UNAVAILABLE, "nothing to bind to", "TLS 1.3" },
    { PLUS_BOTH "SCRAM-SHA-256 PLAIN", "", "scram-plus", NO_BINDING, 0, ERR_UNAVAILABLE,
      "nothing to bind to" },
    { "SCRAM-SHA-256 PLAIN", "", "scram-plus", 0, 0, ERR_UNAVAILABLE,
      "the account allows SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS" },
    { "EXTERNAL PLAIN", "", NULL, CERTIFICATE, MECH_PLAIN },
    { "EXTERNAL PLAIN", "", NULL, CERTIFICATE | NO_SECRET, MECH_EXTERNAL },
    { "EXTERNAL PLAIN", "EXTERNAL PLAIN", NULL, CERTIFICATE, MECH_EXTERNAL },
    { "EXTERNAL PLAIN", "EXTERNAL PLAIN", NULL, 0, MECH_PLAIN },
    { "EXTERNAL", "EXTERNAL", NULL, NO_SECRET, 0, ERR_UNAVAILABLE, "has not taken a client",
      "tls_cert" },
    { "PLAIN", "", NULL, NO_SECRET | CERTIFICATE, 0, ERR_CONFIG, "there is no password" },
    { "PLAIN XOAUTH2 OAUTHBEARER", "", NULL, TOKEN, MECH_OAUTHBEARER },
    { "LOGIN XOAUTH2", "", NULL, TOKEN, MECH_XOAUTH2 },
    { "PLAIN XOAUTH2 OAUTHBEARER", "XOAUTH2", NULL, TOKEN, MECH_XOAUTH2 },
    { "PLAIN LOGIN", "", NULL, TOKEN, 0, ERR_UNAVAILABLE, "allows OAUTHBEARER XOAUTH2",
      "takes no OAuth 2.0 token" },
    { "XOAUTH2", "", NULL, TOKEN | NO_TLS, 0, ERR_CONFIG, "others can read" },
    { "CRAM-MD5", "", NULL, NO_TLS, 0, ERR_CONFIG, "others can read" },
    { "", "", NULL, 0, 0, ERR_UNAVAILABLE, "offers no login (AUTH)", "auth = off" },
    { " ", "", NULL, NO_TLS, 0, ERR_UNAVAILABLE, "offers no login (AUTH)", "tls = starttls" },
    { "DIGEST-MD5 NTLM", "", NULL, 0, 0, ERR_UNAVAILABLE,
      "in common: the server offers DIGEST-MD5 NTLM; the account allows SCRAM-SHA-256-PLUS "
      "SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN CRAM-MD5" },
    { "XOAUTH2", "", NULL, 0, 0, ERR_UNAVAILABLE, "the server offers XOAUTH2;", "OAuth 2.0" },
    { "PLAIN", "LOGIN", NULL, 0, 0, ERR_UNAVAILABLE,
      "the server offers PLAIN; the account allows LOGIN", "auth and auth_min" },
    { "PLAIN LOGIN", "", "scram", 0, 0, ERR_UNAVAILABLE,
      "the server offers PLAIN LOGIN; the account allows SCRAM-SHA-256" },
    { "PLAIN SCRAM-SHA-1", "", "scram", NO_SCRAM, 0, ERR_UNAVAILABLE, "only SCRAM is in common",
      "libgsasl" },
    { "SCRAM-SHA-1", "", NULL, NO_SCRAM, 0, ERR_UNAVAILABLE, "only SCRAM is in common" },
    { "PLAIN LOGIN", "", NULL, NO_TLS, 0, ERR_CONFIG, "channel that others can read",
      "tls = implicit" },
    { "PLAIN SCRAM-SHA-1", "", NULL, NO_TLS | NO_SCRAM, 0, ERR_CONFIG, "others can read" },
    { "PLAIN SCRAM-SHA-1", "PLAIN", NULL, NO_TLS, 0, ERR_CONFIG, "others can read" },
    { "X\033[2J", "", NULL, 0, 0, ERR_UNAVAILABLE, "offers X\\x1b[2J;" },
    { "PLAIN", "DIGEST-MD5", NULL, 0, 0, ERR_CONFIG, "unknown mechanism", "auth is \"auto\"" },
};

static struct mech_facts facts_of(const struct choice *row)
{
    struct mech_facts facts = { .words = span_of(row->offered),
                                .private_channel = !(row->odd & NO_TLS),
                                .scram_possible = !(row->odd & NO_SCRAM),
                                .binding = !(row->odd & (NO_BINDING | NO_TLS)),
                                .secret = !(row->odd & NO_SECRET),
                                .certificate_sent = row->odd & CERTIFICATE };
    struct span words = facts.words, word;
    while (span_word(&words, &word))
        facts.offered |= mech_by_name(word);
    return facts;
}

static void the_best_usable_mechanism_is_chosen(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        const struct choice *row = &choices[i];
        ARENA a = { 0 };
        ERR e = { 0 };
        struct auth_opts opts = opts_of(&a, row->auth, row->auth_min);
        struct mech_facts facts = facts_of(row);
        enum mech mech = 0;
        opts.oauth_token_command = row->odd & TOKEN ? "token" : NULL;
        assert_int_equal(mech_choose(&opts, &facts, &mech, &e), row->mech ? 0 : -1);
        assert_int_equal(mech, row->mech);
        assert_int_equal(e.kind, row->kind);
        if (row->text)
            assert_non_null(strstr(e.text, row->text));
        if (row->hint)
            assert_non_null(strstr(e.hint, row->hint));
    }
}

/* Told only when it can be bound, would be, and nobody offers it. */
static void a_missed_binding_is_told(void **state)
{
    static const struct {
        const char *offered, *auth;
        int odd;
        bool missed;
    } rows[] = {
        { "SCRAM-SHA-256 PLAIN", "", 0, true },
        { "SCRAM-SHA-256 PLAIN", "", NO_BINDING, false },
        { "SCRAM-SHA-256 SCRAM-SHA-1-PLUS", "", 0, false },
        { "SCRAM-SHA-256", "SCRAM-SHA-256", 0, false },
        { "SCRAM-SHA-256", "SCRAM-SHA-256 SCRAM-SHA-256-PLUS", 0, true },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        struct choice row = { .offered = rows[i].offered, .odd = rows[i].odd };
        struct mech_facts facts = facts_of(&row);
        struct auth_opts opts = opts_of(&a, rows[i].auth, NULL);
        assert_int_equal(mech_plus_missed(&opts, &facts), rows[i].missed);
    }
}

static void a_long_list_is_cut_in_the_message(void **state)
{
    (void)state;
    ERR e = { 0 };
    BUF words = { 0 };
    for (int i = 0; i < 10000; i++)
        buf_add_string(&words, "MECHANISM ");
    struct auth_opts opts = { .user = "alice" };
    struct mech_facts facts = { .words = buf_span(&words), .private_channel = true };
    enum mech mech = 0;
    assert_int_equal(mech_choose(&opts, &facts, &mech, &e), -1);
    assert_true(strlen(e.text) < 500);
    assert_non_null(strstr(e.text, "MECHANISM ...; the account"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_known_without_case),
        cmocka_unit_test(names_of_a_set_come_best_first),
        cmocka_unit_test(options_allow_a_set),
        cmocka_unit_test(a_token_is_for_oauth_only),
        cmocka_unit_test(off_is_a_valid_option),
        cmocka_unit_test(the_best_usable_mechanism_is_chosen),
        cmocka_unit_test(a_missed_binding_is_told),
        cmocka_unit_test(a_long_list_is_cut_in_the_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
