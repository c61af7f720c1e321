#include "base/percent.h"

int percent_decode(struct span text, struct buf *to)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != '%') {
            buf_add_char(to, text.at[i]);
            continue;
        }
        int high = i + 2 < text.len ? ascii_hex(text.at[i + 1]) : -1;
        int low = i + 2 < text.len ? ascii_hex(text.at[i + 2]) : -1;
        if (high < 0 || low < 0)
            return -1;
        buf_add_char(to, (char)(high * 16 + low));
        i += 2;
    }
    return 0;
}
