#include "config/config.h"

#include "base/log.h"
#include "build.h"
#include "config/accounts.h"
#include "config/login.h"
#include "config/sets.h"
#include "config/source.h"
#include "config/url.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static int check_secret(const struct draft *draft, const struct stat *st, uid_t uid, struct err *e)
{
    if (!draft->secret.file || source_check_private(st, uid, e) == 0)
        return 0;
    return place_error(&draft->secret, e);
}

static void add_denied(struct config *c, const char *path)
{
    if (!c->denied)
        c->denied = path;
    strlist_add(&c->arena, &c->notes,
                arena_printf(&c->arena, "%s: this user may not read it", path));
}

static bool takes_any_text(const char *key)
{
    return strcmp(key, "password") == 0 || strcmp(key, "user") == 0 ||
           strcmp(key, "from_name") == 0;
}

static void note_quotes(struct config *c, const struct section *section)
{
    for (size_t i = 0; i < section->n; i++) {
        const struct setting *setting = &section->items[i];
        if (!takes_any_text(setting->key) || !option_is_quoted(setting->value))
            continue;
        strlist_add(&c->arena, &c->notes,
                    arena_printf(&c->arena,
                                 "%s:%u: the quotation marks are part of the %s; if they are not "
                                 "meant, take them out",
                                 setting->place.file, setting->place.line, setting->key));
    }
}

/* What takes any text takes quotation marks too, but they are seldom meant. */
static void note_all_quotes(struct config *c, const struct draft *draft)
{
    note_quotes(c, &draft->singles[SINGLE_DEFAULTS]);
    for (size_t i = 0; i < draft->n_accounts; i++)
        note_quotes(c, &draft->accounts[i]);
}

static int add_file(struct config *c, const struct config_request *request, const char *path,
                    const struct source_rules *rules, struct draft *draft, struct err *e)
{
    BUF text = { .secret = true };
    struct stat st = { 0 };
    enum source_state state = SOURCE_ABSENT;
    if (source_read(path, rules, &text, &st, &state, e) < 0)
        return -1;
    if (state == SOURCE_DENIED)
        add_denied(c, path);
    if (state != SOURCE_READ)
        return 0;
    struct ini_file ini = { 0 };
    struct draft later = { 0 };
    if (ini_read(&c->arena, path, buf_span(&text), &ini, e) < 0 ||
        draft_read(&c->arena, &ini, true, &later, e) < 0 ||
        check_secret(&later, &st, request->ident->uid, e) < 0)
        return -1;
    note_all_quotes(c, &later);
    draft_merge(&c->arena, draft, &later);
    strlist_add(&c->arena, &c->files, path);
    return 0;
}

/* The runner stands in another folder. */
static const char *absolute(struct arena *a, const char *path)
{
    if (!path || *path == '/')
        return path ? arena_string(a, span_of(path)) : NULL;
    char *here = getcwd(NULL, 0);
    const char *whole =
        here ? arena_printf(a, "%s/%s", here, path) : arena_string(a, span_of(path));
    free(here);
    return whole;
}

/* -C, else $POSTBAG_CONFIG, else the system's and the user's. */
static int add_files(struct config *c, const struct config_request *request, struct draft *draft,
                     struct err *e)
{
    const struct source_rules optional = { 0 };
    const struct source_rules required = { .required = true,
                                           .only_by_root =
                                               request->file && request->file_must_be_root };
    const char *only = request->file ? request->file : environment("POSTBAG_CONFIG");
    const char *system = request->system_file ? request->system_file : SYSCONFDIR "/postbag.conf";
    c->only = absolute(&c->arena, only);
    c->wanted = only;
    if (only)
        return add_file(c, request, arena_string(&c->arena, span_of(only)), &required, draft, e);
    const char *config = ident_config(request->ident);
    const char *user = config ? arena_printf(&c->arena, "%s/postbag/config", config) : NULL;
    c->may_use_service = !request->for_service;
    c->wanted = user ? user : system;
    if (add_file(c, request, system, &optional, draft, e) < 0)
        return -1;
    return user ? add_file(c, request, user, &optional, draft, e) : 0;
}

static int add_url(struct config *c, struct draft *draft, struct err *e)
{
    const char *url = environment("POSTBAG_URL");
    struct ini_file ini = { 0 };
    struct draft later = { 0 };
    if (!url)
        return 0;
    if (url_parse(&c->arena, url, &ini, e) < 0 || draft_read(&c->arena, &ini, false, &later, e) < 0)
        return -1;
    draft_merge(&c->arena, draft, &later);
    strlist_add(&c->arena, &c->files, "POSTBAG_URL");
    return 0;
}

/* Fills the struct whose keys stand in this section. */
static int add_section(struct config *c, const struct section *section, enum option_section keys,
                       void *object, struct err *e)
{
    option_set_initial(&c->arena, keys, object);
    for (size_t i = 0; i < section->n; i++) {
        const struct setting *setting = &section->items[i];
        if (option_set(&c->arena, setting->row, object, setting->value, c->who, e) < 0)
            return place_error(&setting->place, e);
        c->origins[setting->row - option_table] = ORIGIN_CONFIG;
    }
    return 0;
}

static int add_sections(struct config *c, const struct draft *draft, struct err *e)
{
    c->origins = arena_new(&c->arena, option_count, sizeof *c->origins);
    if (add_section(c, &draft->singles[SINGLE_LOG], OPTION_LOG, &c->log, e) < 0)
        return -1;
    if (add_section(c, &draft->singles[SINGLE_QUEUE], OPTION_QUEUE, &c->queue, e) < 0)
        return -1;
    return add_section(c, &draft->singles[SINGLE_SERVE], OPTION_SERVE, &c->serve, e);
}

static int add_aliases(struct config *c, const struct draft *draft, struct err *e)
{
    const struct section *section = &draft->singles[SINGLE_ALIASES];
    for (size_t i = 0; i < section->n; i++) {
        const struct setting *setting = &section->items[i];
        if (aliases_add(&c->arena, &c->aliases, span_of(setting->key), span_of(setting->value),
                        &c->notes, e) < 0)
            return place_error(&setting->place, e);
    }
    return 0;
}

static int load(struct config *c, const struct config_request *request, struct err *e)
{
    struct draft draft = { 0 };
    c->who = request->ident;
    if (request->before)
        login_inherit(c, request->before);
    if (add_files(c, request, &draft, e) < 0 || add_url(c, &draft, e) < 0 ||
        accounts_build(c, &draft, e) < 0 || add_sections(c, &draft, e) < 0 ||
        add_aliases(c, &draft, e) < 0)
        return -1;
    return sets_load(c, &request->sets, e);
}

int config_load(const struct config_request *request, struct config *ret, struct err *e)
{
    struct config c = { 0 };
    if (load(&c, request, e) < 0) {
        arena_wipe(&c.arena);
        return -1;
    }
    *ret = c;
    return 0;
}

void config_done(struct config *c)
{
    arena_wipe(&c->arena);
    *c = (struct config){ 0 };
}

void config_start_log(const struct config *c, const char *name)
{
    const char *facility = c->log.syslog;
    bool off = facility && strcmp(facility, "off") == 0;
    log_setup(name, off ? NULL : facility, c->log.file);
}
