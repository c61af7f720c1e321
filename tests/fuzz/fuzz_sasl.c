/* A hostile server in a SASL exchange. The first octet chooses the mechanism; each line after it is
 * a challenge, in which "@" stands for the client's nonce, so that SCRAM can be led to its end. */
#include "fuzz.h"

#include "auth/sasl.h"

#include <string.h>

static const enum mech mechs[] = { MECH_PLAIN, MECH_LOGIN, MECH_SCRAM_SHA_1, MECH_SCRAM_SHA_256 };

static unsigned most_answers(enum mech mech)
{
    if (mech == MECH_LOGIN)
        return 2;
    return mech == MECH_PLAIN ? 1 : 3;
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

/* The nonce in "n,,n=USER,r=NONCE", or nothing. */
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
    enum mech mech = mechs[size ? data[0] % 4 : 0];
    FUZZ_CHECK(sasl_new(mech, "alice", SPAN("correct horse"), &s, &e) == 0);
    unsigned answers = exchange(s, span_from(input, 1));
    FUZZ_CHECK(answers <= most_answers(mech));
    /* Nobody guesses the signature of a server that knows the password. */
    bool believed = mech == MECH_PLAIN || (mech == MECH_LOGIN && answers == most_answers(mech));
    FUZZ_CHECK(sasl_finish(s, &e) == (believed ? 0 : -1));
    sasl_free(s);
    return 0;
}
