#include "queue_sample.h"

#include <string.h>

void queue_sample_init(struct queue_sample *s)
{
    *s = (struct queue_sample){
        .rcpts = { { .wire = "bob@example.net" }, { .wire = "ann@example.net" } },
        .marks = "..",
        .entry = { .created_us = 1795328248000000,
                   .route = { .account = "gmail" },
                   .envelope = { .sender = "me@example.org", .n_rcpts = 2 },
                   .message_id = "<1@example.org>",
                   .header_size = 1000,
                   .body_size = 2000,
                   .state = { .n = 2 } },
        .message = { .id = { "660D76FE8B000ABCDEF" }, .folder = FOLDER_NEW },
    };
    s->entry.id = s->message.id;
    s->entry.envelope.rcpts = s->rcpts;
    s->entry.state.marks = s->marks;
    s->message.entry = &s->entry;
    s->message.replies = s->replies;
}
