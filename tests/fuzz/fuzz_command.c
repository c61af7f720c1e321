/* Commands: whatever the arguments, one line with one CRLF at its end, and nothing on refusal. */
#include "smtp/command.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int done, const struct buf *line)
{
    const char *text = buf_string(line);
    if (done < 0) {
        if (line->len)
            abort();
        return;
    }
    if (line->len < 2 || strcmp(text + line->len - 2, "\r\n") != 0)
        abort();
    if (strcspn(text, "\r\n") != line->len - 2 || strlen(text) != line->len)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = mem_copy((const char *)data, size);
    struct mail_params params = { .size = true, .envid = text, .ret = DSN_RETURN_FULL };
    ERR e = { 0 };
    BUF mail = { 0 };
    BUF rcpt = { 0 };
    BUF hello = { 0 };
    check(command_mail(&mail, text, &params, &e), &mail);
    check(command_rcpt(&rcpt, text, size & 15, &e), &rcpt);
    check(command_hello(&hello, "EHLO", text, &e), &hello);
    free(text);
    return 0;
}
