#include "outcome_fixture.h"

void set_up(struct fixture *f, size_t n)
{
    static const char *const names[MOST] = { "bob@example.com", "ann@example.com",
                                             "joe@example.com" };
    *f = (struct fixture){ .account = { .name = "gmail" } };
    for (size_t i = 0; i < n; i++)
        f->rcpts[i] = (struct rcpt){ .wire = names[i], .original = names[i] };
    f->envelope = (struct envelope){ .sender = "me@example.org", .rcpts = f->rcpts, .n_rcpts = n };
    f->stored.message_id = "<1@example.org>";
    f->delivery = (struct delivery){ .verdicts = f->verdicts,
                                     .n = n,
                                     .server = "mail.example.net",
                                     .tls_version = "TLS1.3",
                                     .mech = "PLAIN" };
    f->outcome = (struct outcome){ .name = "postbag",
                                   .account = &f->account,
                                   .envelope = &f->envelope,
                                   .stored = &f->stored,
                                   .delivery = &f->delivery };
}

void tear_down(struct fixture *f)
{
    for (size_t i = 0; i < MOST; i++)
        verdict_done(&f->verdicts[i]);
    verdict_done(&f->delivery.session);
}

void decide(struct verdict *v, enum verdict_result result, int code, const char *words)
{
    v->result = result;
    v->stage = result == VERDICT_SENT ? STAGE_END : STAGE_RCPT;
    err_set(&v->err, code ? ERR_REPLY : ERR_AMBIGUOUS, "%d %s", code, words);
    v->err.code = code;
    v->err.reply = mem_string(words);
}
