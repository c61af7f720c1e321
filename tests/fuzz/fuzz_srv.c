/* The reader of SRV answers: every record has a host name that could be one, and the order loses
 * none and keeps priorities apart. */
#include "net/srv.h"

#include "fuzz.h"

#include <string.h>

static void check_record(const struct srv_record *r)
{
    size_t len = strlen(r->host);
    FUZZ_CHECK(len <= 253);
    FUZZ_CHECK(!len || r->port);
    for (const char *c = r->host; *c; c++)
        FUZZ_CHECK((ascii_is_host(*c) || *c == '.') && *c == ascii_lower(*c));
    FUZZ_CHECK(r->host[0] != '.' && (!len || r->host[len - 1] != '.') && !strstr(r->host, ".."));
}

static uint64_t sum(const struct srv_records *records)
{
    uint64_t all = 0;
    for (size_t i = 0; i < records->n; i++)
        all += records->items[i].priority + records->items[i].weight + records->items[i].port +
               (uintptr_t)records->items[i].host;
    return all;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA a = { 0 };
    ERR e = { 0 };
    struct srv_records records = { 0 };
    int done = srv_parse(&a, (struct span){ (const char *)data, size }, true, &records, &e);
    FUZZ_CHECK((done < 0) == (e.kind == ERR_LOOKUP));
    FUZZ_CHECK(records.n <= 64);
    for (size_t i = 0; i < records.n; i++) {
        check_record(&records.items[i]);
        records.items[i].implicit = i % 2;
    }
    uint64_t before = sum(&records);
    srv_sort(&records, size);
    FUZZ_CHECK(sum(&records) == before);
    for (size_t i = 1; i < records.n; i++)
        FUZZ_CHECK(records.items[i - 1].priority <= records.items[i].priority);
    return 0;
}
