#include "script.h"

#include <stdlib.h>

void script_open(struct script *s, const struct script_setup *setup)
{
    size_t n = 0;
    *s = (struct script){ 0 };
    while (setup->rcpts[n])
        n++;
    s->envelope = (struct envelope){ .sender = "me@example.org",
                                     .sender_utf8 = setup->sender_utf8,
                                     .n_rcpts = n,
                                     .rcpts = mem_new(n, sizeof(struct rcpt)) };
    for (size_t i = 0; i < n; i++)
        s->envelope.rcpts[i] = (struct rcpt){ .wire = setup->rcpts[i],
                                              .original = setup->rcpts[i],
                                              .utf8 = (unsigned char)*setup->rcpts[i] > 127 };
    BUF text = { 0 };
    buf_addf(&text, "mail.example.net\n%s", setup->caps);
    caps_parse(buf_span(&text), &s->caps);
    s->verdicts = mem_new(n, sizeof *s->verdicts);
    txn_init(&s->txn, &s->envelope, &setup->message, &s->caps, s->verdicts);
    s->txn.lmtp = setup->lmtp;
    s->txn.chunking = caps_has(&s->caps, CAP_CHUNKING);
    s->txn.mail_limit = s->caps.mail_max;
    session_init(&s->session, &s->txn, caps_has(&s->caps, CAP_PIPELINING), true);
}

void script_close(struct script *s)
{
    for (size_t i = 0; i < s->envelope.n_rcpts; i++)
        verdict_done(&s->verdicts[i]);
    free(s->verdicts);
    free(s->envelope.rcpts);
    session_done(&s->session);
    txn_done(&s->txn);
    caps_done(&s->caps);
    buf_done(&s->sent);
}

static void end_content(struct script *s, const char *mark)
{
    BUF quit = { 0 };
    session_end_content(&s->session, &quit);
    buf_addf(&s->sent, "%s", mark);
    buf_add_span(&s->sent, buf_span(&quit));
    session_content_sent(&s->session);
}

static int lose(struct script *s, enum stage stage, const struct err *e)
{
    session_broken(&s->session, stage, e);
    return -1;
}

static int read_reply(struct script *s, struct span *replies)
{
    struct reply_parser parser = { 0 };
    struct reply reply = { 0 };
    size_t used = 0;
    ERR e = { 0 };
    enum stage stage = session_stage(&s->session);
    buf_add_char(&s->sent, '|');
    int got = reply_feed(&parser, *replies, &used, &reply);
    *replies = span_from(*replies, used);
    if (got <= 0) {
        reply_parser_done(&parser);
        err_set(&e, got < 0 ? ERR_PROTOCOL : ERR_CLOSED, "lost");
        return lose(s, stage, &e);
    }
    int done = session_reply(&s->session, &reply, &e);
    reply_done(&reply);
    return done < 0 ? lose(s, stage, &e) : 0;
}

int script_play(struct script *s, const char *text)
{
    struct span replies = span_of(text);
    for (;;) {
        if (s->next && session_may_follow(&s->session)) {
            session_follow(&s->session, s->next);
            s->next = NULL;
        }
        switch (session_next(&s->session, &s->sent)) {
        case SESSION_SEND: continue;
        case SESSION_CONTENT: end_content(s, "<content>"); continue;
        case SESSION_LONE_DOT: end_content(s, "<dot>"); continue;
        case SESSION_READ:
            if (read_reply(s, &replies) < 0)
                return -1;
            continue;
        case SESSION_HOLD: /* no txn here is open */
        case SESSION_DONE: return 0;
        }
    }
}
