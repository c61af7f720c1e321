/* The configuration as a whole: files, $POSTBAG_URL, --set; accounts, aliases, log, queue. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/ident.h"
#include "config/account.h"
#include "config/queue_opts.h"
#include "config/serve_opts.h"
#include "mail/alias.h"

struct log_opts {
    const char *syslog; /* facility, or "off" */
    const char *file;   /* or NULL */
    bool json;
};

struct config {
    struct arena arena; /* wiped at the end: it holds secrets */
    struct account *accounts;
    size_t n_accounts;
    struct aliases aliases; /* of [aliases]; the files come with config_aliases() */
    struct log_opts log;
    struct queue_opts queue;
    struct serve_opts serve;
    uint8_t *origins;     /* of the keys of log, queue and serve: ORIGIN_UNSET or ORIGIN_CONFIG */
    struct strlist files; /* read, in order */
    struct strlist notes; /* for `check`, -v and the log */

    struct strlist sets;     /* for config_choose() */
    const struct ident *who; /* the request's, which must stay as long */
    struct strlist taken;    /* out of the environment: name, value, name, … */
    const char *only;        /* absolute path of -C or $POSTBAG_CONFIG, NULL for the usual files */
    const char *wanted;      /* the file to write when there is none, for messages */
    bool may_use_service;    /* if there is no account */
    const char *denied;      /* a file that is there but that this user may not read, or NULL */
};

struct config_request {
    const struct ident *ident;
    const char *file;            /* -C, or NULL: replaces both files, as $POSTBAG_CONFIG does */
    bool file_must_be_root;      /* the sendmail door: and nobody else may write `file` */
    struct strlist sets;         /* "KEY=VALUE" of --set, in order */
    const char *system_file;     /* NULL: SYSCONFDIR/postbag.conf */
    bool for_service;            /* this is the service: it is not its own account */
    const struct config *before; /* in whose place it is loaded, or NULL */
};

/* Loads all. A missing system or user file is no error; a missing `file` is. ERR_CONFIG; for a
 * `file` that this user may not read ERR_PERMISSION; for --set ERR_USAGE. */
int config_load(const struct config_request *request, struct config *ret, struct err *e) MUST_USE;
void config_done(struct config *c);

/* Chooses: `name` (-a); `match` on the envelope sender, then on the header From; `default = yes`;
 * the first account of the user's file, then of the system's. `sender` and `from` are plain
 * "local@domain" or NULL. --set and /etc/mailname are applied to the one chosen, then its required
 * keys are checked. Without any account, and without a file that was asked for, the service of this
 * machine is the account, if it is there (config/service.h). ERR_CONFIG: no such account (the known
 * ones named), none at all (the hint says how to write one), what account_check() finds;
 * ERR_PERMISSION: none, but an unreadable file; ERR_USAGE: --set for the service. */
int config_choose(struct config *c, const char *name, const char *sender, const char *from,
                  const struct account **ret, struct err *e) MUST_USE;

/* Checks what no single key shows: host present, clear text with a password only to this machine,
 * one source for the password, user without password, … ERR_CONFIG. */
int account_check(struct arena *a, const struct account *account, struct err *e) MUST_USE;

/* Adds the account's aliases file (or /etc/aliases) to the [aliases] section. A missing or
 * unreadable /etc/aliases is no error. ERR_CONFIG; ERR_SYSTEM without descriptors or memory. */
int config_aliases(struct config *c, const struct account *account, struct err *e) MUST_USE;

/* Where this user's queue is: `dir` of [queue], else postbag/queue below ident_state(). NULL, with
 * ERR_TEMPORARY in `why`, if there is neither. */
const char *config_spool(const struct config *c, const struct ident *ident, struct arena *a,
                         struct err *why);

/* Does one of these --set hold a password or a PIN itself? Then they cannot be kept in a queue. */
bool sets_are_secret(const struct strlist *sets);

/* Sets base/log up as [log] says; `name` is what this process is called. */
void config_start_log(const struct config *c, const char *name);

/* Appends "NAME (FILE:LINE)", or only where else it comes from. */
void account_title(struct buf *to, const struct account *account);

/* Appends what `check` shows of an account: a line of where it stands, then for each key that has
 * a value "origin  key = value", the origin being built-in, defaults, inherited, account or --set.
 * Secrets are "***". */
void account_describe(struct buf *to, const struct account *account);

/* The same for [queue]: "queue", then a line for each key that has a value, its origin being
 * built-in or config. */
void queue_describe(struct buf *to, const struct config *c);

/* Does the configuration set a key of [serve]? */
bool serve_is_configured(const struct config *c);

/* And for [serve]; nothing if it sets no key. */
void serve_describe(struct buf *to, const struct config *c);

#endif
