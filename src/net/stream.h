/* A byte stream to the server: clear text, TLS, or (in tests) memory, with one deadline.
 *
 * Output gathers in a buffer and leaves with stream_flush, one write a flight. While it writes it
 * also reads, so that a server that speaks early is heard and a dead lock of two full socket
 * buffers cannot happen. When the connection breaks, the input that has already come is read first
 * and counts as "input arrives" below; only the call after that tells of the failure. So the
 * server's last words are never lost. Once failed, a stream stays so.
 *
 * Memory: what is put and not flushed, copied once; under TLS 64 KiB of records more; and at most
 * 144 KiB of input that nobody consumes.
 *
 * A signal caught after sig_hold() leaves every wait, and all of them together, 10 seconds more. */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "net/opts.h"

struct stream;
struct tls_facts;
struct tls_memory;

/* Sees what passes, for -v. Never called for stream_put_secret, which reports `***` in its place.
 * `out` is true for what we send. `note` is told what is not part of the dialogue, a line of words;
 * the stream has none. Each may be NULL. */
struct stream_trace {
    void (*see)(void *context, bool out, struct span octets);
    void *context;
    void (*note)(void *context, struct span words);
};

/* Takes over the descriptor (non-blocking). */
struct stream *stream_new(int fd, struct stream_trace trace) MUST_USE;

/* For tests: input comes from `script` in pieces of `step` octets (0: all at once), one with each
 * stream_fill and never before, then EOF; everything flushed is appended to `sent`. */
struct stream *stream_new_memory(struct span script, size_t step, struct buf *sent,
                                 struct stream_trace trace) MUST_USE;

void stream_free(struct stream *s); /* closes; NULL allowed */

/* Every later call ends with ERR_TIMEOUT when this passes; with a later deadline the stream can be
 * used on. */
void stream_set_deadline(struct stream *s, struct deadline deadline);

/* Queue octets. Nothing is sent before stream_flush, stream_fill or stream_put_large. */
void stream_put(struct stream *s, struct span octets);
void stream_put_secret(struct stream *s, struct span octets);

/* As stream_put, for octets of a large message: what the kernel takes at once, in whole records, is
 * sent at once and not copied. A failure is told by the next call. */
void stream_put_large(struct stream *s, struct span octets);

/* A server that repeats a secret is not quoted: the trace sees "***" in its place, and so does a
 * text that is concealed. What goes through stream_put_secret is hidden by itself; further secrets
 * are told by stream_hide. */
void stream_hide(struct stream *s, struct span secret);
void stream_conceal(const struct stream *s, struct buf *text);

/* From now on the trace sees of lines that begin so, "334 " for example, nothing but that. The text
 * is borrowed; "" is none. */
void stream_veil(struct stream *s, const char *start);

/* How many of the octets put the kernel has not got; under TLS, a record that it has in part does
 * not count as got, since the server can make nothing of it. */
size_t stream_pending(const struct stream *s);

/* Sends all that is queued. Returns early with 0 and stream_pending() > 0 as soon as more input
 * arrives while the peer takes no more, or before anything is sent when `yield` is set and more
 * input is there. -1: ERR_TIMEOUT (also when a signal has cut the wait short), ERR_CLOSED (also
 * when the server has ended its side and something is left to send), ERR_TLS, ERR_SYSTEM. */
int stream_flush(struct stream *s, bool yield, struct err *e) MUST_USE;

/* Flushes, then waits until more input has come: 1, 0 at the end of the stream (a TLS end without
 * close_notify counts as ERR_CLOSED), -1 as above, or ERR_PROTOCOL when far too much input is not
 * consumed. */
int stream_fill(struct stream *s, struct err *e) MUST_USE;

/* With nothing queued and all input consumed: waits until there is more, or until `other` can be
 * read: true. What ends the wait besides is told by the next stream_fill. */
bool stream_listen(struct stream *s, int other);

/* Input not consumed yet; borrowed until the next call. */
struct span stream_input(const struct stream *s);
void stream_consume(struct stream *s, size_t n);

/* Nothing more will come: the server has ended its side, or the stream has failed. */
bool stream_is_over(const struct stream *s);

/* Reads what the kernel already has without waiting; errors are left for later. */
void stream_peek(struct stream *s);

/* Puts TLS (net/tls) underneath. 0 after a verified handshake; `opts` is borrowed from then on. -1
 * as tls_new and tls_handshake, or ERR_TIMEOUT: the stream has failed. Input that came in clear
 * text before it is ERR_PROTOCOL (possible injection), never used. */
int stream_start_tls(struct stream *s, const struct net_opts *opts, const char *host,
                     bool is_literal, struct err *e) MUST_USE;

/* Before stream_start_tls: the session may be resumed from `memory`, which is of this server and
 * these `opts`, and is kept there for the next connection. Borrowed for the life of the stream. */
void stream_remember(struct stream *s, struct tls_memory *memory);

/* What was negotiated, or NULL in clear text. */
const struct tls_facts *stream_tls(const struct stream *s);

/* The channel binding of the TLS session (see tls_binding), appended; false if there is none. */
bool stream_binding(const struct stream *s, const char **type, struct buf *to);

/* Polite end: close_notify under TLS without waiting, then nothing more can be sent. */
void stream_bye(struct stream *s);

/* Local address literal for EHLO, "[192.0.2.1]" or "[IPv6:2001:db8::1]"; "[127.0.0.1]" for others.
 */
void stream_add_local_literal(const struct stream *s, struct buf *to);

#endif
