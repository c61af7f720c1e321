#include "mail/date.h"

static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

void date_add(struct buf *to, time_t when)
{
    struct tm t = { 0 };
    if (!localtime_r(&when, &t))
        t.tm_mday = 1; /* a year that no calendar holds */
    long minutes = t.tm_gmtoff / 60;
    long ahead = minutes < 0 ? -minutes : minutes;
    buf_addf(to, "%s, %d %s %04d %02d:%02d:%02d %c%02ld%02ld", days[t.tm_wday], t.tm_mday,
             months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec,
             minutes < 0 ? '-' : '+', ahead / 60, ahead % 60);
}
