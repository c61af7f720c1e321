#include "base/idn.h"

#include "base/library.h"
#include "build.h"

#include <idn2.h>
#include <stddef.h>

#define IDN2_FUNCTIONS(X) X(idn2_, lookup_u8) X(idn2_, free) X(idn2_, strerror)

static struct {
    IDN2_FUNCTIONS(LIBRARY_POINTER)
} idn2;

int idn_add_ascii(struct buf *to, const char *domain, struct err *e)
{
    static const char *const names[] = { IDN2_FUNCTIONS(LIBRARY_NAME) NULL };
    const struct library library = { IDN2_SONAME, names };
    uint8_t *ascii = NULL;
    if (library_open(&library, &idn2, "a domain that is not ASCII", e) < 0) {
        err_hint(e, "install libidn2, or write the domain as xn--...");
        return -1;
    }
    int done =
        idn2.lookup_u8((const uint8_t *)domain, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
    if (done != IDN2_OK)
        return err_set(e, ERR_DATA, "the domain is no valid name: %s", idn2.strerror(done));
    buf_add_string(to, (const char *)ascii);
    idn2.free(ascii);
    return 0;
}
