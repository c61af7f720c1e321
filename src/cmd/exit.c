#include "cmd/exit.h"

#include <string.h>
#include <sysexits.h>

const struct exit_rules exit_default = { EXIT_STYLE_SYSEXITS, EX_TEMPFAIL };

struct exit_rules exit_rules_of(int style, const struct account *account)
{
    struct exit_rules rules = exit_default;
    if (account)
        rules = (struct exit_rules){ account->exit_style, account->exit_tempfail };
    if (style >= 0)
        rules.style = (enum exit_style)style;
    return rules;
}

/* Kinds without a reply. ERR_REPLY goes by its codes. */
static int status_of_kind(enum err_kind kind)
{
    static const int table[] = {
        [ERR_NONE] = EX_OK,
        [ERR_USAGE] = EX_USAGE,
        [ERR_DATA] = EX_DATAERR,
        [ERR_INPUT] = EX_NOINPUT,
        [ERR_NOUSER] = EX_NOUSER,
        [ERR_NOHOST] = EX_NOHOST,
        [ERR_UNAVAILABLE] = EX_UNAVAILABLE,
        [ERR_LIBRARY] = EX_UNAVAILABLE,
        [ERR_CERTIFICATE] = EX_UNAVAILABLE,
        [ERR_INTERNAL] = EX_SOFTWARE,
        [ERR_SYSTEM] = EX_OSERR,
        [ERR_SYSFILE] = EX_OSFILE,
        [ERR_CREATE] = EX_CANTCREAT,
        [ERR_IO] = EX_IOERR,
        [ERR_LOOKUP] = EX_TEMPFAIL,
        [ERR_CONNECT] = EX_TEMPFAIL,
        [ERR_TIMEOUT] = EX_TEMPFAIL,
        [ERR_CLOSED] = EX_TEMPFAIL,
        [ERR_TEMPORARY] = EX_TEMPFAIL,
        [ERR_AMBIGUOUS] = EX_TEMPFAIL,
        [ERR_PROTOCOL] = EX_PROTOCOL,
        [ERR_TLS] = EX_PROTOCOL,
        [ERR_AUTH] = EX_NOPERM,
        [ERR_PERMISSION] = EX_NOPERM,
        [ERR_CONFIG] = EX_CONFIG,
    };
    return table[kind];
}

/* Permanent enhanced status codes, the longest fitting row first: "5.7." stands for all of 5.7.x.
 * 0 when the basic code decides. */
static int status_of_enhanced(const char *enhanced)
{
    static const struct {
        const char *code;
        int status;
    } table[] = {
        { "5.0.0", EX_UNAVAILABLE }, { "5.1.1", EX_NOUSER },  { "5.1.10", EX_NOUSER },
        { "5.1.2", EX_NOHOST },      { "5.1.3", EX_DATAERR }, { "5.1.6", EX_NOUSER },
        { "5.1.7", EX_DATAERR },     { "5.1.8", EX_DATAERR }, { "5.2.1", EX_NOUSER },
        { "5.2.2", EX_UNAVAILABLE }, { "5.2.3", EX_DATAERR }, { "5.3.4", EX_DATAERR },
        { "5.3.", EX_UNAVAILABLE },  { "5.4.4", EX_NOHOST },  { "5.4.", EX_UNAVAILABLE },
        { "5.5.", EX_PROTOCOL },     { "5.6.", EX_DATAERR },  { "5.7.", EX_NOPERM },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        size_t len = strlen(table[i].code);
        bool whole = table[i].code[len - 1] != '.';
        if (whole ? strcmp(enhanced, table[i].code) == 0
                  : strncmp(enhanced, table[i].code, len) == 0)
            return table[i].status;
    }
    return 0;
}

static int status_of_code(int code, enum stage stage)
{
    bool at_recipient = stage == STAGE_RCPT;
    bool at_address = at_recipient || stage == STAGE_MAIL;
    switch (code) {
    case 500:
    case 502:
    case 503:
    case 504:
    case 555: return EX_PROTOCOL;
    case 501: return at_address ? EX_DATAERR : EX_PROTOCOL;
    case 530:
    case 534:
    case 535:
    case 538: return EX_NOPERM;
    case 550:
    case 551: return at_recipient ? EX_NOUSER : EX_UNAVAILABLE;
    case 552: return EX_DATAERR;
    case 553: return at_recipient ? EX_NOUSER : at_address ? EX_DATAERR : EX_UNAVAILABLE;
    default: return EX_UNAVAILABLE;
    }
}

static int status_of_reply(const struct err *err, enum stage stage)
{
    if (err_is_temporary(err))
        return EX_TEMPFAIL;
    int status = status_of_enhanced(err->enhanced);
    return status ? status : status_of_code(err->code, stage);
}

/* 4yz becomes 100+yz, 5yz 200+yz, never above 255. */
static int fold_code(int code)
{
    int folded = (code >= 500 ? 200 : 100) + code % 100;
    return folded > 255 ? 255 : folded;
}

int exit_of_error(const struct exit_rules *rules, const struct err *err, enum stage stage)
{
    bool reply = err->kind == ERR_REPLY;
    if (reply && rules->style == EXIT_STYLE_REPLY)
        return fold_code(err->code);
    int status = reply ? status_of_reply(err, stage) : status_of_kind(err->kind);
    return status == EX_TEMPFAIL ? rules->tempfail : status;
}

int exit_of_verdicts(const struct exit_rules *rules, const struct verdict *verdicts, size_t n)
{
    const struct verdict *worst = verdict_worst(verdicts, NULL, n);
    return worst ? exit_of_error(rules, &worst->err, worst->stage) : EX_OK;
}
