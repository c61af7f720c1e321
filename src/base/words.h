/* Splits a command into words as sh(1) does, without running anything: blanks separate; single
 * quotes keep all; double quotes keep all but \" \\ \$ \`; a backslash outside quotes keeps the
 * next character. Nothing is expanded but "~/" at the front of a word, which becomes `home`. */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include "base/arena.h"
#include "base/err.h"

/* Fills `ret` with at least one word, or -1 with ERR_CONFIG (unclosed quote, empty, "~/" without a
 * home). `home` may be NULL. */
int words_split(struct arena *a, struct span command, const char *home, struct strlist *ret,
                struct err *e) MUST_USE;

#endif
