/* postbag queue list, mailq, -bp; and the same for users of the service. */
#include "base/io.h"
#include "cmd/queue.h"
#include "cmd/queue_json.h"
#include "cmd/queue_text.h"
#include "cmd/queue_walk.h"
#include "cmd/say.h"
#include "cmd/service_list.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PIECE = 64 * 1024, /* given away when this much has come together */
    HELPED = 4096,     /* messages; fewer are listed before a helper is at work */
};

struct list {
    struct queue *queue;
    const struct queue_listing *how;
    struct queue_text text;
    struct buf out;
};

static int flush(struct list *l, size_t least, struct err *e)
{
    if (l->out.len < least)
        return 0;
    int done = l->how->put(l->how->context, buf_span(&l->out), e);
    buf_clear(&l->out);
    return done;
}

/* A file that cannot be used is nobody's. */
static bool is_wanted(const struct list *l, const struct queue_message *m)
{
    return l->how->all || (m->entry && m->entry->uid == l->how->uid);
}

/* A message may move while the list is written: it is shown where it is now. */
static void add(struct list *l, const struct queue_id *id, enum folder folder)
{
    struct queue_message m;
    if (!queue_message_load(l->queue, folder, id, &m)) {
        folder = spool_find(&l->queue->spool, id);
        if (folder == FOLDERS || !queue_message_load(l->queue, folder, id, &m))
            return;
    }
    bool wanted = is_wanted(l, &m);
    if (wanted && l->how->json)
        queue_json_add(&m, &l->out);
    else if (wanted)
        queue_text_add(&l->text, &m, &l->out);
    queue_message_done(&m);
}

static int add_some(struct list *l, struct queue_walk *walk, size_t most, struct err *e)
{
    struct queue_id id;
    enum folder folder;
    int done = 0;
    for (size_t i = 0; i < most && done == 0 && queue_walk_next(walk, &id, &folder); i++) {
        add(l, &id, folder);
        done = flush(l, PIECE, e);
    }
    return done;
}

/* ---- in two processes ---- */

/* A long list is made of system calls, file after file. Where there is a second processor, a child
 * lists the second half meanwhile, into memory: first its sums, then the text. */
struct helper {
    pid_t pid; /* 0: there is none */
    int fd;
};

static int put_into_memory(void *context, struct span octets, struct err *e)
{
    const int *fd = context;
    return io_write(*fd, octets.at, octets.len) < 0 ? err_set(e, ERR_CREATE, "no room") : 0;
}

static int list_second_half(const struct list *first, struct queue_walk *walk, size_t half, int fd)
{
    ERR e = { 0 };
    struct queue_listing how = *first->how;
    struct list l = { .queue = first->queue, .how = &how, .text = { .headless = true } };
    struct queue_id id;
    enum folder folder;
    how.put = put_into_memory;
    how.context = &fd;
    for (size_t i = 0; i < half && queue_walk_next(walk, &id, &folder); i++)
        continue;
    if (io_write(fd, &l.text, sizeof l.text) < 0 || add_some(&l, walk, SIZE_MAX, &e) < 0 ||
        flush(&l, 1, &e) < 0)
        return -1;
    return pwrite(fd, &l.text, sizeof l.text, 0) == sizeof l.text ? 0 : -1;
}

static bool has_two_processors(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 1;
}

static struct helper helper_start(const struct list *l, struct queue_walk *walk, size_t half)
{
    struct helper h = { .fd = memfd_create("list", MFD_CLOEXEC) };
    h.pid = h.fd < 0 ? -1 : fork();
    if (h.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(list_second_half(l, walk, half, h.fd) < 0);
    }
    return h;
}

/* Gives away what it has listed. 1; 0 when it could not; -1 when that is not taken. */
static int take_memory(struct list *l, int fd, struct err *e)
{
    off_t size = lseek(fd, 0, SEEK_END);
    void *at = size < (off_t)sizeof l->text
                   ? MAP_FAILED
                   : mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        return 0;
    struct span text = span_from((struct span){ at, (size_t)size }, sizeof l->text);
    queue_text_join(&l->text, at, &l->out);
    int done = flush(l, 1, e);
    if (done == 0 && text.len)
        done = l->how->put(l->how->context, text, e);
    munmap(at, (size_t)size);
    return done < 0 ? -1 : 1;
}

/* The same; `wanted` is false when there is nobody any more to list for. */
static int helper_end(struct helper *h, struct list *l, bool wanted, struct err *e)
{
    int status = -1, done = 0;
    if (h->pid > 0) {
        if (!wanted)
            kill(h->pid, SIGKILL);
        while (waitpid(h->pid, &status, 0) < 0 && errno == EINTR)
            continue;
    }
    if (wanted && status == 0)
        done = take_memory(l, h->fd, e);
    io_close(&h->fd);
    return done;
}

static int add_in_two(struct list *l, struct queue_walk *walk, size_t half, struct err *e)
{
    struct helper h = helper_start(l, walk, half);
    int done = h.pid < 0 ? 0 : add_some(l, walk, half, e);
    int helped = helper_end(&h, l, done == 0, e);
    if (done < 0 || helped < 0)
        return -1;
    return helped ? 0 : add_some(l, walk, SIZE_MAX, e);
}

static int add_all(struct list *l, struct err *e)
{
    struct queue_walk walk = { 0 };
    if (l->queue->exists && queue_walk_start(&l->queue->spool, ~0U, &walk, e) < 0)
        return -1;
    size_t n = queue_walk_left(&walk);
    int done = l->how->in_two && n >= HELPED && has_two_processors()
                   ? add_in_two(l, &walk, n / 2, e)
                   : add_some(l, &walk, SIZE_MAX, e);
    queue_walk_done(&walk);
    return done;
}

int queue_list_to(struct queue *q, const struct queue_listing *how, struct err *e)
{
    struct list l = { .queue = q, .how = how };
    int done = queue_read_standings(q, e);
    if (done == 0)
        done = add_all(&l, e);
    if (done == 0 && !how->json)
        queue_text_end(&l.text, &l.out);
    if (done == 0)
        done = flush(&l, 1, e);
    buf_done(&l.out);
    return done;
}

static int put_out(void *context, struct span octets, struct err *e)
{
    (void)context;
    return say_out(octets, e);
}

int queue_list(struct queue *q, struct err *e)
{
    struct queue_listing all = {
        .json = q->options->json, .all = true, .in_two = true, .put = put_out
    };
    const char *service = queue_service(q);
    if (service)
        return service_list(service, all.json, e);
    return queue_list_to(q, &all, e);
}
