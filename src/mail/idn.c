#include "mail/idn.h"

#include <idn2.h>

int idn_add_ascii(struct buf *to, const char *domain, struct err *e)
{
    uint8_t *ascii = NULL;
    int rc = idn2_lookup_u8((const uint8_t *)domain, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
    if (rc != IDN2_OK)
        return err_set(e, ERR_DATA, "the domain is no valid name: %s", idn2_strerror(rc));
    buf_add_string(to, (const char *)ascii);
    idn2_free(ascii);
    return 0;
}
