#include "peer.h"

#include <gnutls/crypto.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_HERE = 12290 };

static void give_key(Gsasl_session *session, Gsasl_property property, const char *key, size_t len)
{
    char *text = NULL;
    gsasl_base64_to(key, len, &text, NULL);
    gsasl_property_set(session, property, text);
    gsasl_free(text);
}

/* What the password comes to for SCRAM. The library would refuse characters newer than Unicode 3.2,
 * so that it is given the keys. */
static int give_keys(const struct peer *p, Gsasl_session *session, const char *prepared)
{
    bool sha_1 = strstr(gsasl_mechanism_name(session), "SHA-1");
    const char *rounds = gsasl_property_fast(session, GSASL_SCRAM_ITER);
    const char *salt64 = gsasl_property_fast(session, GSASL_SCRAM_SALT);
    size_t len = sha_1 ? 20 : 32, salt_len;
    char salted[64], client[64], server[64], stored[64], *salt = NULL;
    gsasl_base64_from(salt64, strlen(salt64), &salt, &salt_len);
    gnutls_datum_t password = { (unsigned char *)(uintptr_t)prepared, (unsigned)strlen(prepared) };
    gnutls_datum_t octets = { (unsigned char *)salt, (unsigned)salt_len };
    gnutls_pbkdf2(sha_1 ? GNUTLS_MAC_SHA1 : GNUTLS_MAC_SHA256, &password, &octets,
                  (unsigned)atoi(rounds), salted, len);
    gsasl_scram_secrets_from_salted_password(sha_1 ? GSASL_HASH_SHA1 : GSASL_HASH_SHA256, salted,
                                             client, server, stored);
    if (strcmp(p->flaw, "wrong") == 0)
        server[0] ^= 1;
    give_key(session, GSASL_SCRAM_SERVERKEY, server, len);
    give_key(session, GSASL_SCRAM_STOREDKEY, stored, len);
    gsasl_free(salt);
    return GSASL_OK;
}

static int give_prepared(const struct peer *p, Gsasl_session *session)
{
    char *prepared = NULL;
    if (gsasl_saslprep(p->password, GSASL_ALLOW_UNASSIGNED, &prepared, NULL) != GSASL_OK &&
        gsasl_saslprep(p->password, 0, &prepared, NULL) != GSASL_OK)
        return GSASL_NO_PASSWORD;
    int status = give_keys(p, session, prepared);
    gsasl_free(prepared);
    return status;
}

/* Only a server that offers -PLUS knows of channel binding; it does not look for EMS. */
static int give_binding(struct peer *p, Gsasl_session *session, Gsasl_property property)
{
    bool exporter = property == GSASL_CB_TLS_EXPORTER;
    bool v13 = gnutls_protocol_get_version(p->session) == GNUTLS_TLS1_3;
    gnutls_datum_t octets = { 0 };
    char *text = NULL;
    if (!strstr(p->mechs, "-PLUS") || v13 != exporter)
        return GSASL_NO_CALLBACK;
    if (gnutls_session_channel_binding(
            p->session, exporter ? GNUTLS_CB_TLS_EXPORTER : GNUTLS_CB_TLS_UNIQUE, &octets) < 0)
        return GSASL_NO_CALLBACK;
    gsasl_base64_to((char *)octets.data, octets.size, &text, NULL);
    gsasl_property_set(session, property, text);
    gsasl_free(text);
    gnutls_free(octets.data);
    return GSASL_OK;
}

static bool is(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static int answer(struct peer *p, Gsasl_session *session, Gsasl_property property)
{
    const char *user = gsasl_property_fast(session, GSASL_AUTHID);
    bool password = is(gsasl_property_fast(session, GSASL_PASSWORD), p->password);
    unsigned int certificates = 0;
    if (property == GSASL_VALIDATE_SIMPLE)
        return is(user, p->user) && password ? GSASL_OK : GSASL_AUTHENTICATION_ERROR;
    if (property == GSASL_VALIDATE_EXTERNAL)
        return gnutls_certificate_get_peers(p->session, &certificates) ? GSASL_OK
                                                                       : GSASL_AUTHENTICATION_ERROR;
    if (property == GSASL_VALIDATE_GSSAPI)
        return GSASL_OK;
    if (property == GSASL_CB_TLS_EXPORTER || property == GSASL_CB_TLS_UNIQUE)
        return give_binding(p, session, property);
    if (property == GSASL_SCRAM_SERVERKEY && is(user, p->user))
        return give_prepared(p, session);
    if (property == GSASL_SERVICE)
        return gsasl_property_set(session, property, "smtp");
    if (property == GSASL_HOSTNAME && p->host)
        return gsasl_property_set(session, property, p->host);
    if (property == GSASL_PASSWORD && is(user, p->user))
        return gsasl_property_set(session, property, p->password);
    return GSASL_NO_CALLBACK;
}

static int callback(Gsasl *context, Gsasl_session *session, Gsasl_property property)
{
    return answer(gsasl_callback_hook_get(context), session, property);
}

static void show_header(const char *mech, const char *text)
{
    char *raw = NULL;
    size_t len = 0;
    if (strncmp(mech, "SCRAM-", 6) != 0 || !text ||
        gsasl_base64_from(text, strlen(text), &raw, &len) != GSASL_OK)
        return;
    const char *end = memmem(raw, len, ",,", 2);
    printf("header %.*s\n", end ? (int)(end - raw) + 2 : 0, raw);
    gsasl_free(raw);
}

static bool ask(struct peer *p, const char *challenge, char *line)
{
    char question[LINE_MAX_HERE + 8];
    snprintf(question, sizeof question, "334 %s", challenge);
    return wire_put(p, question) && wire_get(p, line, LINE_MAX_HERE) && strcmp(line, "*") != 0;
}

/* GSASL_OK, or why not. What the library still wants to say with that goes out, too. */
static int run(struct peer *p, Gsasl_session *session, const char *mech, const char *initial)
{
    char line[LINE_MAX_HERE];
    const char *input = initial;
    int status;
    do {
        char *output = NULL;
        show_header(mech, input);
        status = gsasl_step64(session, input, &output);
        bool proof = status == GSASL_OK && output && *output;
        bool more = status == GSASL_NEEDS_MORE || (proof && strcmp(p->flaw, "silent") != 0);
        bool heard = !more || ask(p, output ? output : "", line);
        gsasl_free(output);
        if (!heard)
            return GSASL_AUTHENTICATION_ERROR;
        mech = "";
        input = line;
    } while (status == GSASL_NEEDS_MORE);
    return status;
}

static int login_by_library(struct peer *p, const char *mech, const char *initial)
{
    Gsasl *context = NULL;
    Gsasl_session *session = NULL;
    int status = gsasl_init(&context);
    if (status != GSASL_OK)
        return status;
    gsasl_callback_set(context, callback);
    gsasl_callback_hook_set(context, p);
    status = gsasl_server_start(context, mech, &session);
    if (status == GSASL_OK)
        status = run(p, session, mech, initial);
    if (session)
        gsasl_finish(session);
    gsasl_done(context);
    return status;
}

/* RFC 7628, and Google's XOAUTH2. */
static int login_by_token(struct peer *p, const char *mech, const char *initial)
{
    static const char why[] = "{\"status\":\"invalid_token\",\"scope\":\"mail-send\"}";
    bool bearer = strcmp(mech, "OAUTHBEARER") == 0;
    char line[LINE_MAX_HERE], wanted[LINE_MAX_HERE];
    char *raw = NULL, *text = NULL;
    size_t len = 0;
    if (bearer)
        snprintf(wanted, sizeof wanted, "\1auth=Bearer %s\1\1", p->password);
    else
        snprintf(wanted, sizeof wanted, "user=%s\1auth=Bearer %s\1\1", p->user, p->password);
    if (!initial && !ask(p, "", line))
        return GSASL_AUTHENTICATION_ERROR;
    if (gsasl_base64_from(initial ? initial : line, strlen(initial ? initial : line), &raw, &len) !=
        GSASL_OK)
        return GSASL_BASE64_ERROR;
    bool good = memmem(raw, len, wanted, strlen(wanted));
    gsasl_free(raw);
    if (good)
        return GSASL_OK;
    gsasl_base64_to(why, strlen(why), &text, NULL);
    good = ask(p, text, line) && strcmp(line, bearer ? "AQ==" : "") == 0;
    gsasl_free(text);
    return good ? GSASL_AUTHENTICATION_ERROR : GSASL_MECHANISM_PARSE_ERROR;
}

bool login(struct peer *p, const char *mech, const char *initial)
{
    bool token = strcmp(mech, "OAUTHBEARER") == 0 || strcmp(mech, "XOAUTH2") == 0;
    if (initial && strcmp(initial, "=") == 0)
        initial = "";
    int status = token ? login_by_token(p, mech, initial) : login_by_library(p, mech, initial);
    printf("auth %s %s %s\n", mech, status == GSASL_OK ? "ok" : "no", gsasl_strerror(status));
    wire_put(p, status == GSASL_OK ? "235 2.7.0 Welcome" : "535 5.7.8 Credentials invalid");
    return status == GSASL_OK;
}
