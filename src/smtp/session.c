#include "smtp/session.h"

#include <stdlib.h>
#include <string.h>

void session_init(struct session *s, struct txn *txn, bool pipelining, bool quit)
{
    *s = (struct session){ .txn = txn, .pipelining = pipelining, .quit = quit };
}

void session_done(struct session *s)
{
    free(s->awaited);
    *s = (struct session){ 0 };
}

static void await(struct session *s, enum txn_command command, size_t recipient)
{
    if (s->first > 0 && s->first + s->n == s->room) {
        memmove(s->awaited, s->awaited + s->first, s->n * sizeof *s->awaited);
        s->first = 0;
    }
    if (s->n == s->room) {
        s->room = s->room ? s->room * 2 : 16;
        s->awaited = mem_resize(s->awaited, s->room, sizeof *s->awaited);
    }
    s->awaited[s->first + s->n++] = (struct session_awaited){ s->txn, { command, recipient } };
}

/* May another command leave before the replies that are awaited? */
static bool flight_is_open(const struct session *s)
{
    if (!s->n)
        return true;
    enum txn_command last = s->awaited[s->first + s->n - 1].reply.command;
    return s->pipelining && last != TXN_DATA && last != TXN_CHUNK;
}

enum session_step session_next(struct session *s, struct buf *out)
{
    struct txn_awaited awaited;
    if (!flight_is_open(s))
        return SESSION_READ;
    switch (txn_next(s->txn, out, &awaited)) {
    case TXN_STEP_COMMAND: await(s, awaited.command, awaited.recipient); return SESSION_SEND;
    case TXN_STEP_CONTENT: return SESSION_CONTENT;
    case TXN_STEP_LONE_DOT: return SESSION_LONE_DOT;
    case TXN_STEP_WAIT: return SESSION_READ;
    case TXN_STEP_HOLD: return s->n ? SESSION_READ : SESSION_HOLD;
    case TXN_STEP_DONE: return s->n ? SESSION_READ : SESSION_DONE;
    }
    return SESSION_DONE;
}

bool session_is_idle(const struct session *s)
{
    return !s->n && !s->quit_sent && s->txn->phase != TXN_PHASE_CONTENT;
}

void session_end_content(struct session *s, struct buf *out)
{
    if (!s->quit || !s->pipelining || s->txn->lmtp || !txn_is_last(s->txn))
        return;
    buf_add_string(out, "QUIT\r\n");
    s->quit_sent = true;
}

void session_chunk_sent(struct session *s)
{
    await(s, TXN_CHUNK, TXN_ALL);
}

void session_content_sent(struct session *s)
{
    struct txn *t = s->txn;
    bool lone_dot = !t->accepted && !t->chunking;
    txn_content_sent(t);
    await(s, lone_dot ? TXN_LONE_DOT : TXN_END, TXN_ALL);
}

enum stage session_stage(const struct session *s)
{
    if (!s->n)
        return s->txn->phase == TXN_PHASE_CONTENT ? STAGE_BODY : STAGE_MAIL;
    return txn_stage(s->awaited[s->first].reply.command);
}

static void forget_oldest(struct session *s)
{
    s->n--;
    s->first = s->n ? s->first + 1 : 0;
}

/* LMTP has a reply for each accepted recipient, in order: who they are is known by now. */
static int reply_each(struct session *s, const struct reply *reply, struct err *e)
{
    struct txn *t = s->awaited[s->first].txn;
    struct txn_awaited awaited = { TXN_END, txn_next_accepted(t, 0) };
    int done = txn_reply(t, awaited, reply, e);
    if (done == 0 && txn_next_accepted(t, 0) == TXN_ALL)
        forget_oldest(s);
    return done;
}

/* No reply is awaited: a refusal within the content, or nonsense. */
static int reply_early(struct session *s, const struct reply *reply, struct err *e)
{
    ERR said = { 0 };
    if (s->txn->phase == TXN_PHASE_CONTENT)
        return txn_reply(s->txn, (struct txn_awaited){ TXN_END, TXN_ALL }, reply, e);
    reply_error(reply, &said);
    return err_set(e, ERR_PROTOCOL, "the server spoke out of turn: \"%s\"", said.text);
}

int session_reply(struct session *s, const struct reply *reply, struct err *e)
{
    if (!s->n)
        return reply_early(s, reply, e);
    struct session_awaited oldest = s->awaited[s->first];
    if (oldest.reply.command == TXN_END && oldest.txn->lmtp)
        return reply_each(s, reply, e);
    int done = txn_reply(oldest.txn, oldest.reply, reply, e);
    if (done == 0)
        forget_oldest(s);
    return done;
}

bool session_may_follow(const struct session *s)
{
    const struct txn *t = s->txn;
    bool sent = t->phase == TXN_PHASE_END || t->phase == TXN_PHASE_DONE;
    return sent && s->pipelining && !s->quit_sent && txn_is_last(t) && flight_is_open(s);
}

void session_follow(struct session *s, struct txn *txn)
{
    bool open = s->txn->phase == TXN_PHASE_END ? s->txn->chunking : s->txn->begun;
    if (open)
        txn->phase = TXN_PHASE_RSET;
    s->txn = txn;
}

const struct txn *session_oldest(const struct session *s)
{
    return s->n ? s->awaited[s->first].txn : s->txn;
}

bool session_end_has_left(const struct session *s)
{
    return session_oldest(s)->phase == TXN_PHASE_END;
}

/* Each at its own stage: the first of its replies that is still to come, or what is being sent. */
void session_broken(struct session *s, enum stage stage, const struct err *err)
{
    const struct txn *oldest = session_oldest(s);
    for (size_t i = 0; i < s->n; i++) {
        const struct session_awaited *awaited = &s->awaited[s->first + i];
        bool first = awaited->txn == oldest;
        txn_broken(awaited->txn, first ? stage : txn_stage(awaited->reply.command), err);
    }
    enum stage own = s->txn->phase == TXN_PHASE_CONTENT ? STAGE_BODY : STAGE_MAIL;
    txn_broken(s->txn, s->txn == oldest ? stage : own, err);
    s->n = s->first = 0;
}
