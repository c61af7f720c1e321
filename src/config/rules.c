#include "config/rules.h"

#include "auth/mech.h"
#include "base/log.h"
#include "mail/addr.h"
#include "net/fingerprint.h"
#include "net/proxy.h"
#include "net/target.h"

#include <arpa/inet.h>
#include <string.h>

/* scheme "://" [ userinfo "@" ] hostport [ ( "/" / "?" / "#" ) … ]: what would stand here in its
 * place, or NULL for no URL. Its password is not shown. */
static const char *host_of_url(struct arena *a, const char *value)
{
    struct net_opts opts = { 0 };
    struct target target = { 0 };
    ERR ignored = { 0 };
    const char *start = strstr(value, "://");
    if (!start)
        return NULL;
    struct span host = { start + 3, strcspn(start + 3, "/?#") };
    const char *at = memrchr(host.at, '@', host.len);
    if (at)
        host = span_from(host, (size_t)(at + 1 - host.at));
    const char *text = arena_string(a, host);
    if (target_parse(a, text, &opts, &target, &ignored) < 0)
        return "smtp.example.com";
    return span_istarts(span_of(value), "smtp://") && !strchr(text, ':')
               ? arena_printf(a, "%s:587", text)
               : text;
}

/* The key stands in front of the error already. */
int check_host(struct arena *a, const char *value, struct err *e)
{
    ERR why = { 0 };
    struct net_opts opts = { 0 };
    struct target target = { 0 };
    const char *bare = host_of_url(a, value);
    if (bare)
        return err_set(e, ERR_CONFIG, "no URL stands here; write \"host = %s\"", bare);
    if (value[strspn(value, "0123456789")] == '\0')
        return err_set(e, ERR_CONFIG, "\"%s\" is no host; write a port as in smtp.example.com:%s",
                       value, value);
    if (target_parse(a, value, &opts, &target, &why) == 0)
        return 0;
    size_t key = span_starts(span_of(why.text), "host ") ? 5 : 0;
    return err_set(e, ERR_CONFIG, "%s", why.text + key);
}

/* The name goes into EHLO as it is: a host name in ASCII, or an address literal. */
int check_ehlo(struct arena *a, const char *value, struct err *e)
{
    (void)a;
    size_t len = strlen(value);
    bool literal = value[0] == '[' && value[len - 1] == ']';
    size_t allowed = strspn(value + literal, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                             "0123456789.-_:");
    if (len > 255 || allowed != len - 2 * literal || (!literal && strchr(value, ':')))
        return err_set(e, ERR_CONFIG,
                       "\"%s\" is no host name; write one as in mail.example.com, or an address "
                       "as in [192.0.2.1]",
                       value);
    return 0;
}

int check_ip(struct arena *a, const char *value, struct err *e)
{
    (void)a;
    struct in6_addr address = { 0 };
    if (inet_pton(AF_INET, value, &address) == 1 || inet_pton(AF_INET6, value, &address) == 1)
        return 0;
    return err_set(e, ERR_CONFIG, "\"%s\" is no IP address; write one as in 192.0.2.1", value);
}

int check_pin(struct arena *a, const char *value, struct err *e)
{
    struct pin pin;
    (void)a;
    if (fingerprint_parse(span_of(value), PIN_KEY, &pin) == 0)
        return 0;
    return err_set(e, ERR_CONFIG,
                   "\"%s\" is no SHA-256 fingerprint; write sha256: or spki: and 64 hexadecimal "
                   "digits",
                   value);
}

int check_proxy(struct arena *a, const char *value, struct err *e)
{
    struct proxy proxy;
    return proxy_parse(a, value, &proxy, e);
}

int check_mechanism(struct arena *a, const char *value, struct err *e)
{
    struct span name = span_of(value);
    BUF known = { 0 };
    (void)a;
    if (span_iis(name, "auto") || span_iis(name, "off") || mech_by_name(name))
        return 0;
    mech_add_names(&known, MECHS_ALL);
    return err_set(e, ERR_CONFIG,
                   "\"%s\" is no mechanism of this version; write auto, off, or some of %s", value,
                   buf_string(&known));
}

int check_auth_min(struct arena *a, const char *value, struct err *e)
{
    (void)a;
    if (strcmp(value, "scram") == 0 || strcmp(value, "scram-plus") == 0)
        return 0;
    return err_set(e, ERR_CONFIG,
                   "\"%s\" is not known here; write scram or scram-plus, or leave it out", value);
}

int check_credential(struct arena *a, const char *value, struct err *e)
{
    (void)a;
    if (!strchr(value, '/') && strcmp(value, ".") != 0 && strcmp(value, "..") != 0)
        return 0;
    return err_set(e, ERR_CONFIG,
                   "\"%s\" is no name of a credential; write the one in LoadCredential=", value);
}

/* variable = ( ALPHA / "_" ) *( ALPHA / DIGIT / "_" ) */
int check_variable(struct arena *a, const char *value, struct err *e)
{
    (void)a;
    for (const char *c = value; *c; c++)
        if (!ascii_is_alpha(*c) && *c != '_' && (c == value || !ascii_is_digit(*c)))
            return err_set(e, ERR_CONFIG,
                           "\"%s\" is no name of a variable; write one as in SMTP_PASSWORD", value);
    return 0;
}

/* Then it is not the value that is wrong. */
static bool lacks_library(struct err *why, struct err *e)
{
    if (why->kind != ERR_LIBRARY)
        return false;
    err_move(e, why);
    return true;
}

int check_address(struct arena *a, const char *value, struct err *e)
{
    ERR why = { 0 };
    struct addr addr = { 0 };
    if (addr_parse_one(a, span_of(value), &addr, &why) < 0 || !addr_wire(a, &addr, &why))
        return lacks_library(&why, e)
                   ? -1
                   : err_set(e, ERR_CONFIG, "%s; write an address as in you@example.com", why.text);
    if (addr.name || addr.angle || !*addr.domain)
        return err_set(e, ERR_CONFIG,
                       "\"%s\" is more or less than an address; write one as in you@example.com "
                       "(a name goes into from_name)",
                       value);
    return 0;
}

int check_bounce(struct arena *a, const char *value, struct err *e)
{
    ERR why = { 0 };
    if (strcmp(value, "sender") == 0 || strcmp(value, "none") == 0 ||
        check_address(a, value, &why) == 0)
        return 0;
    if (lacks_library(&why, e))
        return -1;
    return err_set(e, ERR_CONFIG,
                   "\"%s\" is no address; write sender, none, or an address as in you@example.com",
                   value);
}

int check_domain(struct arena *a, const char *value, struct err *e)
{
    ERR why = { 0 };
    struct addr addr = { 0 };
    if (addr_parse_one(a, span_of(arena_printf(a, "x@%s", value)), &addr, &why) == 0 &&
        strcmp(addr.domain, value) == 0 && *value != '[' && addr_wire(a, &addr, &why))
        return 0;
    if (lacks_library(&why, e))
        return -1;
    return err_set(e, ERR_CONFIG, "\"%s\" is no domain; write one as in example.com", value);
}

int check_tls_name(struct arena *a, const char *value, struct err *e)
{
    return target_is_address(value) ? 0 : check_domain(a, value, e);
}

/* pattern = [ local-pattern "@" ] domain-pattern, each as for fnmatch(3) */
int check_pattern(struct arena *a, const char *value, struct err *e)
{
    (void)a;
    const char *at = strrchr(value, '@');
    const char *open = strrchr(value, '[');
    if (at && (!at[1] || strchr(value, '@') != at))
        return err_set(e, ERR_CONFIG, "\"%s\" fits no address; write a pattern as in *@example.com",
                       value);
    if (open && !strchr(open, ']'))
        return err_set(e, ERR_CONFIG, "\"%s\" has a \"[\" without \"]\"; close it", value);
    return 0;
}

/* account-name = 1*( ALPHA / DIGIT / "." / "_" / "-" / "@" ) */
int check_account_name(struct arena *a, const char *value, struct err *e)
{
    (void)a;
    for (const char *c = value; *c; c++)
        if (!ascii_is_alpha(*c) && !ascii_is_digit(*c) && !strchr("._-@", *c))
            return err_set(e, ERR_CONFIG,
                           "\"%s\" is no account name; write letters, digits, \".\", \"_\", \"-\" "
                           "and \"@\" only",
                           value);
    return 0;
}

int check_notify(struct arena *a, const char *value, struct err *e)
{
    (void)a;
    if (!strcasestr(value, "never") || span_iis(span_trim(span_of(value)), "never"))
        return 0;
    return err_set(e, ERR_CONFIG, "never excludes the other words; write it alone");
}

int check_facility(struct arena *a, const char *value, struct err *e)
{
    (void)a;
    if (log_facility_is_known(value))
        return 0;
    return err_set(e, ERR_CONFIG,
                   "\"%s\" is no syslog facility; write one as in mail, user, local0, or off",
                   value);
}
