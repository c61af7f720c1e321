/* A hostile server in a SASL exchange. The first octet chooses the mechanism; each line after it is
 * a challenge, in which "@" stands for the client's nonce, so that SCRAM can be led to its end. */
#include "fuzz.h"

#include "auth/sasl.h"

#include <string.h>

static const enum mech mechs[] = {
    MECH_PLAIN,         MECH_LOGIN,       MECH_SCRAM_SHA_1,
    MECH_SCRAM_SHA_256, MECH_CRAM_MD5,    MECH_SCRAM_SHA_256_PLUS,
    MECH_EXTERNAL,      MECH_OAUTHBEARER, MECH_XOAUTH2,
};

enum { MECH_COUNT = sizeof mechs / sizeof *mechs };

static const char token[] = "correct-horse";

static unsigned most_answers(enum mech mech)
{
    if (mech & MECHS_SCRAM)
        return 3;
    return mech == MECH_LOGIN || mech & MECHS_OAUTH ? 2 : 1;
}

/* Is a yes to be believed after so many answers? */
static bool is_believed(enum mech mech, unsigned answers)
{
    if (mech & MECHS_SCRAM)
        return false; /* nobody guesses the signature of a server that knows the password */
    if (mech & MECHS_OAUTH)
        return answers == 1; /* with a second one it has refused the token */
    return mech == MECH_EXTERNAL || mech == MECH_PLAIN || answers == most_answers(mech);
}

/* The server's no is told with what it said before, but never with the token. */
static void check_refusal(const struct sasl *s)
{
    ERR e = { 0 };
    err_set(&e, ERR_REPLY, "535 No");
    e.code = 535;
    sasl_explain(s, &e);
    FUZZ_CHECK(e.code == 535 && span_starts(span_of(e.text), "535 No"));
    FUZZ_CHECK(!strstr(e.text, token) && strlen(e.text) < 4000);
    for (const char *c = e.text; *c; c++)
        FUZZ_CHECK(!ascii_is_control(*c));
}

static void put_challenge(struct buf *to, struct span line, struct span nonce)
{
    for (size_t i = 0; i < line.len; i++) {
        if (line.at[i] == '@')
            buf_add_span(to, nonce);
        else
            buf_add_char(to, line.at[i]);
    }
}

/* The nonce in "...,n=USER,r=NONCE", or nothing. */
static struct span nonce_of(const struct buf *first)
{
    const char *at = first->len ? strstr(buf_string(first), ",r=") : NULL;
    return span_of(at ? at + strlen(",r=") : "");
}

static bool answer_one(struct sasl *s, const struct span *challenge, struct buf *to)
{
    ERR e = { 0 };
    if (sasl_step(s, challenge, to, &e) < 0) {
        FUZZ_CHECK(e.kind == ERR_AUTH && e.text && to->len == 0);
        return false;
    }
    FUZZ_CHECK(e.kind == ERR_NONE && to->secret);
    return true;
}

static unsigned exchange(struct sasl *s, struct span lines)
{
    BUF first = { 0 };
    struct span line;
    unsigned answers = 0;
    if (sasl_client_first(s) && answer_one(s, NULL, &first))
        answers++;
    while (span_next(&lines, '\n', &line)) {
        BUF challenge = { 0 };
        BUF answer = { 0 };
        put_challenge(&challenge, line, nonce_of(&first));
        struct span octets = buf_span(&challenge);
        if (!answer_one(s, &octets, &answer))
            break;
        answers++;
    }
    return answers;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ERR e = { 0 };
    struct sasl *s = NULL;
    struct span input = { (const char *)data, size };
    enum mech mech = mechs[size ? (uint8_t)(data[0] - '0') % MECH_COUNT : 0];
    struct sasl_setup setup = { .mech = mech,
                                .user = "alice",
                                .secret = span_of(token),
                                .host = "mail.example.net",
                                .port = 465,
                                .binding = SPAN("0123456789abcdef"),
                                .binding_type = "tls-exporter" };
    FUZZ_CHECK(sasl_new(&setup, &s, &e) == 0);
    unsigned answers = exchange(s, span_from(input, 1));
    FUZZ_CHECK(answers <= most_answers(mech));
    FUZZ_CHECK(sasl_finish(s, &e) == (is_believed(mech, answers) ? 0 : -1));
    check_refusal(s);
    sasl_free(s);
    return 0;
}
