#include "smtp/stage.h"

static const char *const names[] = {
    [STAGE_NONE] = "",
    [STAGE_SECRET] = "password",
    [STAGE_LOOKUP] = "lookup",
    [STAGE_CONNECT] = "connect",
    [STAGE_GREETING] = "greeting",
    [STAGE_EHLO] = "EHLO",
    [STAGE_STARTTLS] = "STARTTLS",
    [STAGE_TLS] = "TLS",
    [STAGE_AUTH] = "AUTH",
    [STAGE_MAIL] = "MAIL",
    [STAGE_RCPT] = "RCPT",
    [STAGE_DATA] = "DATA",
    [STAGE_BODY] = "message",
    [STAGE_END] = "end of data",
    [STAGE_QUIT] = "QUIT",
};

const char *stage_name(enum stage stage)
{
    return names[stage];
}
