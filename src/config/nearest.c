#include "config/option.h"

#include <string.h>

enum { WORD_MAX = 49 };

/* What other tools call it. */
static const struct {
    const char *theirs, *ours;
} synonyms[] = {
    { "ehlo", "domain" },
    { "from_full_name", "from_name" },
    { "helo", "domain" },
    { "hostname", "host" },
    { "logfile", "file" },
    { "login", "user" },
    { "mailhub", "host" },
    { "maximal_queue_lifetime", "lifetime" },
    { "pass", "password" },
    { "passwordeval", "password_command" },
    { "queue_directory", "dir" },
    { "proxy_host", "proxy" },
    { "server", "host" },
    { "set_date_header", "set_date" },
    { "set_msgid_header", "set_message_id" },
    { "smarthost", "host" },
    { "ssl", "tls" },
    { "starttls", "tls" },
    { "tls_cert_file", "tls_cert" },
    { "tls_certcheck", "tls_verify" },
    { "tls_host_override", "tls_name" },
    { "tls_key_file", "tls_key" },
    { "tls_starttls", "tls" },
    { "tls_trust_file", "tls_ca_file" },
    { "username", "user" },
};

static const char *const planned[] = {
    "oauth",
    "oauth_ca_file",
    "oauth_client_id",
    "oauth_client_secret",
    "oauth_client_secret_command",
    "oauth_tenant",
};

bool option_is_planned(struct span key)
{
    for (size_t i = 0; i < sizeof planned / sizeof *planned; i++)
        if (span_is(key, planned[i]))
            return true;
    return false;
}

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

static bool same(struct span a, size_t i, struct span b, size_t j)
{
    return ascii_lower(a.at[i]) == ascii_lower(b.at[j]);
}

/* Insertions, deletions, replacements and swaps of neighbours between two short words. */
static size_t distance(struct span a, struct span b)
{
    size_t d[WORD_MAX + 1][WORD_MAX + 1];
    for (size_t i = 0; i <= a.len; i++)
        for (size_t j = 0; j <= b.len; j++) {
            if (!i || !j) {
                d[i][j] = i + j;
                continue;
            }
            size_t replaced = d[i - 1][j - 1] + !same(a, i - 1, b, j - 1);
            d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1, replaced);
            if (i > 1 && j > 1 && same(a, i - 1, b, j - 2) && same(a, i - 2, b, j - 1))
                d[i][j] = min3(d[i][j], d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[a.len][b.len];
}

/* Keeps `word` in `best` if it is nearer than what is there. */
static void compare(struct span text, const char *word, size_t *nearest, const char **best)
{
    struct span other = span_of(word);
    if (text.len > WORD_MAX || other.len > WORD_MAX)
        return;
    size_t far = distance(text, other);
    if (far <= 1 + text.len / 4 && far < other.len && far < *nearest) {
        *nearest = far;
        *best = word;
    }
}

const char *option_nearest_word(struct span text, const char *const *words)
{
    const char *best = NULL;
    size_t nearest = SIZE_MAX;
    for (; *words; words++)
        compare(text, *words, &nearest, &best);
    return best;
}

const char *option_nearest(enum option_section section, struct span key)
{
    for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms; i++)
        if (span_iis(key, synonyms[i].theirs) && option_find(section, span_of(synonyms[i].ours)))
            return synonyms[i].ours;
    const char *best = NULL;
    size_t nearest = SIZE_MAX;
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].section == section)
            compare(key, option_table[i].key, &nearest, &best);
    return best;
}

static const char *section_name(enum option_section section)
{
    static const char *const names[] = {
        [OPTION_ACCOUNT] = "[account NAME]",
        [OPTION_LOG] = "[log]",
        [OPTION_QUEUE] = "[queue]",
        [OPTION_SERVE] = "[serve]",
    };
    return names[section];
}

/* The key's row in whatever section. */
static const struct option *find_anywhere(const char *key)
{
    for (size_t i = 0; i < option_count; i++)
        if (strcmp(option_table[i].key, key) == 0)
            return &option_table[i];
    return NULL;
}

int option_refuse(enum option_section section, const char *key, struct err *e)
{
    const struct option *elsewhere = find_anywhere(key);
    const char *nearest = option_nearest(section, span_of(key));
    if (option_is_planned(span_of(key)))
        return err_set(e, ERR_CONFIG, "\"%s\" is not available in this version; leave it out", key);
    if (elsewhere)
        return err_set(e, ERR_CONFIG, "\"%s\" does not belong here; write it below %s", key,
                       section_name(elsewhere->section));
    if (nearest)
        return err_set(e, ERR_CONFIG, "unknown key \"%s\"; did you mean \"%s\"?", key, nearest);
    return err_set(e, ERR_CONFIG,
                   "unknown key \"%s\"; postbag.conf(5) lists those that may stand here", key);
}
