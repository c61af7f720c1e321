/* The machine's list of names: what is found is an address that stands in it, of the family that
 * was asked for, and is not found any more when the same line stands there twice. */
#include "net/hosts_file.h"

#include "fuzz.h"

#include <arpa/inet.h>
#include <string.h>

static const char name[] = "a.example";

static void check_family(struct span list, enum ip_family family)
{
    BUF found = { 0 }, again = { 0 }, twice = { 0 };
    struct in6_addr octets;
    if (!hosts_file_look(list, name, family, &found)) {
        FUZZ_CHECK(!found.len);
        return;
    }
    const char *text = buf_string(&found);
    bool four = inet_pton(AF_INET, text, &octets) == 1;
    FUZZ_CHECK(four || inet_pton(AF_INET6, text, &octets) == 1);
    FUZZ_CHECK(family == IP_ANY || four == (family == IP_4));
    FUZZ_CHECK(memmem(list.at, list.len, found.at, strlen(text)));
    buf_add_span(&twice, list);
    buf_addf(&twice, "\n%s %s\n", text, name);
    FUZZ_CHECK(!hosts_file_look(buf_span(&twice), name, family, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = { (const char *)data, size };
    hosts_file_is_first(in);
    check_family(in, IP_ANY);
    check_family(in, IP_4);
    check_family(in, IP_6);
    return 0;
}
