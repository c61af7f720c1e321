/* The netrc reader: one answer for a text, the same for the text with blanks around it; an entry
 * that stands in front of all is found; no message shows anything of the text. */
#include "auth/netrc.h"

#include "fuzz.h"

#include <string.h>

#define ENTRY "machine mail.example login me password sesame\n"

static int find(struct span text, struct buf *found)
{
    ERR e = { 0 };
    int done = netrc_find(text, "mail.example", "me", found, &e);
    FUZZ_CHECK((done < 0) == (e.kind == ERR_CONFIG));
    FUZZ_CHECK(done > 0 || !found->len);
    if (done < 0)
        FUZZ_CHECK(strncmp(e.text, "line ", 5) == 0 && strlen(e.text) < 100);
    return done;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = { (const char *)data, size };
    BUF padded = { 0 }, led = { 0 }, found = { 0 }, found_padded = { 0 }, first = { 0 };
    buf_add_string(&padded, " \n");
    buf_add_span(&padded, text);
    int done = find(text, &found);
    FUZZ_CHECK(find(buf_span(&padded), &found_padded) == done);
    FUZZ_CHECK(span_eq(buf_span(&found), buf_span(&found_padded)));
    buf_add_string(&led, ENTRY "machine other\n");
    buf_add_span(&led, text);
    FUZZ_CHECK(find(buf_span(&led), &first) == 1);
    FUZZ_CHECK(span_is(buf_span(&first), "sesame"));
    return 0;
}
