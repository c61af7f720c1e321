/* -bv: what the recipients come to, and -bi: are the aliases in order. Nothing is sent. */
#include "cmd/cmd.h"
#include "cmd/exit.h"
#include "cmd/say.h"
#include "cmd/submission.h"

static int print_recipients(const struct submission *s, struct err *e)
{
    BUF text = { 0 };
    for (size_t i = 0; i < s->envelope.n_rcpts; i++)
        buf_addf(&text, "%s\n", s->envelope.rcpts[i].wire);
    return say_out(buf_span(&text), e);
}

int cmd_verify(const struct options *o)
{
    ERR e = { 0 };
    struct submission s;
    submission_init(&s, o);
    int done = submission_prepare_recipients(&s, &e);
    if (done == 0)
        done = print_recipients(&s, &e);
    if (done < 0)
        say_error(o->name, &e);
    submission_done(&s);
    return done < 0 ? exit_of_error(&exit_default, &e, STAGE_NONE) : 0;
}

/* Aliases are read live; a mistake in them is told and no more. */
int cmd_aliases(const struct options *o)
{
    ERR e = { 0 };
    struct submission s;
    const struct account *account;
    submission_init(&s, o);
    struct config_request request = { .ident = &s.ident,
                                      .file = o->config,
                                      .file_must_be_root = o->door == DOOR_SENDMAIL };
    if (config_load(&request, &s.config, &e) < 0 ||
        config_choose(&s.config, o->account, NULL, NULL, &account, &e) < 0 ||
        config_aliases(&s.config, account, &e) < 0)
        say_error(o->name, &e);
    submission_done(&s);
    return 0;
}
