/* SCRAM-SHA-256 and SCRAM-SHA-1 (RFC 5802, RFC 7677) through libgsasl, without channel binding.
 *
 *   client                                  server
 *   n,,n=USER,r=NONCE                  ->
 *                                      <-   r=NONCE...,s=SALT,i=ROUNDS
 *   c=biws,r=NONCE...,p=PROOF          ->
 *                                      <-   v=SIGNATURE, or e=REASON
 *   (empty)                            ->
 *
 * The library is opened when a SCRAM login is wanted, never linked: it and what it needs would slow
 * down the start of all others. It copies the password; its copies are wiped where it lets us. */
#include "auth/sasl_ops.h"
#include "base/utf8.h"
#include "build.h"

#include <dlfcn.h>
#include <gsasl.h>
#include <stdlib.h>
#include <string.h>

/* RFC 7677 demands 4096 rounds; a million takes about a second. Fewer make the password easy to
 * guess for whoever plays the server, more would be an attack on our time. */
enum { ROUNDS_MIN = 4096, ROUNDS_MAX = 1000000 };

enum { CHALLENGE_MAX = 4096 };

#define GSASL_FUNCTIONS(X) \
    X(init)                \
    X(done)                \
    X(callback_set)        \
    X(client_start)        \
    X(step)                \
    X(finish)              \
    X(free)                \
    X(saslprep)            \
    X(property_set)        \
    X(property_set_raw)    \
    X(property_fast)       \
    X(session_hook_set)    \
    X(session_hook_get)    \
    X(strerror)

#define LIBRARY_POINTER(name) __typeof__(&gsasl_##name) name;
#define LIBRARY_SYMBOL(name)  { "gsasl_" #name, offsetof(struct library, name) },

struct library {
    GSASL_FUNCTIONS(LIBRARY_POINTER)
    void *handle;
};

static const struct {
    const char *name;
    size_t offset;
} library_symbols[] = { GSASL_FUNCTIONS(LIBRARY_SYMBOL) };

struct scram {
    struct library library;
    Gsasl *context;
    Gsasl_session *session;
    char *refused_rounds; /* what the server wanted, when it is out of bounds */
    bool verified;        /* the server's signature was right */
};

static void library_close(struct library *library)
{
    if (library->handle)
        dlclose(library->handle);
    *library = (struct library){ 0 };
}

/* RTLD_NODELETE: opened for a look at the password, soon to be opened again for the login. */
enum { LIBRARY_FLAGS = RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE };

static int library_open(struct library *ret)
{
    struct library library = { .handle = dlopen(GSASL_SONAME, LIBRARY_FLAGS) };
    if (!library.handle)
        return -1;
    for (size_t i = 0; i < sizeof library_symbols / sizeof *library_symbols; i++) {
        void *symbol = dlsym(library.handle, library_symbols[i].name);
        if (!symbol) {
            library_close(&library);
            return -1;
        }
        memcpy((char *)&library + library_symbols[i].offset, &symbol, sizeof symbol);
    }
    *ret = library;
    return 0;
}

/* The library maps GSASL_ALLOW_UNASSIGNED the wrong way round and so refuses whatever is newer
 * than Unicode 3.2. It passes that flag in SCRAM, so that is what has to be tried. */
static bool library_can_prepare(const struct library *library, const char *text)
{
    char *prepared = NULL;
    int status = library->saslprep(text, GSASL_ALLOW_UNASSIGNED, &prepared, NULL);
    bool usable = status == GSASL_OK && prepared && *prepared;
    if (prepared) {
        mem_wipe(prepared, strlen(prepared));
        library->free(prepared);
    }
    return usable;
}

static bool library_can_use(const struct library *library, struct span password)
{
    BUF copy = { .secret = true };
    buf_add_span(&copy, password);
    return !span_has(password, '\0') && library_can_prepare(library, buf_string(&copy));
}

bool sasl_scram_possible(const char *user, struct span password)
{
    CLEANUP(library_close) struct library library = { 0 };
    return library_open(&library) == 0 && library_can_prepare(&library, user) &&
           library_can_use(&library, password);
}

static int scram_check_text(struct sasl *s, struct err *e)
{
    const struct library *library = &s->scram->library;
    if (!library_can_prepare(library, s->user))
        err_set(e, ERR_CONFIG, "%s cannot express this user name (SASLprep)", mech_name(s->mech));
    else if (!library_can_use(library, s->password))
        err_set(e, ERR_CONFIG, "%s cannot express this password (SASLprep)", mech_name(s->mech));
    else
        return 0;
    err_hint(e, "set auth = PLAIN, LOGIN");
    return -1;
}

/* The callback is given nothing of ours, so it has to find the library again first. */
static struct sasl *scram_owner(Gsasl_session *session)
{
    CLEANUP(library_close) struct library library = { 0 };
    return library_open(&library) == 0 ? library.session_hook_get(session) : NULL;
}

/* The password is asked for when the number of rounds is known and nothing has been computed. */
static int scram_give_password(struct sasl *s)
{
    struct scram *scram = s->scram;
    const char *rounds = scram->library.property_fast(scram->session, GSASL_SCRAM_ITER);
    uint64_t n = 0;
    if (span_number(span_of(rounds), ROUNDS_MAX, &n) < 0 || n < ROUNDS_MIN) {
        free(scram->refused_rounds);
        scram->refused_rounds = mem_string(rounds ? rounds : "");
        return GSASL_NO_PASSWORD;
    }
    return scram->library.property_set_raw(scram->session, GSASL_PASSWORD, s->password.at,
                                           s->password.len);
}

/* Nothing else is ever given: no authorization identity, and no channel binding, which a mechanism
 * without -PLUS would stumble over. */
static int scram_callback(Gsasl *context, Gsasl_session *session, Gsasl_property property)
{
    (void)context;
    struct sasl *s = property == GSASL_PASSWORD ? scram_owner(session) : NULL;
    return s ? scram_give_password(s) : GSASL_NO_CALLBACK;
}

static int scram_failed(const struct scram *scram, int status, struct err *e)
{
    return err_set(e, ERR_INTERNAL, "libgsasl: %s", scram->library.strerror(status));
}

static int scram_start(struct sasl *s, struct err *e)
{
    struct scram *scram = s->scram;
    const struct library *library = &scram->library;
    int status = library->init(&scram->context);
    if (status != GSASL_OK)
        return scram_failed(scram, status, e);
    library->callback_set(scram->context, scram_callback);
    status = library->client_start(scram->context, mech_name(s->mech), &scram->session);
    if (status == GSASL_UNKNOWN_MECHANISM)
        return err_set(e, ERR_UNAVAILABLE, "libgsasl was built without %s", mech_name(s->mech));
    if (status == GSASL_OK)
        status = library->property_set(scram->session, GSASL_AUTHID, s->user);
    if (status != GSASL_OK)
        return scram_failed(scram, status, e);
    library->session_hook_set(scram->session, s);
    return 0;
}

static int scram_open(struct sasl *s, struct err *e)
{
    s->scram = mem_new(1, sizeof *s->scram);
    if (library_open(&s->scram->library) < 0) {
        err_set(e, ERR_UNAVAILABLE, "%s needs %s, which cannot be opened", mech_name(s->mech),
                GSASL_SONAME);
        err_hint(e, "install libgsasl, or set auth = PLAIN, LOGIN");
        return -1;
    }
    if (scram_check_text(s, e) < 0)
        return -1;
    return scram_start(s, e);
}

/* The library frees its strings without wiping them; they are ours to overwrite until then. */
static void scram_wipe(struct scram *scram, Gsasl_property property)
{
    const char *text = scram->library.property_fast(scram->session, property);
    if (text)
        mem_wipe((void *)(uintptr_t)text, strlen(text));
}

static void scram_close(struct sasl *s)
{
    struct scram *scram = s->scram;
    if (scram->session) {
        scram_wipe(scram, GSASL_PASSWORD);
        scram_wipe(scram, GSASL_SCRAM_SALTED_PASSWORD);
        scram->library.finish(scram->session);
    }
    if (scram->context)
        scram->library.done(scram->context);
    library_close(&scram->library);
    free(scram->refused_rounds);
    free(scram);
}

/* server-error = "e=" value (RFC 5802 section 7): the library only sees a message that it cannot
 * parse. */
static int scram_refused(struct span reason, struct err *e)
{
    BUF shown = { 0 };
    utf8_add_printable(&shown, reason, " ");
    return err_set(e, ERR_AUTH, "the server refuses the SCRAM login: %s", buf_string(&shown));
}

static int scram_check_challenge(const struct sasl *s, struct span challenge, struct err *e)
{
    if (s->scram->verified || (s->steps == 0 && challenge.len))
        return sasl_unexpected(s, e);
    if (challenge.len > CHALLENGE_MAX || span_has(challenge, '\0'))
        return err_set(e, ERR_AUTH, "the server's SCRAM message is malformed");
    if (span_starts(challenge, "e="))
        return scram_refused(span_from(challenge, 2), e);
    return 0;
}

static int scram_step_failed(const struct sasl *s, int status, struct err *e)
{
    const struct scram *scram = s->scram;
    if (scram->refused_rounds)
        return err_set(e, ERR_AUTH, "the server asks for %s SCRAM rounds; accepted are %d to %d",
                       scram->refused_rounds, ROUNDS_MIN, ROUNDS_MAX);
    if (status == GSASL_AUTHENTICATION_ERROR && s->steps == 1)
        return err_set(e, ERR_AUTH, "the server's SCRAM message does not answer ours");
    if (status == GSASL_AUTHENTICATION_ERROR)
        return err_set(e, ERR_AUTH,
                       "the server's SCRAM signature is wrong: it does not know the password");
    if (status == GSASL_MECHANISM_PARSE_ERROR || status == GSASL_BASE64_ERROR)
        return err_set(e, ERR_AUTH, "the server's SCRAM message is malformed");
    return err_set(e, ERR_AUTH, "SCRAM: %s", scram->library.strerror(status));
}

static int scram_step(struct sasl *s, const struct span *challenge, struct buf *ret, struct err *e)
{
    struct scram *scram = s->scram;
    struct span input = challenge && challenge->at ? *challenge : SPAN("");
    char *output = NULL;
    size_t len = 0;
    if (scram_check_challenge(s, input, e) < 0)
        return -1;
    int status = scram->library.step(scram->session, input.at, input.len, &output, &len);
    if (status != GSASL_OK && status != GSASL_NEEDS_MORE)
        return scram_step_failed(s, status, e);
    scram->verified = status == GSASL_OK;
    buf_add(ret, output, len);
    if (output) {
        mem_wipe(output, len);
        scram->library.free(output);
    }
    return 0;
}

static int scram_finish(const struct sasl *s, struct err *e)
{
    if (s->scram->verified)
        return 0;
    return err_set(e, ERR_AUTH,
                   "the server accepts the login without proof that it knows the password");
}

const struct sasl_ops scram_ops = {
    .client_first = true,
    .initial_response = true,
    .open = scram_open,
    .step = scram_step,
    .finish = scram_finish,
    .close = scram_close,
};
