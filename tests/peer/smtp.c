#include "peer.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { LINE_MAX_HERE = 12290 };

bool has_word(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at += len)
        if ((at == list || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            return true;
    return false;
}

static bool take_message(struct peer *p)
{
    char line[LINE_MAX_HERE];
    size_t octets = 0;
    if (!wire_put(p, "354 go"))
        return false;
    while (wire_get(p, line, sizeof line)) {
        if (strcmp(line, ".") == 0) {
            printf("message %zu\n", octets);
            return wire_put(p, "250 2.0.0 Ok");
        }
        octets += strlen(line) + 2;
    }
    return false;
}

static bool take_auth(struct peer *p, char *rest, bool *known)
{
    char *initial = strchr(rest, ' ');
    if (initial)
        *initial++ = '\0';
    if (!has_word(p->mechs, rest))
        return wire_put(p, "504 5.5.4 Unrecognized authentication type");
    *known = login(p, rest, initial);
    return true;
}

static bool take_command(struct peer *p, char *line, bool *known)
{
    char words[1024];
    snprintf(words, sizeof words, "250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH %s", p->mechs);
    if (strncasecmp(line, "EHLO ", 5) == 0)
        return wire_put(p, "250-peer.example.net") && wire_put(p, words);
    if (strncasecmp(line, "AUTH ", 5) == 0)
        return take_auth(p, line + 5, known);
    if (strcasecmp(line, "QUIT") == 0) {
        wire_put(p, "221 2.0.0 Bye");
        return false;
    }
    if (!*known)
        return wire_put(p, "530 5.7.0 Authentication required");
    return strcasecmp(line, "DATA") == 0 ? take_message(p) : wire_put(p, "250 2.1.0 Ok");
}

void smtp_serve(struct peer *p)
{
    char line[LINE_MAX_HERE];
    bool known = false;
    if (!wire_put(p, "220 peer.example.net ESMTP"))
        return;
    while (wire_get(p, line, sizeof line) && take_command(p, line, &known))
        continue;
}
