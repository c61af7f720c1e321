/* From errors and verdicts to exit statuses: sysexits.h by default, or the reply code folded into
 * eight bits. The one place where this is decided. */
#ifndef CMD_EXIT_H
#define CMD_EXIT_H

#include "config/account.h"
#include "smtp/verdict.h"

struct exit_rules {
    enum exit_style style;
    int tempfail; /* in place of 75 */
};

extern const struct exit_rules exit_default;

/* Those of the account, if there is one; `style` of the command line goes first, unless it is -1.
 */
struct exit_rules exit_rules_of(int style, const struct account *account);

int exit_of_error(const struct exit_rules *rules, const struct err *err, enum stage stage);

/* Several recipients: the status of the first permanent failure, else of the first temporary one;
 * 0 when all were sent. */
int exit_of_verdicts(const struct exit_rules *rules, const struct verdict *verdicts, size_t n);

#endif
