#include "queue/id.h"

#include "base/crc.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

enum { ID_RANDOM = QUEUE_ID_SIZE - QUEUE_ID_TIME, NONCE_DIGITS = 32 };

static void put_hex(char *to, size_t digits, uint64_t value)
{
    for (; digits; digits--, value >>= 4)
        to[digits - 1] = "0123456789ABCDEF"[value & 15];
}

int queue_id_new(int64_t created_us, struct queue_id *ret, struct err *e)
{
    uint32_t random = 0;
    ssize_t n;
    do
        n = getrandom(&random, sizeof random, 0);
    while (n < 0 && errno == EINTR);
    if (n != sizeof random)
        return err_system(e, ERR_SYSTEM, errno, "no random numbers");
    *ret = (struct queue_id){ 0 };
    put_hex(ret->text, QUEUE_ID_TIME, created_us < 0 ? 0 : (uint64_t)created_us);
    put_hex(ret->text + QUEUE_ID_TIME, ID_RANDOM, random);
    return 0;
}

struct queue_id queue_id_derive(const struct queue_id *from, struct span why)
{
    struct queue_id id = *from;
    uint32_t sum = crc32c(crc32c(0, from->text, QUEUE_ID_SIZE), why.at, why.len);
    put_hex(id.text + QUEUE_ID_TIME, ID_RANDOM, sum ^ sum >> 24);
    if (queue_id_compare(&id, from) == 0)
        put_hex(id.text + QUEUE_ID_TIME, ID_RANDOM, sum ^ sum >> 24 ^ 1);
    return id;
}

int queue_id_of_nonce(uid_t uid, struct span nonce, int64_t now, struct queue_id *ret)
{
    const int64_t second_us = 1000000, far_us = 600 * second_us;
    uint64_t at = 0;
    for (size_t i = 0; i < QUEUE_ID_TIME && i < nonce.len; i++) {
        char c = nonce.at[i];
        at = at * 16 + (uint64_t)(ascii_is_digit(c) ? c - '0' : c - 'A' + 10);
    }
    int64_t off = (int64_t)at - now * second_us;
    if (nonce.len != NONCE_DIGITS || off < -far_us || off > far_us)
        return -1;
    uint32_t sum = crc32c(crc32c(0, &uid, sizeof uid), nonce.at, nonce.len);
    *ret = (struct queue_id){ 0 };
    put_hex(ret->text, QUEUE_ID_TIME, at);
    put_hex(ret->text + QUEUE_ID_TIME, ID_RANDOM, sum ^ sum >> 24);
    return 0;
}

int queue_nonce_new(int64_t now_us, char *ret, struct err *e)
{
    uint64_t random[2];
    if (getrandom(random, sizeof random, 0) != sizeof random)
        return err_system(e, ERR_SYSTEM, errno, "no random numbers");
    put_hex(ret, QUEUE_ID_TIME, (uint64_t)now_us);
    put_hex(ret + QUEUE_ID_TIME, 16, random[0]);
    put_hex(ret + QUEUE_ID_TIME + 16, NONCE_DIGITS - QUEUE_ID_TIME - 16, random[1]);
    ret[NONCE_DIGITS] = '\0';
    return 0;
}

int queue_id_parse(struct span text, struct queue_id *ret)
{
    if (text.len != QUEUE_ID_SIZE)
        return -1;
    for (size_t i = 0; i < text.len; i++)
        if (!ascii_is_digit(text.at[i]) && (text.at[i] < 'A' || text.at[i] > 'F'))
            return -1;
    *ret = (struct queue_id){ 0 };
    memcpy(ret->text, text.at, text.len);
    return 0;
}

int64_t queue_id_created(const struct queue_id *id)
{
    int64_t us = 0;
    for (size_t i = 0; i < QUEUE_ID_TIME; i++)
        us = us * 16 + ascii_hex(id->text[i]);
    return us / 1000000;
}

int queue_id_compare(const void *a, const void *b)
{
    const struct queue_id *x = a;
    const struct queue_id *y = b;
    return memcmp(x->text, y->text, QUEUE_ID_SIZE);
}
