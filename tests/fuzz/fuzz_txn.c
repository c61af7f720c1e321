/* txn and session against a server that says anything, with all recipients at once or one by one,
 * and a second message behind the first: they end, and each recipient has exactly one verdict;
 * "sent" only if the end of data was sent and answered with 2yz. */
#include "smtp/session.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECIPIENTS = 5, STEPS = 10000, MESSAGES = 2 };

struct mail {
    struct txn txn;
    struct verdict verdicts[RECIPIENTS];
    bool acceptance_possible; /* content has been sent, and 2yz was said of it */
};

struct run {
    struct envelope envelope;
    struct rcpt rcpts[RECIPIENTS];
    struct caps caps;
    struct mail mails[MESSAGES];
    size_t n; /* of messages that were begun */
    size_t n_wanted;
    struct session session;
    bool chunks; /* more than one */
};

static void set_up(struct run *r, uint8_t how, uint8_t more, bool open)
{
    for (size_t i = 0; i < RECIPIENTS; i++)
        r->rcpts[i] =
            (struct rcpt){ .wire = "a@b", .original = "a@b", .utf8 = (how & 64) && i == 2 };
    r->envelope = (struct envelope){ .sender = "s@t", .rcpts = r->rcpts, .n_rcpts = RECIPIENTS };
    r->caps.set =
        (how & 1 ? CAP_PIPELINING : 0) | (how & 2 ? CAP_SIZE : 0) | (how & 4 ? CAP_DSN : 0);
    r->caps.rcpt_max = how & 8 ? 2 : 0;
    r->caps.size = how & 32 ? 1 : 0;
    r->caps.rcpt_domain_max = more & 4 ? 1 : 0;
    struct txn_message message = { .size = how & 128 ? 2 : more & 2 ? TXN_SMALL + 1 : 1 };
    r->envelope.n_rcpts = open ? 0 : RECIPIENTS;
    for (size_t i = 0; i < MESSAGES; i++) {
        struct txn *t = &r->mails[i].txn;
        txn_init(t, &r->envelope, &message, &r->caps, r->mails[i].verdicts);
        t->open = open;
        t->lmtp = how & 16;
        t->chunking = (more & 1) && !open;
        t->mail_limit = more & 8 && !open ? 2 : 0;
    }
    r->chunks = more & 2;
    r->n = 1;
    r->n_wanted = more & 16 && !open ? 2 : 1;
    session_init(&r->session, &r->mails[0].txn, how & 1, r->n_wanted == 1);
}

static void check_mail(struct run *r, struct mail *m)
{
    bool rest = txn_has_rest(&m->txn);
    for (size_t i = 0; i < RECIPIENTS; i++) {
        struct verdict *v = &m->verdicts[i];
        if (i >= r->envelope.n_rcpts && v->result == VERDICT_PENDING)
            continue; /* was never added */
        if (v->result == VERDICT_PENDING && !rest)
            abort();
        if (v->result == VERDICT_SENT && !m->acceptance_possible)
            abort();
    }
    if (m->txn.unchunked && m->acceptance_possible && !m->txn.lmtp)
        abort();
}

static void tear_down(struct run *r)
{
    for (size_t i = 0; i < r->n; i++)
        check_mail(r, &r->mails[i]);
    for (size_t i = 0; i < MESSAGES; i++) {
        for (size_t j = 0; j < RECIPIENTS; j++)
            verdict_done(&r->mails[i].verdicts[j]);
        txn_done(&r->mails[i].txn);
    }
    session_done(&r->session);
    caps_done(&r->caps);
}

/* Two octets choose a code, and sometimes an enhanced one. */
static void make_reply(const uint8_t *data, struct reply *ret)
{
    static const int codes[] = { 250, 251, 354, 421, 450, 452, 500, 503, 550, 552, 554, 220, 334 };
    *ret = (struct reply){ .code = codes[data[0] % (sizeof codes / sizeof *codes)] };
    if (data[1] & 1)
        memcpy(ret->enhanced, ret->code >= 500 ? "5.5.3" : "4.5.3", 6);
    buf_add_string(&ret->text, "words");
}

/* Whose reply comes next. */
static struct mail *mail_of(struct run *r)
{
    const struct txn *t = r->session.n ? r->session.awaited[r->session.first].txn : r->session.txn;
    return t == &r->mails[0].txn ? &r->mails[0] : &r->mails[1];
}

static bool read_one(struct run *r, const uint8_t **data, size_t *size)
{
    ERR e = { 0 };
    enum stage stage = session_stage(&r->session);
    if (*size < 2 || (*data)[1] == 255) {
        err_set(&e, ERR_CLOSED, "lost");
        session_broken(&r->session, stage, &e);
        return false;
    }
    struct reply reply;
    make_reply(*data, &reply);
    *data += 2;
    *size -= 2;
    if (stage == STAGE_END && reply.code < 300)
        mail_of(r)->acceptance_possible = true;
    int done = session_reply(&r->session, &reply, &e);
    reply_done(&reply);
    if (done < 0)
        session_broken(&r->session, stage, &e);
    return done == 0;
}

static void add_or_close(struct run *r)
{
    struct txn *t = &r->mails[0].txn;
    struct txn_message message = t->message;
    message.size = 3;
    if (r->envelope.n_rcpts < RECIPIENTS) {
        r->envelope.n_rcpts++;
        txn_add(t, r->mails[0].verdicts);
    } else {
        txn_close(t, &message);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run r = { 0 };
    BUF out = { 0 };
    bool going = true;
    if (size < 2)
        return 0;
    set_up(&r, data[0], data[1], size % 2);
    data += 2;
    size -= 2;
    for (size_t step = 0; going; step++) {
        if (step == STEPS)
            abort();
        if (r.n < r.n_wanted && session_may_follow(&r.session))
            session_follow(&r.session, &r.mails[r.n++].txn);
        switch (session_next(&r.session, &out)) {
        case SESSION_SEND: break;
        case SESSION_CONTENT:
            if (r.session.txn->chunking && r.chunks)
                session_chunk_sent(&r.session);
            session_end_content(&r.session, &out);
            session_content_sent(&r.session);
            break;
        case SESSION_LONE_DOT:
            session_end_content(&r.session, &out);
            session_content_sent(&r.session);
            break;
        case SESSION_READ: going = read_one(&r, &data, &size); break;
        case SESSION_HOLD: add_or_close(&r); break;
        case SESSION_DONE: going = false; break;
        }
    }
    tear_down(&r);
    return 0;
}
