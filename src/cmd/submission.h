/* From a command line and stdin to a message in stored form with its envelope and account:
 * everything before the first connection. */
#ifndef CMD_SUBMISSION_H
#define CMD_SUBMISSION_H

#include "cmd/options.h"
#include "config/config.h"
#include "mail/envelope.h"
#include "mail/message.h"
#include "mail/plan.h"

struct submission {
    const struct options *options;
    const struct ident *as; /* whose message it is; NULL: of who runs this. Borrowed */
    struct arena arena;
    struct ident ident;
    struct config config;
    struct message message;
    struct addr given_sender; /* of -f */
    bool has_given_sender;
    struct addr_list recipients;   /* of argv and, with -t, of the header */
    const struct account *account; /* NULL until it is chosen */
    struct addr sender;
    struct envelope envelope;
    size_t rcpts_room;               /* of envelope.rcpts, where they come one by one */
    struct aliases section;          /* [aliases] alone, without the file of an account */
    const struct account *completed; /* the account whose file is in config.aliases too, or NULL */
    struct stored stored;
};

/* The configuration that -C or the environment names, NULL for the usual files. */
const char *submission_config_file(const struct options *options);

/* Is that a descriptor of this process, as in "-C <(command)"? A runner could not read it again. */
bool submission_config_is_passing(const struct options *options);

/* Borrows the options. */
void submission_init(struct submission *s, const struct options *options);

/* For messages of somebody else, by a configuration that is there already, which stays the
 * caller's: instead of submission_init and submission_open. Nothing is taken from the environment;
 * submission_forget, not submission_done, ends it. */
void submission_adopt(struct submission *s, const struct options *options, const struct ident *as,
                      const struct config *config);
void submission_done(struct submission *s);

/* All of it, in the order that the callers of sendmail rely on: options and configuration first,
 * then stdin to its end, then the rest. What was reached stays in `s` for the report. */
int submission_prepare(struct submission *s, struct err *e) MUST_USE;

/* Only the recipients, from argv (-bv): no message is read. */
int submission_prepare_recipients(struct submission *s, struct err *e) MUST_USE;

/* In parts, for a message that does not come from stdin: arguments, configuration, account; the
 * caller fills s->message; then envelope and stored form. Or only the envelope's sender, without a
 * message. */
int submission_start(struct submission *s, struct err *e) MUST_USE;
int submission_finish(struct submission *s, struct err *e) MUST_USE;
int submission_make_sender(struct submission *s, struct err *e) MUST_USE;

/* For one message after another, as -bs has them: arguments and configuration once; then for each
 * message the sender and each recipient as they stand behind MAIL and RCPT, with or without
 * brackets; the caller fills s->message; the stored form; and all but the configuration is
 * forgotten. */
int submission_open(struct submission *s, struct err *e) MUST_USE;
int submission_set_sender(struct submission *s, struct span path, struct err *e) MUST_USE;
int submission_add_recipient(struct submission *s, struct span path, unsigned dsn_notify,
                             struct err *e) MUST_USE;
int submission_store(struct submission *s, struct err *e) MUST_USE;
void submission_forget(struct submission *s);

#endif
