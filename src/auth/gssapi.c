/* GSSAPI (RFC 4752): Kerberos, by libgsasl. The ticket is what kinit(1) has got; the service is
 * smtp at the server's host. TLS protects the channel, so no security layer is asked for. */
#include "auth/gsasl.h"
#include "auth/sasl_ops.h"

#include <stdlib.h>

struct gssapi {
    Gsasl *context;
    Gsasl_session *session;
    bool done; /* the library says so: both sides have proved themselves */
};

static int gssapi_failed(int status, enum err_kind kind, struct err *e)
{
    err_set(e, kind, "GSSAPI: %s", gsasl.strerror(status));
    err_hint(e, "klist shows whether there is a ticket, kinit gets one; the server's name in "
                "Kerberos is smtp/HOST, as host is written in the account");
    return -1;
}

/* All properties are set beforehand. */
static int gssapi_callback(Gsasl *context, Gsasl_session *session, Gsasl_property property)
{
    (void)context;
    (void)session;
    (void)property;
    return GSASL_NO_CALLBACK;
}

static int gssapi_properties(const struct sasl *s, const struct gssapi *g)
{
    int status = gsasl.property_set(g->session, GSASL_SERVICE, "smtp");
    if (status == GSASL_OK)
        status = gsasl.property_set(g->session, GSASL_HOSTNAME, s->setup.host);
    if (status == GSASL_OK && s->setup.user)
        status = gsasl.property_set(g->session, GSASL_AUTHZID, s->setup.user);
    return status;
}

static int gssapi_open(struct sasl *s, struct err *e)
{
    struct gssapi *g = s->state = mem_new(1, sizeof *g);
    if (gsasl_open("GSSAPI", e) < 0)
        return -1;
    int status = gsasl.init(&g->context);
    if (status != GSASL_OK)
        return gssapi_failed(status, ERR_INTERNAL, e);
    gsasl.callback_set(g->context, gssapi_callback);
    status = gsasl.client_start(g->context, "GSSAPI", &g->session);
    if (status == GSASL_UNKNOWN_MECHANISM)
        return err_set(e, ERR_LIBRARY, "libgsasl was built without GSSAPI");
    if (status == GSASL_OK)
        status = gssapi_properties(s, g);
    return status == GSASL_OK ? 0 : gssapi_failed(status, ERR_INTERNAL, e);
}

static void gssapi_close(struct sasl *s)
{
    struct gssapi *g = s->state;
    if (g->session)
        gsasl.finish(g->session);
    if (g->context)
        gsasl.done(g->context);
    free(g);
}

static int gssapi_step(struct sasl *s, const struct span *challenge, struct buf *ret, struct err *e)
{
    struct gssapi *g = s->state;
    struct span input = challenge && challenge->at ? *challenge : SPAN("");
    char *output = NULL;
    size_t len = 0;
    if (g->done)
        return sasl_unexpected(s, e);
    int status = gsasl.step(g->session, input.at, input.len, &output, &len);
    if (status != GSASL_OK && status != GSASL_NEEDS_MORE)
        return gssapi_failed(status, ERR_AUTH, e);
    g->done = status == GSASL_OK;
    buf_add(ret, output, len);
    gsasl.free(output);
    return 0;
}

static int gssapi_finish(const struct sasl *s, struct err *e)
{
    const struct gssapi *g = s->state;
    if (g->done)
        return 0;
    return err_set(e, ERR_AUTH, "the server accepts the login without proof of who it is");
}

const struct sasl_ops gssapi_ops = {
    .client_first = true,
    .initial_response = true,
    .bare = true,
    .open = gssapi_open,
    .step = gssapi_step,
    .finish = gssapi_finish,
    .close = gssapi_close,
};
