#include "auth/secret.h"

#include "auth/helper.h"
#include "auth/netrc.h"
#include "auth/secret_file.h"
#include "auth/token.h"

#include <stdlib.h>
#include <string.h>

/* In the order in which secret_get tries them, though an account has only one. */
static const struct {
    const char *key;
    size_t field; /* a text of struct auth_opts */
} sources[] = {
    { "password", offsetof(struct auth_opts, password) },
    { "password_file", offsetof(struct auth_opts, password_file) },
    { "password_command", offsetof(struct auth_opts, password_command) },
    { "password_credential", offsetof(struct auth_opts, password_credential) },
    { "password_env", offsetof(struct auth_opts, password_env) },
    { "netrc", offsetof(struct auth_opts, netrc) },
    { "oauth_token_command", offsetof(struct auth_opts, oauth_token_command) },
};

enum { SOURCES = sizeof sources / sizeof *sources };

static bool is_set(const struct auth_opts *opts, size_t i)
{
    const char *text;
    memcpy(&text, (const char *)opts + sources[i].field, sizeof text);
    return text != NULL;
}

const char *secret_source(const struct auth_opts *opts)
{
    for (size_t i = 0; i < SOURCES; i++)
        if (is_set(opts, i))
            return sources[i].key;
    return NULL;
}

const char *auth_opts_source(size_t i)
{
    return i < SOURCES ? sources[i].key : NULL;
}

unsigned auth_opts_sources(const struct auth_opts *o)
{
    unsigned n = 0;
    for (size_t i = 0; i < SOURCES; i++)
        n += is_set(o, i);
    return n;
}

static int secret_put(struct span password, const char *key, struct buf *ret, struct err *e)
{
    if (!password.len)
        return err_set(e, ERR_CONFIG, "%s: the password is empty", key);
    if (span_has(password, '\0'))
        return err_set(e, ERR_CONFIG, "%s: the password has a NUL octet", key);
    ret->secret = true;
    buf_add_span(ret, password);
    return 0;
}

static int secret_from_file(const struct auth_opts *opts, struct arena *a, struct buf *ret,
                            struct strlist *notes, struct err *e)
{
    struct secret_file file = { "password_file", opts->password_file, SECRET_READERS_NOTED };
    BUF text = { .secret = true };
    if (secret_file_read(&file, a, &text, notes, e) < 0)
        return -1;
    return secret_put(span_line(buf_span(&text)), file.key, ret, e);
}

/* systemd.exec(5), "Credentials". */
static int secret_from_credential(const struct auth_opts *opts, struct arena *a, struct buf *ret,
                                  struct strlist *notes, struct err *e)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    struct secret_file file = { .key = "password_credential", .readers = SECRET_READERS_GROUP };
    BUF text = { .secret = true };
    if (!folder || folder[0] != '/') {
        err_set(e, ERR_CONFIG, "password_credential %s: there is no CREDENTIALS_DIRECTORY",
                opts->password_credential);
        err_hint(e,
                 "run this as a systemd service that has LoadCredential=%s:PATH, or see "
                 "postbag help secrets",
                 opts->password_credential);
        return -1;
    }
    file.path = arena_printf(a, "%s/%s", folder, opts->password_credential);
    if (secret_file_read(&file, a, &text, notes, e) < 0)
        return -1;
    return secret_put(span_line(buf_span(&text)), file.key, ret, e);
}

static int secret_from_env(const struct auth_opts *opts, struct buf *ret, struct err *e)
{
    if (opts->env_password)
        return secret_put(span_of(opts->env_password), "password_env", ret, e);
    return err_set(e, ERR_CONFIG, "password_env: there is no variable %s in the environment",
                   opts->password_env);
}

static int secret_not_in_netrc(const struct auth_opts *opts, const char *path, struct err *e)
{
    const char *machine = opts->machines.n ? opts->machines.items[0] : "HOST";
    err_set(e, ERR_CONFIG, "netrc %s: no password for machine %s, login %s", path, machine,
            opts->user ? opts->user : "");
    err_hint(e, "add a line \"machine %s login %s password ...\"", machine,
             opts->user ? opts->user : "USER");
    return -1;
}

static int secret_from_netrc(const struct auth_opts *opts, struct arena *a, struct buf *ret,
                             struct strlist *notes, struct err *e)
{
    struct secret_file file = { "netrc", opts->netrc, SECRET_READERS_REFUSED };
    BUF text = { .secret = true };
    BUF found = { .secret = true };
    if (span_is(span_of(opts->netrc), "yes")) {
        const char *home = ident_home(opts->who);
        file.path = arena_printf(a, "%s/.netrc", home ? home : "");
    }
    if (secret_file_read(&file, a, &text, notes, e) < 0)
        return -1;
    for (size_t i = 0; i < opts->machines.n; i++) {
        int done = netrc_find(buf_span(&text), opts->machines.items[i],
                              opts->user ? opts->user : "", &found, e);
        if (done < 0)
            err_context(e, "netrc %s", file.path);
        if (done)
            return done < 0 ? -1 : secret_put(buf_span(&found), "netrc", ret, e);
    }
    return secret_not_in_netrc(opts, file.path, e);
}

static int secret_from_command(const struct auth_opts *opts, struct deadline deadline,
                               struct arena *a, struct buf *ret, struct err *e)
{
    struct helper helper = { "password_command", opts->password_command, ident_home(opts->who),
                             NULL };
    BUF line = { .secret = true };
    if (helper_run(&helper, deadline, a, &line, e) < 0)
        return -1;
    return secret_put(buf_span(&line), helper.key, ret, e);
}

int secret_get(const struct auth_opts *opts, struct deadline deadline, struct arena *a,
               struct buf *ret, struct strlist *notes, struct err *e)
{
    if (opts->password)
        return secret_put(span_of(opts->password), "password", ret, e);
    if (opts->password_file)
        return secret_from_file(opts, a, ret, notes, e);
    if (opts->password_command)
        return secret_from_command(opts, deadline, a, ret, e);
    if (opts->password_credential)
        return secret_from_credential(opts, a, ret, notes, e);
    if (opts->password_env)
        return secret_from_env(opts, ret, e);
    if (opts->netrc)
        return secret_from_netrc(opts, a, ret, notes, e);
    if (opts->oauth_token_command)
        return token_get(opts, deadline, ret, e);
    err_set(e, ERR_CONFIG, "a login is wanted, but there is no password");
    err_hint(e, "set password_command, password_file or password (postbag help secrets has more "
                "ways), or auth = off");
    return -1;
}
