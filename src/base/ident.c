#include "base/ident.h"

#include "base/buf.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

struct ident_entry {
    struct arena *arena;
    bool own;           /* with home and folders */
    struct ident known; /* as soon as it has a login */
};

enum { ENTRY_FIRST = 1024, ENTRY_MOST = 1024 * 1024 };

/* The passwd entry in the arena, or NULL. */
static const struct passwd *ident_find(struct arena *a, uid_t uid)
{
    struct passwd *entry = arena_new(a, 1, sizeof *entry), *found = NULL;
    int error = ERANGE;
    for (size_t size = ENTRY_FIRST; error && size <= ENTRY_MOST;) {
        error = getpwuid_r(uid, entry, arena_new(a, size, 1), size, &found);
        if (error == ERANGE)
            size *= 2;
        else if (error != EINTR)
            break;
    }
    return found;
}

/* The full name is the field up to the first comma; "&" stands for the login, capitalized. */
static const char *ident_full_name(struct arena *a, const char *field, const char *login)
{
    BUF name = { 0 };
    for (; *field && *field != ','; field++) {
        if (*field != '&') {
            buf_add_char(&name, *field);
        } else if (*login) {
            buf_add_char(&name, ascii_upper(*login));
            buf_add_string(&name, login + 1);
        }
    }
    return arena_string(a, span_trim(buf_span(&name)));
}

static const char *ident_host(struct arena *a)
{
    char name[HOST_NAME_MAX + 1] = { 0 };
    if (gethostname(name, sizeof name - 1) < 0 || !*name)
        return "localhost";
    return arena_string(a, span_of(name));
}

/* The folder that the variable names, if this user owns it, else the usual one below the home. */
static const char *ident_folder(struct arena *a, const struct ident *who, const char *variable,
                                const char *usual)
{
    const char *path = secure_getenv(variable);
    struct stat facts;
    if (!who->home)
        return NULL;
    if (path && *path == '/' && stat(path, &facts) == 0 && S_ISDIR(facts.st_mode) &&
        facts.st_uid == who->uid)
        return arena_string(a, span_of(path));
    return arena_printf(a, "%s/%s", who->home, usual);
}

static void ident_look_up(struct arena *a, bool own, struct ident *ret)
{
    const struct passwd *entry = ident_find(a, ret->uid);
    ret->gecos = "";
    if (!entry) {
        ret->login = arena_printf(a, "uid-%ju", (uintmax_t)ret->uid);
        return;
    }
    ret->login = entry->pw_name;
    if (entry->pw_gecos)
        ret->gecos = ident_full_name(a, entry->pw_gecos, entry->pw_name);
    if (own && entry->pw_dir && *entry->pw_dir == '/') {
        ret->home = entry->pw_dir;
        ret->config = ident_folder(a, ret, "XDG_CONFIG_HOME", ".config");
    }
}

static void ident_set(struct arena *a, uid_t uid, bool own, struct ident *ret)
{
    *ret = (struct ident){ .uid = uid, .host = ident_host(a) };
    ret->entry = arena_new(a, 1, sizeof *ret->entry);
    *ret->entry = (struct ident_entry){ .arena = a, .own = own, .known = { .uid = uid } };
}

void ident_get(struct arena *a, struct ident *ret)
{
    ident_set(a, getuid(), true, ret);
}

void ident_of(struct arena *a, uid_t uid, struct ident *ret)
{
    ident_set(a, uid, false, ret);
}

static const struct ident *ident_known(const struct ident *who)
{
    struct ident_entry *entry = who->entry;
    if (!entry)
        return who;
    if (!entry->known.login)
        ident_look_up(entry->arena, entry->own, &entry->known);
    return &entry->known;
}

const char *ident_login(const struct ident *who)
{
    return ident_known(who)->login;
}

const char *ident_gecos(const struct ident *who)
{
    return ident_known(who)->gecos;
}

const char *ident_home(const struct ident *who)
{
    return who ? ident_known(who)->home : NULL;
}

const char *ident_config(const struct ident *who)
{
    return ident_known(who)->config;
}

const char *ident_state(struct arena *a, const struct ident *who)
{
    return ident_folder(a, ident_known(who), "XDG_STATE_HOME", ".local/state");
}

static bool ident_has_rights(void)
{
    uid_t uid = 0, euid = 0, suid = 0;
    gid_t gid = 0, egid = 0, sgid = 0;
    if (getresuid(&uid, &euid, &suid) < 0 || getresgid(&gid, &egid, &sgid) < 0)
        return true;
    return euid != uid || suid != uid || egid != gid || sgid != gid;
}

void ident_drop_privileges(void)
{
    static const char words[] = "postbag: cannot give up set-user-id or set-group-id rights\n";
    if (!ident_has_rights())
        return;
    gid_t gid = getgid();
    uid_t uid = getuid();
    if (setresgid(gid, gid, gid) == 0 && setresuid(uid, uid, uid) == 0 && !ident_has_rights())
        return;
    if (write(STDERR_FILENO, words, sizeof words - 1) < 0)
        _exit(EX_NOPERM);
    _exit(EX_NOPERM);
}
