/* SCRAM (RFC 5802, RFC 7677), over GnuTLS's hashes. By hand, since libgsasl 2.2 cannot say "y" and
 * keeps copies of the password that nobody wipes.
 *
 *   client-first = gs2-header bare          gs2-header = ( "p=" binding-type / "n" / "y" ) ",,"
 *   bare         = "n=" saslname ",r=" nonce
 *   server-first = "r=" nonce ",s=" salt ",i=" rounds ["," extensions]
 *   unproved     = "c=" base64( gs2-header [binding] ) ",r=" nonce
 *   client-final = unproved ",p=" proof
 *   server-final = ( "v=" signature / "e=" error ) ["," extensions]
 *
 *   steps   challenge      response
 *   0       none, empty    client-first
 *   1       server-first   client-final
 *   2       server-final   empty
 *
 * There is never an authorization identity, and an extension that must be understood ("m=") ends
 * the login. */
#include "auth/digest.h"
#include "auth/prepare.h"
#include "auth/sasl_ops.h"
#include "base/base64.h"
#include "base/utf8.h"

#include <stdlib.h>

/* RFC 7677 demands 4096 rounds; a million takes about a second. Fewer make the password easy to
 * guess for whoever plays the server, more would be an attack on our time. */
enum { ROUNDS_MIN = 4096, ROUNDS_MAX = 1000000 };

enum { NONCE_OCTETS = 18, CHALLENGE_MAX = 4096 };

struct scram {
    enum digest digest;
    struct buf header; /* gs2-header */
    struct buf bare;
    struct buf nonce;     /* ours */
    struct buf password;  /* prepared; secret */
    struct buf signature; /* the server's, as it must be; secret */
    bool verified;        /* and was */
};

/* What a challenge says; borrowed from it. */
struct server_first {
    struct span nonce, salt;
    uint64_t rounds;
};

static enum digest scram_digest(enum mech mech)
{
    bool sha_1 = mech == MECH_SCRAM_SHA_1 || mech == MECH_SCRAM_SHA_1_PLUS;
    return sha_1 ? DIGEST_SHA_1 : DIGEST_SHA_256;
}

bool sasl_scram_possible(const char *user, struct span password)
{
    ERR ignored = { 0 };
    BUF prepared = { 0 };
    return prepare(span_of(user), &prepared, &ignored) == 0 &&
           prepare(password, &prepared, &ignored) == 0;
}

static int scram_prepare(const struct sasl *s, struct span text, const char *what, struct buf *ret,
                         struct err *e)
{
    if (prepare(text, ret, e) == 0)
        return 0;
    if (e->kind != ERR_CONFIG)
        return -1;
    err_set(e, ERR_CONFIG, "%s cannot express this %s (SASLprep)", mech_name(s->setup.mech), what);
    err_hint(e, "set auth = PLAIN, LOGIN");
    return -1;
}

/* client-first, in its two parts. */
static int scram_begin(struct sasl *s, struct scram *scram, struct err *e)
{
    const struct sasl_setup *setup = &s->setup;
    BUF user = { 0 };
    BUF random = { 0 };
    if (scram_prepare(s, span_of(setup->user), "user name", &user, e) < 0 ||
        scram_prepare(s, setup->secret, "password", &scram->password, e) < 0 ||
        digest_random(NONCE_OCTETS, &random, e) < 0)
        return -1;
    base64_encode(&scram->nonce, buf_span(&random));
    if (setup->mech & MECHS_PLUS)
        buf_addf(&scram->header, "p=%s,,", setup->binding_type);
    else
        buf_add_string(&scram->header, setup->plus_missed ? "y,," : "n,,");
    buf_add_string(&scram->bare, "n=");
    sasl_add_name(&scram->bare, buf_span(&user));
    buf_addf(&scram->bare, ",r=%s", buf_string(&scram->nonce));
    return 0;
}

static int scram_open(struct sasl *s, struct err *e)
{
    struct scram *scram = s->state = mem_new(1, sizeof *scram);
    scram->digest = scram_digest(s->setup.mech);
    scram->password.secret = scram->signature.secret = true;
    if (s->setup.mech & MECHS_PLUS && (!s->setup.binding.len || !s->setup.binding_type))
        return err_set(e, ERR_UNAVAILABLE, "%s has no channel to bind to",
                       mech_name(s->setup.mech));
    return scram_begin(s, scram, e);
}

static void scram_close(struct sasl *s)
{
    struct scram *scram = s->state;
    buf_done(&scram->header);
    buf_done(&scram->bare);
    buf_done(&scram->nonce);
    buf_done(&scram->password);
    buf_done(&scram->signature);
    free(scram);
}

static int malformed(struct err *e)
{
    return err_set(e, ERR_AUTH, "the server's SCRAM message is malformed");
}

/* Takes "name=value" and a comma behind it from the front. */
static bool take_field(struct span *rest, const char *name, struct span *ret)
{
    struct span field;
    if (!span_next(rest, ',', &field) || !span_starts(field, name))
        return false;
    *ret = span_from(field, 2);
    return true;
}

static int refused(struct span reason, struct err *e)
{
    BUF shown = { 0 };
    struct span word = { 0 };
    span_next(&reason, ',', &word);
    utf8_add_printable(&shown, word, " ");
    err_set(e, ERR_AUTH, "the server refuses the SCRAM login: %s", buf_string(&shown));
    if (span_is(word, "server-does-support-channel-binding"))
        err_hint(e, "somebody between here and the server has changed what it offers");
    else if (span_is(word, "channel-bindings-dont-match"))
        err_hint(e, "somebody may sit between here and the server; only if you know that the "
                    "server is at fault, set auth = SCRAM-SHA-256");
    return -1;
}

static int check_rounds(struct span text, uint64_t *ret, struct err *e)
{
    BUF shown = { 0 };
    if (!text.len || span_number(text, UINT64_MAX, ret) < 0)
        return malformed(e);
    if (*ret >= ROUNDS_MIN && *ret <= ROUNDS_MAX)
        return 0;
    utf8_add_printable(&shown, text, " ");
    return err_set(e, ERR_AUTH, "the server asks for %s SCRAM rounds; accepted are %d to %d",
                   buf_string(&shown), ROUNDS_MIN, ROUNDS_MAX);
}

static int parse_first(const struct scram *scram, struct span text, struct server_first *ret,
                       struct err *e)
{
    struct span rounds;
    struct span ours = buf_span(&scram->nonce);
    if (!take_field(&text, "r=", &ret->nonce) || !take_field(&text, "s=", &ret->salt) ||
        !ret->salt.len || !take_field(&text, "i=", &rounds))
        return malformed(e);
    if (check_rounds(rounds, &ret->rounds, e) < 0)
        return -1;
    if (ret->nonce.len <= ours.len || !span_starts(ret->nonce, buf_string(&scram->nonce)))
        return err_set(e, ERR_AUTH, "the server's SCRAM message does not answer ours");
    return 0;
}

static int salt_password(const struct scram *scram, const struct server_first *first,
                         struct buf *ret, struct err *e)
{
    BUF salt = { 0 };
    if (base64_decode(&salt, first->salt) < 0)
        return malformed(e);
    struct digest_salt with = { buf_span(&salt), (unsigned)first->rounds };
    return digest_stretch(scram->digest, buf_span(&scram->password), with, ret, e);
}

/* ClientProof = ClientKey XOR HMAC(H(ClientKey), AuthMessage), in base64. */
static int add_proof(const struct scram *scram, struct span salted, struct span message,
                     struct buf *to, struct err *e)
{
    BUF key = { .secret = true };
    BUF stored = { .secret = true };
    BUF proof = { .secret = true };
    if (digest_hmac(scram->digest, salted, SPAN("Client Key"), &key, e) < 0 ||
        digest_hash(scram->digest, buf_span(&key), &stored, e) < 0 ||
        digest_hmac(scram->digest, buf_span(&stored), message, &proof, e) < 0)
        return -1;
    for (size_t i = 0; i < proof.len; i++)
        proof.at[i] ^= key.at[i];
    base64_encode(to, buf_span(&proof));
    return 0;
}

/* ServerSignature = HMAC(ServerKey, AuthMessage) */
static int expect_signature(struct scram *scram, struct span salted, struct span message,
                            struct err *e)
{
    BUF key = { .secret = true };
    if (digest_hmac(scram->digest, salted, SPAN("Server Key"), &key, e) < 0)
        return -1;
    return digest_hmac(scram->digest, buf_span(&key), message, &scram->signature, e);
}

static void add_unproved(const struct sasl *s, struct span nonce, struct buf *to)
{
    const struct scram *scram = s->state;
    BUF bound = { .secret = true };
    buf_add_span(&bound, buf_span(&scram->header));
    if (s->setup.mech & MECHS_PLUS)
        buf_add_span(&bound, s->setup.binding);
    buf_add_string(to, "c=");
    base64_encode(to, buf_span(&bound));
    buf_add_string(to, ",r=");
    buf_add_span(to, nonce);
}

static int scram_answer(struct sasl *s, struct span challenge, struct buf *ret, struct err *e)
{
    struct scram *scram = s->state;
    struct server_first first = { 0 };
    BUF salted = { .secret = true };
    BUF message = { .secret = true };
    BUF answer = { .secret = true };
    if (parse_first(scram, challenge, &first, e) < 0 ||
        salt_password(scram, &first, &salted, e) < 0)
        return -1;
    add_unproved(s, first.nonce, &answer);
    buf_addf(&message, "%s,", buf_string(&scram->bare));
    buf_add_span(&message, challenge);
    buf_addf(&message, ",%s", buf_string(&answer));
    buf_add_string(&answer, ",p=");
    if (add_proof(scram, buf_span(&salted), buf_span(&message), &answer, e) < 0 ||
        expect_signature(scram, buf_span(&salted), buf_span(&message), e) < 0)
        return -1;
    buf_add_span(ret, buf_span(&answer));
    return 0;
}

static int scram_verify(struct scram *scram, struct span challenge, struct err *e)
{
    struct span value;
    BUF signature = { .secret = true };
    if (!take_field(&challenge, "v=", &value) || base64_decode(&signature, value) < 0)
        return malformed(e);
    scram->verified = digest_equal(buf_span(&signature), buf_span(&scram->signature));
    if (scram->verified)
        return 0;
    return err_set(e, ERR_AUTH,
                   "the server's SCRAM signature is wrong: it does not know the password");
}

static int scram_step(struct sasl *s, const struct span *challenge, struct buf *ret, struct err *e)
{
    struct scram *scram = s->state;
    struct span input = challenge ? *challenge : (struct span){ 0 };
    if (s->steps > 2 || (s->steps == 0 && input.len))
        return sasl_unexpected(s, e);
    if (input.len > CHALLENGE_MAX || span_has(input, '\0'))
        return malformed(e);
    if (span_starts(input, "e="))
        return refused(span_from(input, 2), e);
    if (s->steps == 1)
        return scram_answer(s, input, ret, e);
    if (s->steps == 2)
        return scram_verify(scram, input, e);
    buf_add_span(ret, buf_span(&scram->header));
    buf_add_span(ret, buf_span(&scram->bare));
    return 0;
}

static int scram_finish(const struct sasl *s, struct err *e)
{
    const struct scram *scram = s->state;
    if (scram->verified)
        return 0;
    return err_set(e, ERR_AUTH,
                   "the server accepts the login without proof that it knows the password");
}

/* A refusal with binding may mean that somebody sits in the middle, or that the server binds to
 * something else. */
static void scram_explain(const struct sasl *s, struct err *e)
{
    if (s->setup.mech & MECHS_PLUS && s->steps > 0 && e->code / 100 == 5)
        err_hint(e, "the password is wrong; or somebody sits between here and the server, who is "
                    "kept out by channel binding; only if you know that the server is at fault, "
                    "set auth = SCRAM-SHA-256");
}

const struct sasl_ops scram_ops = {
    .client_first = true,
    .initial_response = true,
    .veiled = true, /* salt, rounds and the server's signature */
    .open = scram_open,
    .step = scram_step,
    .finish = scram_finish,
    .explain = scram_explain,
    .close = scram_close,
};
