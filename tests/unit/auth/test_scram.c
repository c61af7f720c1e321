/* libgsasl chooses its own nonce, so the server is played here, by an independent computation
 * through GnuTLS that is held against the RFCs first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/sasl.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

static const char salt[] = "QSXCR+Q6sek8bf92";

struct hash {
    enum mech mech;
    gnutls_mac_algorithm_t mac;
    gnutls_digest_algorithm_t digest;
};

static const struct hash hashes[] = {
    { MECH_SCRAM_SHA_1, GNUTLS_MAC_SHA1, GNUTLS_DIG_SHA1 },
    { MECH_SCRAM_SHA_256, GNUTLS_MAC_SHA256, GNUTLS_DIG_SHA256 },
};

static struct buf base64_of(const void *octets, unsigned len)
{
    gnutls_datum_t in = { (void *)(uintptr_t)octets, len }, out = { 0 };
    struct buf text = { 0 };
    assert_int_equal(gnutls_base64_encode2(&in, &out), 0);
    buf_add(&text, out.data, out.size);
    gnutls_free(out.data);
    return text;
}

/* SaltedPassword, from a salt in base64 (RFC 5802 section 3). */
static void salted_password(const struct hash *hash, const char *password, const char *salt64,
                            unsigned rounds, unsigned char *ret)
{
    gnutls_datum_t key = { (void *)(uintptr_t)password, (unsigned)strlen(password) };
    gnutls_datum_t in = { (void *)(uintptr_t)salt64, (unsigned)strlen(salt64) }, raw = { 0 };
    assert_int_equal(gnutls_base64_decode2(&in, &raw), 0);
    unsigned len = gnutls_hash_get_len(hash->digest);
    assert_int_equal(gnutls_pbkdf2(hash->mac, &key, &raw, rounds, ret, len), 0);
    gnutls_free(raw.data);
}

/* `ret` = HMAC(HMAC(salted, label) or its hash, message). */
static void signature(const struct hash *hash, const unsigned char *salted, const char *label,
                      const char *message, unsigned char *ret)
{
    unsigned char key[64], stored[64];
    unsigned len = gnutls_hash_get_len(hash->digest);
    bool client = strcmp(label, "Client Key") == 0;
    assert_int_equal(gnutls_hmac_fast(hash->mac, salted, len, label, strlen(label), key), 0);
    assert_int_equal(gnutls_hash_fast(hash->digest, key, len, stored), 0);
    assert_int_equal(
        gnutls_hmac_fast(hash->mac, client ? stored : key, len, message, strlen(message), ret), 0);
    for (unsigned i = 0; client && i < len; i++)
        ret[i] ^= key[i]; /* ClientProof = ClientKey XOR ClientSignature */
}

struct proofs {
    struct buf client; /* base64 */
    struct buf server;
};

static void proofs_done(struct proofs *p)
{
    buf_done(&p->client);
    buf_done(&p->server);
}

#define PROOFS CLEANUP(proofs_done) struct proofs

static struct proofs proofs_of(const struct hash *hash, const unsigned char *salted,
                               const char *message)
{
    unsigned char octets[64];
    struct proofs p = { 0 };
    unsigned len = gnutls_hash_get_len(hash->digest);
    signature(hash, salted, "Client Key", message, octets);
    p.client = base64_of(octets, len);
    signature(hash, salted, "Server Key", message, octets);
    p.server = base64_of(octets, len);
    return p;
}

/* RFC 5802 section 5 and RFC 7677 section 3. */
static void the_test_computes_what_the_rfcs_say(void **state)
{
    static const struct {
        const struct hash *hash;
        const char *salt, *message, *client, *server;
    } rows[] = {
        { &hashes[0], "QSXCR+Q6sek8bf92",
          "n=user,r=fyko+d2lbbFgONRv9qkxdawL,"
          "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096,"
          "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j",
          "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "rmF9pqV8S7suAoZWja4dJRkFsKQ=" },
        { &hashes[1], "W22ZaJ0SNY7soEsUEjb6gQ==",
          "n=user,r=rOprNGfwEbeRWgbNEkqO,"
          "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
          "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
          "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
          "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned char salted[64];
        salted_password(rows[i].hash, "pencil", rows[i].salt, 4096, salted);
        PROOFS p = proofs_of(rows[i].hash, salted, rows[i].message);
        assert_string_equal(buf_string(&p.client), rows[i].client);
        assert_string_equal(buf_string(&p.server), rows[i].server);
    }
}

/* A login up to the client's first message, gs2-header + bare. */
struct login {
    struct sasl *sasl;
    struct buf first;
    struct buf bound; /* gs2-header and binding, in base64 */
    const char *bare;
    const char *nonce;
};

static void login_start_as(struct login *login, const struct sasl_setup *setup, const char *header)
{
    ERR e = { 0 };
    BUF bound = { 0 };
    assert_int_equal(sasl_new(setup, &login->sasl, &e), 0);
    assert_true(sasl_client_first(login->sasl));
    assert_true(sasl_initial_response(login->sasl));
    assert_int_equal(sasl_step(login->sasl, NULL, &login->first, &e), 0);
    assert_true(span_starts(buf_span(&login->first), header));
    buf_add_string(&bound, header);
    if (*header == 'p')
        buf_add_span(&bound, setup->binding);
    login->bound = base64_of(bound.at, (unsigned)bound.len);
    login->bare = buf_string(&login->first) + strlen(header);
    assert_true(span_starts(span_of(login->bare), "n="));
    login->nonce = strstr(login->bare, ",r=") + 3;
    assert_true(strlen(login->nonce) >= 20);
}

static struct sasl_setup setup_of(enum mech mech, const char *user, const char *password)
{
    return (struct sasl_setup){ .mech = mech, .user = user, .secret = span_of(password) };
}

static void login_start(struct login *login, enum mech mech, const char *user, const char *password)
{
    struct sasl_setup setup = setup_of(mech, user, password);
    login_start_as(login, &setup, "n,,");
}

static void login_done(struct login *login)
{
    sasl_free(login->sasl);
    buf_done(&login->first);
    buf_done(&login->bound);
}

#define LOGIN CLEANUP(login_done) struct login

/* Answers one challenge. "@" in `challenge` stands for the client's nonce. */
static int login_step(struct login *login, const char *challenge, struct buf *ret, struct err *e)
{
    BUF text = { 0 };
    for (; *challenge; challenge++) {
        if (*challenge == '@')
            buf_add_string(&text, login->nonce);
        else
            buf_add_char(&text, *challenge);
    }
    struct span span = buf_span(&text);
    return sasl_step(login->sasl, &span, ret, e);
}

/* Plays the server's part; what it knows is `prepared`. */
static void login_succeed(struct login *login, const struct hash *hash, const char *prepared,
                          unsigned rounds)
{
    ERR e = { 0 };
    BUF first = { 0 }, final = { 0 }, message = { 0 }, answer = { 0 };
    unsigned char salted[64];
    buf_addf(&first, "r=%s3rfcNHYJ,s=%s,i=%u", login->nonce, salt, rounds);
    assert_int_equal(login_step(login, buf_string(&first), &answer, &e), 0);
    buf_addf(&message, "%s,%s,c=%s,r=%s3rfcNHYJ", login->bare, buf_string(&first),
             buf_string(&login->bound), login->nonce);
    salted_password(hash, prepared, salt, rounds, salted);
    PROOFS p = proofs_of(hash, salted, buf_string(&message));
    buf_addf(&final, "c=%s,r=%s3rfcNHYJ,p=%s", buf_string(&login->bound), login->nonce,
             buf_string(&p.client));
    assert_string_equal(buf_string(&answer), buf_string(&final));
    assert_true(answer.secret);

    assert_int_equal(sasl_finish(login->sasl, &e), -1); /* nothing is proved yet */
    assert_int_equal(e.kind, ERR_AUTH);
    buf_clear(&final);
    buf_clear(&answer);
    buf_addf(&final, "v=%s", buf_string(&p.server));
    assert_int_equal(login_step(login, buf_string(&final), &answer, &e), 0);
    assert_int_equal(answer.len, 0);
    assert_int_equal(sasl_finish(login->sasl, &e), 0);
    assert_int_equal(login_step(login, "", &answer, &e), -1); /* and nothing may follow */
    assert_int_equal(e.kind, ERR_AUTH);
}

static void a_server_that_knows_the_password_is_believed(void **state)
{
    static const struct {
        const char *user, *sent, *password, *prepared;
        unsigned rounds;
    } rows[] = {
        { "user", "user", "pencil", "pencil", 4096 },
        { "a,b=c@example.com", "a=2Cb=3Dc@example.com", " p;#\\\"", " p;#\\\"", 4097 },
        { "j\303\274rg", "j\303\274rg", "pa\303\237wort", "pa\303\237wort", 5000 },
        /* SASLprep (RFC 4013): compatibility forms, soft hyphen, foreign blanks */
        { "\302\252", "a", "I\302\255X", "IX", 4096 },
        { "user", "user", "\342\205\250\302\240x", "IX x", 4096 },
        /* newer than Unicode 3.2, in password and user */
        { "user", "user", "\342\202\277 1", "\342\202\277 1", 4096 },
        { "\360\237\223\256", "\360\237\223\256", "\360\237\230\200", "\360\237\230\200", 4096 },
        { "user", "user", "pencil", "pencil", 100000 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t j = 0; j < sizeof hashes / sizeof *hashes; j++) {
            LOGIN login = { 0 };
            BUF bare = { 0 };
            assert_true(sasl_scram_possible("user", span_of(rows[i].password)));
            login_start(&login, hashes[j].mech, rows[i].user, rows[i].password);
            buf_addf(&bare, "n=%s,r=%s", rows[i].sent, login.nonce);
            assert_string_equal(login.bare, buf_string(&bare));
            login_succeed(&login, &hashes[j], rows[i].prepared, rows[i].rounds);
        }
    }
}

static void every_login_has_its_own_nonce(void **state)
{
    (void)state;
    LOGIN one = { 0 };
    LOGIN two = { 0 };
    login_start(&one, MECH_SCRAM_SHA_256, "user", "pencil");
    login_start(&two, MECH_SCRAM_SHA_256, "user", "pencil");
    assert_string_not_equal(one.nonce, two.nonce);
}

#define FIRST "r=@3rfcNHYJ,s=QSXCR+Q6sek8bf92,i=4096"

static void odd_challenges_have_no_answer(void **state)
{
    static const struct {
        const char *first, *second; /* the last one is refused */
        const char *text;
    } rows[] = {
        { "r=@x,s=QSXCR+Q6sek8bf92,i=4095", NULL, "asks for 4095 SCRAM rounds; accepted are 4096" },
        { "r=@x,s=QSXCR+Q6sek8bf92,i=1", NULL, "asks for 1 SCRAM rounds" },
        { "r=@x,s=QSXCR+Q6sek8bf92,i=1000001", NULL, "asks for 1000001 SCRAM rounds" },
        { "r=@x,s=QSXCR+Q6sek8bf92,i=10000000", NULL, "asks for 10000000 SCRAM rounds" },
        { "r=@x,s=QSXCR+Q6sek8bf92,i=0", NULL, "asks for 0 SCRAM rounds" },
        { "r=@x,s=QSXCR+Q6sek8bf92,i=-4096", NULL, NULL },
        { "r=@x,s=QSXCR+Q6sek8bf92,i=18446744073709555712", NULL, NULL },
        { "r=@x,s=QSXCR+Q6sek8bf92,i=", NULL, "malformed" },
        { "r=@x,s=QSXCR+Q6sek8bf92", NULL, "malformed" },
        { "r=@x,s=,i=4096", NULL, NULL },
        { "r=@x,s=!!!,i=4096", NULL, "malformed" },
        { "r=x@,s=QSXCR+Q6sek8bf92,i=4096", NULL, "does not answer ours" },
        { "r=,s=QSXCR+Q6sek8bf92,i=4096", NULL, NULL },
        { "m=x,r=@x,s=QSXCR+Q6sek8bf92,i=4096", NULL, "malformed" },
        { "r=@,s=QSXCR+Q6sek8bf92,i=4096", NULL, "does not answer ours" },
        { "", NULL, "malformed" },
        { "garbage", NULL, "malformed" },
        { "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", NULL, "malformed" },
        { "e=unknown-user", NULL, "refuses the SCRAM login: unknown-user" },
        { FIRST, "e=invalid-proof", "refuses the SCRAM login: invalid-proof" },
        { FIRST, "e=\033[2J", "refuses the SCRAM login: \\x1b[2J" },
        { FIRST, "e=", "refuses the SCRAM login: " },
        { FIRST, "e=channel-bindings-dont-match,x=1", "login: channel-bindings-dont-match" },
        { FIRST, "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", "does not know the password" },
        { FIRST, "v=", NULL },
        { FIRST, "", "malformed" },
        { FIRST, "v=!", NULL },
        { FIRST, FIRST, "malformed" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        BUF answer = { 0 };
        LOGIN login = { 0 };
        login_start(&login, MECH_SCRAM_SHA_1, "user", "pencil");
        if (rows[i].second) {
            assert_int_equal(login_step(&login, rows[i].first, &answer, &e), 0);
            buf_clear(&answer);
        }
        const char *last = rows[i].second ? rows[i].second : rows[i].first;
        assert_int_equal(login_step(&login, last, &answer, &e), -1);
        assert_int_equal(e.kind, ERR_AUTH);
        assert_int_equal(answer.len, 0);
        if (rows[i].text)
            assert_non_null(strstr(e.text, rows[i].text));
        assert_int_equal(sasl_finish(login.sasl, &e), -1);
    }
}

static void a_nul_or_an_endless_challenge_has_no_answer(void **state)
{
    (void)state;
    BUF endless = { 0 };
    while (endless.len < 100000)
        buf_add_string(&endless, "r=xxxxxxxxxxxxxx");
    const struct span challenges[] = { SPAN("r=\0,s=QSXCR+Q6sek8bf92,i=4096"), buf_span(&endless) };
    for (size_t i = 0; i < 2; i++) {
        ERR e = { 0 };
        BUF answer = { 0 };
        LOGIN login = { 0 };
        login_start(&login, MECH_SCRAM_SHA_256, "user", "pencil");
        assert_int_equal(sasl_step(login.sasl, &challenges[i], &answer, &e), -1);
        assert_int_equal(e.kind, ERR_AUTH);
        assert_non_null(strstr(e.text, "malformed"));
    }
}

/* Without an initial response the server asks with an empty challenge. */
static void the_first_challenge_must_be_empty(void **state)
{
    static const struct span empty = SPAN("");
    static const struct span words = SPAN("hello");
    (void)state;
    for (int i = 0; i < 2; i++) {
        ERR e = { 0 };
        BUF answer = { 0 };
        struct sasl *s = NULL;
        struct sasl_setup setup = setup_of(MECH_SCRAM_SHA_256, "user", "pencil");
        assert_int_equal(sasl_new(&setup, &s, &e), 0);
        assert_int_equal(sasl_step(s, i ? &words : &empty, &answer, &e), i ? -1 : 0);
        assert_int_equal(answer.len > 0, !i);
        sasl_free(s);
    }
}

static void a_yes_too_early_is_not_believed(void **state)
{
    (void)state;
    ERR e = { 0 };
    BUF answer = { 0 };
    LOGIN login = { 0 };
    login_start(&login, MECH_SCRAM_SHA_256, "user", "pencil");
    assert_int_equal(sasl_finish(login.sasl, &e), -1);
    assert_int_equal(e.kind, ERR_AUTH);
    assert_int_equal(login_step(&login, FIRST, &answer, &e), 0);
    assert_int_equal(sasl_finish(login.sasl, &e), -1);
    assert_non_null(strstr(e.text, "without proof"));
}

static void what_saslprep_refuses_is_told_beforehand(void **state)
{
    static const struct {
        const char *user, *password, *text;
    } rows[] = {
        { "user", "pen\007cil", "this password (SASLprep)" },
        { "user", "pen\377cil", "this password (SASLprep)" },
        { "user", "\302\255", "this password (SASLprep)" }, /* nothing is left */
        { "us\377er", "pencil", "this user name (SASLprep)" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        struct sasl *s = NULL;
        struct span password = span_of(rows[i].password);
        struct sasl_setup setup = setup_of(MECH_SCRAM_SHA_1, rows[i].user, rows[i].password);
        assert_int_equal(sasl_new(&setup, &s, &e), -1);
        assert_int_equal(e.kind, ERR_CONFIG);
        assert_non_null(strstr(e.text, rows[i].text));
        assert_non_null(strstr(e.hint, "auth = PLAIN"));
        assert_int_equal(sasl_scram_possible("user", password), !!strstr(rows[i].text, "user"));
        assert_null(s);
    }
    assert_false(sasl_scram_possible("user", SPAN("pen\0cil")));
    assert_false(sasl_scram_possible("user", SPAN("")));
}

/* RFC 5802 section 6: what the server is told of channel binding, and proved with the rest. */
static void the_channel_is_bound(void **state)
{
    static const struct {
        const char *type, *header;
        bool plus, missed;
    } rows[] = {
        { "tls-exporter", "p=tls-exporter,,", true, false },
        { "tls-unique", "p=tls-unique,,", true, false },
        { "tls-exporter", "y,,", false, true },
        { "tls-exporter", "n,,", false, false },
    };
    static const enum mech plus[] = { MECH_SCRAM_SHA_1_PLUS, MECH_SCRAM_SHA_256_PLUS };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t j = 0; j < sizeof hashes / sizeof *hashes; j++) {
            LOGIN login = { 0 };
            struct sasl_setup setup =
                setup_of(rows[i].plus ? plus[j] : hashes[j].mech, "user", "pencil");
            setup.binding = SPAN("\0\1\377 octets of the session");
            setup.binding_type = rows[i].type;
            setup.plus_missed = rows[i].missed;
            login_start_as(&login, &setup, rows[i].header);
            login_succeed(&login, &hashes[j], "pencil", 4096);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_test_computes_what_the_rfcs_say),
        cmocka_unit_test(a_server_that_knows_the_password_is_believed),
        cmocka_unit_test(every_login_has_its_own_nonce),
        cmocka_unit_test(odd_challenges_have_no_answer),
        cmocka_unit_test(a_nul_or_an_endless_challenge_has_no_answer),
        cmocka_unit_test(the_first_challenge_must_be_empty),
        cmocka_unit_test(a_yes_too_early_is_not_believed),
        cmocka_unit_test(what_saslprep_refuses_is_told_beforehand),
        cmocka_unit_test(the_channel_is_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
