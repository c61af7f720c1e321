#include "smtp/txn.h"

#include "smtp/command.h"

#include <stdlib.h>
#include <string.h>

/* Verdicts. */

static void decide(struct txn *t, size_t i, enum verdict_result result, enum stage stage,
                   const struct err *err)
{
    if (t->recipients[i] == TXN_DECIDED)
        return;
    if (t->recipients[i] == TXN_ACCEPTED)
        t->accepted--;
    t->recipients[i] = TXN_DECIDED;
    t->verdicts[i].result = result;
    t->verdicts[i].stage = stage;
    err_copy(&t->verdicts[i].err, err);
}

/* The same verdict for every recipient that is in `state`. */
static void decide_all(struct txn *t, enum txn_recipient state, enum verdict_result result,
                       enum stage stage, const struct err *err)
{
    for (size_t i = 0; i < t->known; i++)
        if (t->recipients[i] == state)
            decide(t, i, result, stage, err);
}

static void decide_undecided(struct txn *t, enum verdict_result result, enum stage stage,
                             const struct err *err)
{
    decide_all(t, TXN_WAITING, result, stage, err);
    decide_all(t, TXN_OFFERED, result, stage, err);
    decide_all(t, TXN_ACCEPTED, result, stage, err);
}

/* What cannot be sent through this server at all is refused before anything is. */

/* Why an address that is not ASCII cannot be sent; NULL if it can. */
static const char *utf8_obstacle(const struct txn *t)
{
    if (!caps_has(t->caps, CAP_SMTPUTF8))
        return "the server does not offer SMTPUTF8";
    return t->begun && !t->utf8_said ? "MAIL did not ask for SMTPUTF8" : NULL;
}

static void refuse_utf8(struct txn *t)
{
    static const char remedy[] = "use an address whose part before the \"@\" is ASCII, or a server "
                                 "that offers SMTPUTF8";
    const struct envelope *env = t->envelope;
    const char *obstacle = utf8_obstacle(t);
    ERR e = { 0 };
    if (!obstacle)
        return;
    if (env->sender_utf8)
        err_set(&e, ERR_DATA, "sender %s: %s", env->sender, obstacle);
    else if (t->message.utf8_addresses)
        err_set(&e, ERR_DATA, "an address in the header is not ASCII and %s", obstacle);
    if (e.kind) {
        err_hint(&e, "%s", remedy);
        decide_undecided(t, VERDICT_REFUSED, STAGE_MAIL, &e);
        return;
    }
    for (size_t i = 0; i < t->known; i++) {
        if (!env->rcpts[i].utf8 || t->recipients[i] == TXN_DECIDED)
            continue;
        err_set(&e, ERR_DATA, "%s, which this address needs", obstacle);
        err_hint(&e, "%s", remedy);
        decide(t, i, VERDICT_REFUSED, STAGE_RCPT, &e);
    }
}

static void refuse_size(struct txn *t)
{
    if (!t->caps->size || t->message.size <= t->caps->size)
        return;
    ERR e = { 0 };
    err_set(&e, ERR_DATA, "the message has %llu octets, the server takes at most %llu",
            (unsigned long long)t->message.size, (unsigned long long)t->caps->size);
    err_hint(&e, "send less at once, or put large files elsewhere and mail their address");
    decide_undecided(t, VERDICT_REFUSED, STAGE_MAIL, &e);
}

/* Those that already have a verdict are none of ours. */
static void take_recipients(struct txn *t)
{
    for (; t->known < t->envelope->n_rcpts; t->known++)
        t->recipients[t->known] =
            t->verdicts[t->known].result == VERDICT_PENDING ? TXN_WAITING : TXN_DECIDED;
}

void txn_init(struct txn *t, const struct envelope *envelope, const struct txn_message *message,
              const struct caps *caps, struct verdict *verdicts)
{
    *t = (struct txn){ .envelope = envelope,
                       .caps = caps,
                       .message = *message,
                       .verdicts = verdicts,
                       .recipients = mem_new(envelope->n_rcpts, sizeof *t->recipients) };
    take_recipients(t);
    refuse_size(t);
    refuse_utf8(t);
}

void txn_done(struct txn *t)
{
    free(t->recipients);
    *t = (struct txn){ 0 };
}

void txn_add(struct txn *t, struct verdict *verdicts)
{
    t->verdicts = verdicts;
    t->recipients = mem_resize(t->recipients, t->envelope->n_rcpts, sizeof *t->recipients);
    take_recipients(t);
    refuse_utf8(t);
}

void txn_close(struct txn *t, const struct txn_message *message)
{
    t->open = false;
    t->message = *message;
    refuse_size(t);
    refuse_utf8(t);
}

/* Sending. */

static bool any(const struct txn *t, enum txn_recipient state)
{
    for (size_t i = 0; i < t->known; i++)
        if (t->recipients[i] == state)
            return true;
    return false;
}

static bool wants_utf8(const struct txn *t)
{
    bool wanted = t->envelope->sender_utf8 || t->message.utf8_addresses;
    for (size_t i = 0; i < t->known; i++)
        wanted |= t->envelope->rcpts[i].utf8 && t->recipients[i] != TXN_DECIDED;
    return wanted;
}

static enum txn_step command(struct txn *t, enum txn_command what, size_t recipient,
                             enum txn_phase phase, struct txn_awaited *ret)
{
    t->phase = phase;
    *ret = (struct txn_awaited){ what, recipient };
    return TXN_STEP_COMMAND;
}

/* Has the envelope been in one transaction all along? Only then the nonce names all of it. */
static bool is_whole(const struct txn *t)
{
    for (size_t i = 0; i < t->known; i++)
        if (t->recipients[i] != TXN_WAITING)
            return false;
    return !t->open && !t->caps->rcpt_max && t->envelope->n_rcpts <= TXN_RECIPIENTS;
}

static enum txn_step next_mail(struct txn *t, struct buf *out, struct txn_awaited *ret)
{
    ERR e = { 0 };
    const struct envelope *env = t->envelope;
    bool dsn = caps_has(t->caps, CAP_DSN);
    struct mail_params params = {
        .size = caps_has(t->caps, CAP_SIZE) && t->message.size,
        .size_value = t->message.size,
        .body_8bit = t->message.eight_bit && caps_has(t->caps, CAP_8BITMIME),
        .smtputf8 = wants_utf8(t),
        .ret = dsn ? env->dsn_return : DSN_RETURN_UNSET,
        .envid = dsn ? env->envid : NULL,
        .nonce = is_whole(t) && caps_has(t->caps, CAP_XNONCE) ? env->nonce : NULL,
    };
    t->utf8_said = params.smtputf8;
    t->next = t->offered = t->unanswered = t->n_domains = 0;
    t->mail_failed = t->full = false;
    t->mails++;
    if (command_mail(out, env->sender, &params, &e) < 0) {
        decide_undecided(t, VERDICT_REFUSED, STAGE_MAIL, &e);
        t->phase = TXN_PHASE_DONE;
        return TXN_STEP_DONE;
    }
    return command(t, TXN_MAIL, TXN_ALL, TXN_PHASE_RCPT, ret);
}

static size_t transaction_limit(const struct txn *t)
{
    uint64_t limit = t->caps->rcpt_max;
    return limit && limit < TXN_RECIPIENTS ? (size_t)limit : TXN_RECIPIENTS;
}

static struct span domain_of(const struct txn *t, size_t i)
{
    struct span wire = span_of(t->envelope->rcpts[i].wire);
    const char *at = memrchr(wire.at, '@', wire.len);
    return at ? span_from(wire, (size_t)(at - wire.at) + 1) : wire;
}

/* RFC 9422 section 4.3: only so many domains in one transaction. */
static bool fits_domains(struct txn *t, size_t recipient)
{
    uint64_t limit = t->caps->rcpt_domain_max;
    if (t->open || !limit || limit > TXN_RECIPIENTS)
        return true;
    for (size_t i = 0; i < t->n_domains; i++)
        if (span_ieq(domain_of(t, t->domains[i]), domain_of(t, recipient)))
            return true;
    if (t->n_domains == limit)
        return false;
    t->domains[t->n_domains++] = recipient;
    return true;
}

static unsigned notify_of(const struct txn *t, size_t i)
{
    unsigned own = t->envelope->rcpts[i].dsn_notify;
    if (!caps_has(t->caps, CAP_DSN))
        return 0;
    return own ? own : t->envelope->dsn_notify;
}

/* Appends RCPT for the next waiting recipient; false when there is none for this transaction. */
static bool offer_recipient(struct txn *t, struct buf *out, size_t *ret)
{
    for (; t->next < t->known && !t->full; t->next++) {
        ERR e = { 0 };
        size_t i = t->next;
        if (t->recipients[i] != TXN_WAITING)
            continue;
        if (!t->open && t->offered == transaction_limit(t))
            return false;
        if (!fits_domains(t, i))
            continue;
        if (command_rcpt(out, t->envelope->rcpts[i].wire, notify_of(t, i), &e) < 0) {
            decide(t, i, VERDICT_REFUSED, STAGE_RCPT, &e);
            continue;
        }
        t->recipients[i] = TXN_OFFERED;
        t->offered++;
        t->unanswered++;
        t->next++;
        *ret = i;
        return true;
    }
    return false;
}

static enum txn_step next_chunks(struct txn *t)
{
    if (t->unanswered && (t->hurried || t->message.size > TXN_SMALL))
        return TXN_STEP_WAIT;
    t->phase = TXN_PHASE_CONTENT;
    return TXN_STEP_CONTENT;
}

static enum txn_step next_rcpt(struct txn *t, struct buf *out, struct txn_awaited *ret)
{
    size_t i;
    if (!t->mail_failed && offer_recipient(t, out, &i))
        return command(t, TXN_RCPT, i, TXN_PHASE_RCPT, ret);
    if (t->open && !t->mail_failed)
        return TXN_STEP_HOLD;
    if (t->unanswered > 0 || t->accepted > 0) {
        if (t->mail_failed)
            return TXN_STEP_WAIT;
        if (t->chunking)
            return next_chunks(t);
        buf_add_string(out, "DATA\r\n");
        return command(t, TXN_DATA, TXN_ALL, TXN_PHASE_DATA, ret);
    }
    /* Nobody was accepted: another transaction makes sense only for those not yet offered. */
    t->phase = any(t, TXN_WAITING) ? TXN_PHASE_RSET : TXN_PHASE_DONE;
    return txn_next(t, out, ret);
}

enum txn_step txn_next(struct txn *t, struct buf *out, struct txn_awaited *ret)
{
    switch (t->phase) {
    case TXN_PHASE_MAIL:
        if ((t->open || any(t, TXN_WAITING)) && (!t->mail_limit || t->mails < t->mail_limit))
            return next_mail(t, out, ret);
        t->phase = TXN_PHASE_DONE;
        return TXN_STEP_DONE;
    case TXN_PHASE_RCPT: return next_rcpt(t, out, ret);
    case TXN_PHASE_DATA:
    case TXN_PHASE_END: return TXN_STEP_WAIT;
    case TXN_PHASE_CONTENT:
        return t->accepted || t->chunking ? TXN_STEP_CONTENT : TXN_STEP_LONE_DOT;
    case TXN_PHASE_RSET:
        buf_add_string(out, "RSET\r\n");
        return command(t, TXN_RSET, TXN_ALL, TXN_PHASE_MAIL, ret);
    case TXN_PHASE_DONE: return TXN_STEP_DONE;
    }
    return TXN_STEP_DONE;
}

/* One of several recipients may still be too many for this transaction. */
bool txn_is_last(const struct txn *t)
{
    return !any(t, TXN_WAITING) && (!t->unanswered || t->offered == 1);
}

bool txn_has_rest(const struct txn *t)
{
    bool rest = t->phase == TXN_PHASE_DONE && (t->unchunked || t->mail_limit);
    return rest && (any(t, TXN_WAITING) || any(t, TXN_OFFERED) || any(t, TXN_ACCEPTED));
}

void txn_content_sent(struct txn *t)
{
    t->phase = TXN_PHASE_END;
}

size_t txn_next_accepted(const struct txn *t, size_t start)
{
    for (size_t i = start; i < t->known; i++)
        if (t->recipients[i] == TXN_ACCEPTED)
            return i;
    return TXN_ALL;
}

/* Replies. */

static int unexpected(const char *what, const struct err *reply, struct err *e)
{
    return err_set(e, ERR_PROTOCOL, "the server breaks the protocol: \"%s\" as reply to %s",
                   reply->text, what);
}

static bool is_failure(const struct reply *reply)
{
    return reply->code >= 400;
}

/* 221 is the answer to QUIT, 220 and 235 to something else: none of them accepts anything. */
static bool is_success(const struct reply *reply)
{
    return reply->code >= 250 && reply->code <= 252;
}

/* "Too many recipients" (RFC 5321 section 4.5.3.1.10), not "mailbox full". */
static bool says_full(const struct reply *reply)
{
    const char *enhanced = reply->enhanced;
    if (reply->code == 452)
        return !*enhanced || strcmp(enhanced, "4.5.3") == 0;
    return reply->code == 552 && strcmp(enhanced, "5.5.3") == 0;
}

static int reply_mail(struct txn *t, const struct reply *reply, const struct err *said,
                      struct err *e)
{
    t->begun = is_success(reply);
    if (t->begun)
        return 0;
    if (!is_failure(reply))
        return unexpected("MAIL", said, e);
    t->mail_failed = true;
    decide_all(t, TXN_WAITING, verdict_of(said), STAGE_MAIL, said);
    decide_all(t, TXN_OFFERED, verdict_of(said), STAGE_MAIL, said);
    return 0;
}

static int reply_rcpt(struct txn *t, size_t i, const struct reply *reply, const struct err *said,
                      struct err *e)
{
    t->unanswered--;
    if (t->recipients[i] != TXN_OFFERED)
        return 0;
    if (is_success(reply)) {
        t->recipients[i] = TXN_ACCEPTED;
        t->accepted++;
    } else if (!is_failure(reply)) {
        return unexpected("RCPT", said, e);
    } else if (says_full(reply) && t->accepted && !t->open) {
        t->recipients[i] = TXN_WAITING;
        t->full = true;
    } else {
        decide(t, i, verdict_of(said), STAGE_RCPT, said);
    }
    return 0;
}

/* A transaction is over: begin the next one for those who wait, or end. */
static void conclude(struct txn *t, bool clean)
{
    t->begun = t->begun && !clean;
    if (!any(t, TXN_WAITING))
        t->phase = TXN_PHASE_DONE;
    else
        t->phase = clean ? TXN_PHASE_MAIL : TXN_PHASE_RSET;
}

static int reply_data(struct txn *t, const struct reply *reply, const struct err *said,
                      struct err *e)
{
    if (reply->code == 354) {
        t->phase = TXN_PHASE_CONTENT;
        return 0;
    }
    if (!is_failure(reply))
        return unexpected("DATA", said, e);
    decide_all(t, TXN_ACCEPTED, verdict_of(said), STAGE_DATA, said);
    conclude(t, false);
    return 0;
}

/* 500 to 504: the command is unknown, or not known so. With nobody accepted it may be meant. */
static bool is_unchunked(const struct txn *t, const struct reply *reply)
{
    return t->chunking && !t->bdat_known && t->accepted && reply->code >= 500 && reply->code <= 504;
}

static int refuse_bdat(struct txn *t, struct err *e)
{
    t->unchunked = true;
    return err_set(e, ERR_PROTOCOL, "the server offers CHUNKING and does not know BDAT");
}

/* What is behind it in the flight is refused as well, and counts for nobody. */
static int reply_chunk(struct txn *t, const struct reply *reply, const struct err *said,
                       struct err *e)
{
    if (is_unchunked(t, reply))
        return refuse_bdat(t, e);
    if (is_success(reply)) {
        t->bdat_known = true;
        return 0;
    }
    if (!is_failure(reply))
        return unexpected("BDAT", said, e);
    decide_all(t, TXN_ACCEPTED, verdict_of(said), STAGE_BODY, said);
    if (t->phase == TXN_PHASE_CONTENT)
        return err_set(e, ERR_CLOSED, "the server refused the message before its end");
    return 0;
}

static int reply_end(struct txn *t, size_t recipient, const struct reply *reply,
                     const struct err *said, struct err *e)
{
    bool early = t->phase == TXN_PHASE_CONTENT;
    if (is_unchunked(t, reply))
        return refuse_bdat(t, e);
    if (!is_failure(reply) && (early || !is_success(reply)))
        return unexpected(early ? "an unfinished message" : "the end of data", said, e);
    enum verdict_result result = is_success(reply) ? VERDICT_SENT : verdict_of(said);
    enum stage stage = early ? STAGE_BODY : STAGE_END;
    if (recipient == TXN_ALL || early)
        decide_all(t, TXN_ACCEPTED, result, stage, said);
    else
        decide(t, recipient, result, stage, said);
    if (early)
        return err_set(e, ERR_CLOSED, "the server refused the message before its end");
    t->bdat_known |= t->chunking && is_success(reply);
    if (!t->accepted)
        conclude(t, !t->chunking || is_success(reply));
    return 0;
}

static int reply_rset(struct txn *t, const struct reply *reply, const struct err *said,
                      struct err *e)
{
    t->begun = false;
    return is_success(reply) ? 0 : unexpected("RSET", said, e);
}

enum stage txn_stage(enum txn_command command)
{
    switch (command) {
    case TXN_MAIL:
    case TXN_RSET: return STAGE_MAIL;
    case TXN_RCPT: return STAGE_RCPT;
    case TXN_DATA: return STAGE_DATA;
    case TXN_CHUNK: return STAGE_BODY;
    case TXN_END:
    case TXN_LONE_DOT: return STAGE_END;
    }
    return STAGE_NONE;
}

static int take_reply(struct txn *t, struct txn_awaited awaited, const struct reply *reply,
                      const struct err *said, struct err *e)
{
    switch (awaited.command) {
    case TXN_MAIL: return reply_mail(t, reply, said, e);
    case TXN_RCPT: return reply_rcpt(t, awaited.recipient, reply, said, e);
    case TXN_DATA: return reply_data(t, reply, said, e);
    case TXN_CHUNK: return reply_chunk(t, reply, said, e);
    case TXN_END: return reply_end(t, awaited.recipient, reply, said, e);
    case TXN_LONE_DOT: conclude(t, true); return 0;
    case TXN_RSET: return reply_rset(t, reply, said, e);
    }
    return 0;
}

int txn_reply(struct txn *t, struct txn_awaited awaited, const struct reply *reply, struct err *e)
{
    ERR said = { 0 };
    reply_error(reply, &said);
    if (reply->code != 421)
        return take_reply(t, awaited, reply, &said, e);
    decide_undecided(t, VERDICT_FAILED, txn_stage(awaited.command), &said);
    t->phase = TXN_PHASE_DONE;
    err_copy(e, &said);
    return -1;
}

void txn_broken(struct txn *t, enum stage stage, const struct err *err)
{
    bool end_sent = t->phase == TXN_PHASE_END && err->code != 421;
    t->phase = TXN_PHASE_DONE;
    if (t->unchunked)
        return;
    if (end_sent) {
        ERR lost = { 0 };
        err_set(&lost, ERR_AMBIGUOUS, "%s", err->text ? err->text : "connection lost");
        decide_all(t, TXN_OFFERED, VERDICT_AMBIGUOUS, STAGE_END, &lost);
        decide_all(t, TXN_ACCEPTED, VERDICT_AMBIGUOUS, STAGE_END, &lost);
    }
    decide_undecided(t, verdict_of(err), stage, err);
}
