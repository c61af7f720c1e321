#include "auth/token.h"

#include "auth/helper.h"

#define KEY "oauth_token_command"

/* b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"=", of which only the
 * alphabet matters here; Google's have had a few octets more. */
static bool is_token(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] <= ' ' || text.at[i] > '~' || text.at[i] == '<' || text.at[i] == '{' ||
            text.at[i] == '"')
            return false;
    return text.len > 0;
}

/* What it printed is not quoted: a token may be part of it. */
static int no_token(struct span text, struct err *e)
{
    struct span trimmed = span_trim(text);
    if (!trimmed.len) {
        err_set(e, ERR_CONFIG, KEY ": it prints no token");
        err_hint(e, "its first line of output must be the access token");
    } else if (span_starts(trimmed, "<")) {
        err_set(e, ERR_CONFIG, KEY ": it prints a web page, not a token");
        err_hint(e, "a proxy or a sign-in page has answered in place of the token service; run "
                    "the command by hand to see it");
    } else if (span_starts(trimmed, "{") || span_starts(trimmed, "[")) {
        err_set(e, ERR_CONFIG, KEY ": it prints JSON, not a token");
        err_hint(e, "print the value of \"access_token\" alone, as with jq -r .access_token");
    } else {
        err_set(e, ERR_CONFIG, KEY ": what it prints is no token");
        err_hint(e, "its first line of output must be the access token alone, without \"Bearer\"; "
                    "messages belong on standard error");
    }
    return -1;
}

static int token_ask(const struct auth_opts *opts, const char *variable, struct deadline deadline,
                     struct buf *ret, struct err *e)
{
    ARENA a = { 0 };
    struct helper helper = { KEY, opts->oauth_token_command, ident_home(opts->who), variable };
    BUF text = { .secret = true };
    if (helper_run(&helper, deadline, &a, &text, e) < 0)
        return -1;
    if (!is_token(buf_span(&text)))
        return no_token(buf_span(&text), e);
    ret->secret = true;
    buf_add_span(ret, buf_span(&text));
    return 0;
}

int token_get(const struct auth_opts *opts, struct deadline deadline, struct buf *ret,
              struct err *e)
{
    return token_ask(opts, NULL, deadline, ret, e);
}

int token_renew(const struct auth_opts *opts, struct deadline deadline, struct buf *token,
                struct err *e)
{
    BUF fresh = { .secret = true };
    if (token_ask(opts, "POSTBAG_OAUTH_REFRESH=1", deadline, &fresh, e) < 0)
        return -1;
    if (span_eq(buf_span(&fresh), buf_span(token)))
        return err_set(e, ERR_AUTH, KEY ": it gives the token that was refused once more");
    buf_clear(token);
    buf_add_span(token, buf_span(&fresh));
    return 0;
}
