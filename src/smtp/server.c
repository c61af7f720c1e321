#include "smtp/server.h"

#include "smtp/reply.h"

#include <inttypes.h>

/* Replies. */

/* Enhanced codes are for those who know of them; then every reply has one (RFC 2034). */
static void say(struct server *s, int code, const char *enhanced, struct span words)
{
    char general[] = "x.0.0";
    general[0] = (char)('0' + code / 100);
    if (s->extended && *enhanced != general[0])
        enhanced = general;
    reply_write(&s->out, code, enhanced, words);
}

/* A refusal or a plain word of our own. */
static enum server_action tell(struct server *s, int code, const char *enhanced, const char *words)
{
    say(s, code, enhanced, span_of(words));
    return SERVER_WANT;
}

static enum server_action ask(struct server *s, enum server_action what, size_t answers)
{
    s->asked = what;
    s->answers = answers;
    return what;
}

static void forget(struct server *s)
{
    s->state = SERVER_STATE_IDLE;
    s->accepted = 0;
}

/* RSET, and what else ends a message that was begun. */
static enum server_action reset(struct server *s)
{
    bool begun = s->state != SERVER_STATE_IDLE;
    forget(s);
    return begun ? SERVER_RESET : SERVER_WANT;
}

void server_answer(struct server *s, int code, const char *enhanced, struct span words)
{
    if (!s->answers)
        return;
    if (code < 200 || code > 599 || code / 100 == 3)
        code = 451;
    bool accepted = code < 300;
    say(s, code, enhanced, words);
    s->answers--;
    if (s->asked == SERVER_MAIL && accepted)
        s->state = SERVER_STATE_OPEN;
    else if (s->asked == SERVER_RCPT)
        s->accepted += accepted;
    else if (s->asked == SERVER_END && !s->answers)
        forget(s);
}

/* Verbs. Each says SERVER_WANT when the caller has nothing to do. */

static enum server_action hello(struct server *s, struct span argument, bool extended)
{
    if (!argument.len)
        return tell(s, 501, "5.5.4", "Say who you are");
    enum server_action action = reset(s);
    s->extended = extended;
    if (!extended) {
        reply_write(&s->out, 250, "", span_of(s->name));
        return action;
    }
    buf_addf(&s->out, "250-%s\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE", s->name);
    if (s->max_size)
        buf_addf(&s->out, " %" PRIu64, s->max_size);
    buf_addf(&s->out,
             "\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250-CHUNKING\r\n%s250 DSN\r\n",
             s->nonces ? "250-XNONCE\r\n" : "");
    return action;
}

static enum server_action take_helo(struct server *s, struct span argument)
{
    return hello(s, argument, false);
}

static enum server_action take_ehlo(struct server *s, struct span argument)
{
    return hello(s, argument, true);
}

static enum server_action refuse_arguments(struct server *s, enum arguments_fault fault,
                                           const char *form)
{
    if (fault == ARGUMENTS_UNKNOWN)
        return tell(s, 555, "5.5.4", "A parameter is not known here");
    if (fault == ARGUMENTS_VALUE)
        return tell(s, 501, "5.5.4", "A parameter's value is wrong, or it comes twice");
    return tell(s, 501, "5.5.4", form);
}

static enum server_action take_mail(struct server *s, struct span argument)
{
    if (s->state != SERVER_STATE_IDLE)
        return tell(s, 503, "5.5.1", "A message is under way; RSET forgets it");
    enum arguments_fault fault = arguments_of_mail(argument, &s->mail);
    if (fault == ARGUMENTS_FINE && *s->mail.nonce && !s->nonces)
        fault = ARGUMENTS_UNKNOWN;
    if (fault != ARGUMENTS_FINE)
        return refuse_arguments(s, fault, "Write MAIL FROM:<address>");
    return ask(s, SERVER_MAIL, 1);
}

static enum server_action take_rcpt(struct server *s, struct span argument)
{
    if (s->state != SERVER_STATE_OPEN)
        return tell(s, 503, "5.5.1", "MAIL comes before RCPT");
    if (s->accepted == SERVER_RCPT_LIMIT)
        return tell(s, 452, "4.5.3", "Too many recipients");
    enum arguments_fault fault = arguments_of_rcpt(argument, &s->rcpt);
    if (fault != ARGUMENTS_FINE)
        return refuse_arguments(s, fault, "Write RCPT TO:<address>");
    return ask(s, SERVER_RCPT, 1);
}

static enum server_action take_data(struct server *s, struct span argument)
{
    (void)argument;
    if (s->state != SERVER_STATE_OPEN)
        return tell(s, 503, "5.5.1", "MAIL and RCPT come before DATA");
    if (!s->accepted)
        return tell(s, 554, "5.5.1", "No recipient was accepted");
    s->state = SERVER_STATE_DATA;
    s->undot = (struct undot){ .bare_lf = s->lf_line };
    reply_write(&s->out, 354, "", SPAN("End the message with a lone dot"));
    return SERVER_WANT;
}

/* A chunk is there whether it is welcome or not. */
static enum server_action take_bdat(struct server *s, struct span argument)
{
    struct span size, last;
    (void)span_word(&argument, &size);
    bool is_last = span_word(&argument, &last);
    if (span_number(size, UINT64_MAX, &s->chunk) < 0 || (is_last && !span_iis(last, "LAST")) ||
        span_trim(argument).len) {
        s->state = SERVER_STATE_CLOSED;
        return tell(s, 501, "5.5.4", "Write BDAT and a number; this session ends here");
    }
    s->last_chunk = is_last;
    s->after_skip = s->state;
    s->state = s->accepted ? SERVER_STATE_CHUNK : SERVER_STATE_SKIP;
    return SERVER_WANT;
}

static enum server_action take_rset(struct server *s, struct span argument)
{
    (void)argument;
    tell(s, 250, "2.0.0", "Forgotten");
    return reset(s);
}

static enum server_action take_noop(struct server *s, struct span argument)
{
    (void)argument;
    return tell(s, 250, "2.0.0", "OK");
}

static enum server_action take_vrfy(struct server *s, struct span argument)
{
    if (!argument.len)
        return tell(s, 501, "5.5.4", "VRFY whom?");
    return tell(s, 252, "2.5.0", "Not verified here; RCPT asks the smarthost");
}

static enum server_action take_quit(struct server *s, struct span argument)
{
    (void)argument;
    s->state = SERVER_STATE_CLOSED;
    return tell(s, 221, "2.0.0", "Bye");
}

static enum server_action take_unbuilt(struct server *s, struct span argument)
{
    (void)argument;
    return tell(s, 502, "5.5.1", "Not implemented");
}

/* postbag's own, for mailq: XQUEUE JSON, XQUEUE TEXT. */
static enum server_action take_queue(struct server *s, struct span argument)
{
    if (!s->lists)
        return tell(s, 500, "5.5.2", "Unknown command; HELP lists them");
    s->json = span_iis(argument, "JSON");
    if (!s->json && !span_iis(argument, "TEXT"))
        return tell(s, 501, "5.5.4", "Write XQUEUE JSON or XQUEUE TEXT");
    return SERVER_QUEUE;
}

static enum server_action take_help(struct server *s, struct span argument);

enum { SMTP = 1, LMTP = 2, BOTH = 3, BARE = 4 }; /* BARE: takes no argument */

static const struct verb {
    const char *name;
    unsigned flags;
    enum server_action (*take)(struct server *s, struct span argument);
} verbs[] = {
    { "HELO", SMTP, take_helo },    { "EHLO", SMTP, take_ehlo },
    { "LHLO", LMTP, take_ehlo },    { "MAIL", BOTH, take_mail },
    { "RCPT", BOTH, take_rcpt },    { "DATA", BOTH | BARE, take_data },
    { "BDAT", BOTH, take_bdat },    { "RSET", BOTH | BARE, take_rset },
    { "NOOP", BOTH, take_noop },    { "VRFY", BOTH, take_vrfy },
    { "HELP", BOTH, take_help },    { "QUIT", BOTH | BARE, take_quit },
    { "EXPN", BOTH, take_unbuilt }, { "STARTTLS", BOTH, take_unbuilt },
    { "AUTH", BOTH, take_unbuilt }, { "ETRN", BOTH, take_unbuilt },
    { "TURN", BOTH, take_unbuilt }, { "XQUEUE", LMTP, take_queue },
};
enum { VERBS = sizeof verbs / sizeof *verbs };

static bool speaks(const struct server *s, const struct verb *verb)
{
    return verb->flags & (s->lmtp ? LMTP : SMTP);
}

static enum server_action take_help(struct server *s, struct span argument)
{
    BUF words = { 0 };
    (void)argument;
    buf_add_string(&words, "These are understood:");
    for (size_t i = 0; i < VERBS; i++)
        if (speaks(s, &verbs[i]) && verbs[i].take != take_unbuilt)
            buf_addf(&words, " %s", verbs[i].name);
    return tell(s, 214, "2.0.0", buf_string(&words));
}

/* Command lines. */

static bool has_control(struct span line)
{
    for (size_t i = 0; i < line.len; i++)
        if (ascii_is_control(line.at[i]) && line.at[i] != '\t')
            return true;
    return false;
}

static enum server_action obey(struct server *s, struct span line)
{
    struct span verb;
    if (s->too_long)
        return tell(s, 500, "5.5.2", "The line is too long");
    if (has_control(line))
        return tell(s, 500, "5.5.2", "A control character stands in the line");
    (void)span_word(&line, &verb);
    line = span_trim(line);
    for (size_t i = 0; i < VERBS; i++) {
        if (!speaks(s, &verbs[i]) || !span_iis(verb, verbs[i].name))
            continue;
        if ((verbs[i].flags & BARE) && line.len)
            return tell(s, 501, "5.5.4", "This command takes no argument");
        return verbs[i].take(s, line);
    }
    return tell(s, 500, "5.5.2", "Unknown command; HELP lists them");
}

/* Takes input up to a line's end into s->line; false when the end has not come yet. */
static bool take_line(struct server *s)
{
    if (s->line_used) {
        buf_clear(&s->line);
        s->line_used = s->too_long = false;
    }
    struct span rest = s->input, piece;
    if (!rest.len)
        return false;
    (void)span_next(&rest, '\n', &piece);
    bool whole = rest.at;
    s->input = whole ? rest : (struct span){ 0 };
    s->too_long |= s->line.len + piece.len + whole > SERVER_LINE_LIMIT;
    if (!s->too_long)
        buf_add_span(&s->line, piece);
    s->line_used = whole;
    return whole;
}

static enum server_action next_command(struct server *s)
{
    struct span line = buf_span(&s->line);
    s->lf_line = !line.len || line.at[line.len - 1] != '\r';
    if (!s->lf_line)
        line.len--;
    return obey(s, line);
}

/* Message text. */

static enum server_action give_piece(struct server *s, struct span piece)
{
    s->piece = piece;
    return piece.len ? SERVER_BODY : SERVER_WANT;
}

static enum server_action next_data(struct server *s)
{
    size_t used;
    buf_clear(&s->text);
    if (dot_decode(&s->undot, s->input, &used, &s->text))
        s->state = SERVER_STATE_ENDING;
    s->input = span_from(s->input, used);
    return give_piece(s, buf_span(&s->text));
}

static struct span take_chunk(struct server *s)
{
    size_t len = s->chunk < s->input.len ? (size_t)s->chunk : s->input.len;
    struct span piece = { s->input.at, len };
    s->input = span_from(s->input, len);
    s->chunk -= len;
    return piece;
}

static enum server_action next_chunk(struct server *s)
{
    struct span piece = take_chunk(s);
    if (!s->chunk) {
        s->state = s->last_chunk ? SERVER_STATE_ENDING : SERVER_STATE_CHUNKS;
        if (!s->last_chunk)
            tell(s, 250, "2.0.0", "Chunk received");
    }
    return give_piece(s, piece);
}

static enum server_action skip_chunk(struct server *s)
{
    (void)take_chunk(s);
    if (s->chunk)
        return SERVER_WANT;
    s->state = s->after_skip;
    if (s->state == SERVER_STATE_OPEN)
        return tell(s, 554, "5.5.1", "No recipient was accepted");
    return tell(s, 503, "5.5.1", "MAIL and RCPT come before BDAT");
}

/* One step: true if there may be another without more input. */
static bool step(struct server *s, enum server_action *ret)
{
    bool line_wanted = false;
    switch (s->state) {
    case SERVER_STATE_IDLE:
    case SERVER_STATE_OPEN:
    case SERVER_STATE_CHUNKS: line_wanted = true; break;
    case SERVER_STATE_DATA: *ret = next_data(s); break;
    case SERVER_STATE_CHUNK: *ret = next_chunk(s); break;
    case SERVER_STATE_SKIP: *ret = skip_chunk(s); break;
    case SERVER_STATE_ENDING: *ret = ask(s, SERVER_END, s->lmtp ? s->accepted : 1); break;
    case SERVER_STATE_CLOSED: *ret = SERVER_QUIT; break;
    }
    if (line_wanted && !take_line(s))
        return false;
    if (line_wanted)
        *ret = next_command(s);
    bool due = s->state == SERVER_STATE_ENDING || s->state == SERVER_STATE_CLOSED ||
               ((s->state == SERVER_STATE_CHUNK || s->state == SERVER_STATE_SKIP) && !s->chunk);
    return s->input.len || due;
}

enum server_action server_next(struct server *s)
{
    enum server_action action = SERVER_WANT;
    if (s->answers)
        return s->asked;
    while (step(s, &action) && action == SERVER_WANT)
        ;
    return action;
}

void server_feed(struct server *s, struct span octets)
{
    s->input = octets;
}

bool server_in_message(const struct server *s)
{
    switch (s->state) {
    case SERVER_STATE_DATA:
    case SERVER_STATE_CHUNK:
    case SERVER_STATE_CHUNKS:
    case SERVER_STATE_ENDING: return true;
    case SERVER_STATE_IDLE:
    case SERVER_STATE_OPEN:
    case SERVER_STATE_SKIP:
    case SERVER_STATE_CLOSED: return false;
    }
    return false;
}

void server_init(struct server *s, const char *name, bool lmtp)
{
    *s = (struct server){ .name = name, .lmtp = lmtp };
    buf_addf(&s->out, "220 %s %s\r\n", name, lmtp ? "LMTP" : "ESMTP");
}

void server_done(struct server *s)
{
    buf_done(&s->out);
    buf_done(&s->line);
    buf_done(&s->text);
    mail_arguments_done(&s->mail);
}
