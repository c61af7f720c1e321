#include "cmd/queue_walk.h"

#include <string.h>

enum { AT_FAILED = FOLDERS_KEPT - 1 };

int queue_walk_start(const struct spool *s, unsigned folders, struct queue_walk *ret, struct err *e)
{
    struct queue_walk w = { 0 };
    for (size_t i = 0; i < FOLDERS_KEPT; i++) {
        if (!(folders & (1U << folders_kept[i])))
            continue;
        if (spool_scan(s, folders_kept[i], false, &w.lists[i], e) < 0) {
            queue_walk_done(&w);
            return -1;
        }
    }
    *ret = w;
    return 0;
}

static const struct queue_id *head(const struct queue_walk *w, size_t list)
{
    return w->at[list] < w->lists[list].n ? &w->lists[list].items[w->at[list]] : NULL;
}

/* The list whose head is the oldest; failed/ when the others are used up. */
static size_t oldest(const struct queue_walk *w)
{
    size_t best = AT_FAILED;
    for (size_t i = 0; i < AT_FAILED; i++) {
        const struct queue_id *at = head(w, i);
        if (at && (best == AT_FAILED || queue_id_compare(at, head(w, best)) < 0))
            best = i;
    }
    return best;
}

bool queue_walk_next(struct queue_walk *w, struct queue_id *id, enum folder *folder)
{
    size_t from = oldest(w);
    const struct queue_id *at = head(w, from);
    if (!at)
        return false;
    *id = *at;
    /* One that moved while the folders were read stands in two lists: it is in the later one. */
    for (size_t i = 0; i < FOLDERS_KEPT; i++) {
        const struct queue_id *other = head(w, i);
        if (other && queue_id_compare(other, id) == 0) {
            *folder = folders_kept[i];
            w->at[i]++;
        }
    }
    return true;
}

size_t queue_walk_left(const struct queue_walk *w)
{
    size_t n = 0;
    for (size_t i = 0; i < FOLDERS_KEPT; i++)
        n += w->lists[i].n - w->at[i];
    return n;
}

void queue_walk_done(struct queue_walk *w)
{
    for (size_t i = 0; i < FOLDERS_KEPT; i++)
        id_list_done(&w->lists[i]);
    *w = (struct queue_walk){ 0 };
}

static int not_found(struct span word, const char *what, struct err *e)
{
    return err_set(e, ERR_DATA, "%.*s: %s", SPAN_ARGS(word), what);
}

/* By its beginning, `upper`. The number of those that fit, 2 for more. */
static int count_matches(struct queue_walk *w, const char *upper, struct queue_id *id,
                         enum folder *folder)
{
    int found = 0;
    struct queue_id at;
    enum folder in;
    while (found < 2 && queue_walk_next(w, &at, &in)) {
        if (strncmp(at.text, upper, strlen(upper)) != 0)
            continue;
        found++;
        *id = at;
        *folder = in;
    }
    return found;
}

int queue_walk_find(const struct spool *s, struct span word, struct queue_id *id,
                    enum folder *folder, struct err *e)
{
    char upper[QUEUE_ID_SIZE + 1] = { 0 };
    struct queue_walk w = { 0 };
    if (!word.len || word.len > QUEUE_ID_SIZE)
        return not_found(word, "no message's name", e);
    for (size_t i = 0; i < word.len; i++) {
        if (ascii_hex(word.at[i]) < 0)
            return not_found(word, "no message's name", e);
        upper[i] = ascii_upper(word.at[i]);
    }
    if (queue_id_parse(span_of(upper), id) == 0) {
        *folder = spool_find(s, id);
        return *folder == FOLDERS ? not_found(word, "no such message", e) : 0;
    }
    if (queue_walk_start(s, ~0U, &w, e) < 0)
        return -1;
    int found = count_matches(&w, upper, id, folder);
    queue_walk_done(&w);
    if (found == 1)
        return 0;
    return not_found(word,
                     found ? "several messages begin so; write more of it" : "no such message", e);
}
