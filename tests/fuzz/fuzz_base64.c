/* Base64 is strict: whatever decodes has one encoding, itself; whatever is encoded comes back. */
#include "fuzz.h"

#include "base/base64.h"

static void check_decoding(struct span text)
{
    BUF octets = { 0 };
    BUF again = { 0 };
    if (base64_decode(&octets, text) < 0) {
        FUZZ_CHECK(octets.len == 0);
        return;
    }
    base64_encode(&again, buf_span(&octets));
    FUZZ_CHECK(span_eq(buf_span(&again), text));
}

static void check_round_trip(struct span octets)
{
    BUF text = { 0 };
    BUF again = { .secret = true };
    base64_encode(&text, octets);
    FUZZ_CHECK(text.len == (octets.len + 2) / 3 * 4);
    FUZZ_CHECK(base64_decode(&again, buf_span(&text)) == 0);
    FUZZ_CHECK(span_eq(buf_span(&again), octets));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = { (const char *)data, size };
    check_decoding(input);
    check_round_trip(input);
    return 0;
}
