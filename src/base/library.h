/* Shared libraries that only some runs need, opened by those at run time: for the others nothing is
 * mapped, relocated or initialized.
 *
 * The functions wanted from one stand in a table, a struct of pointers to them, and are called as
 * its members:
 *
 *     #define FOO_FUNCTIONS(X) X(foo_, begin) X(foo_, end)
 *     struct foo { FOO_FUNCTIONS(LIBRARY_POINTER) };
 *     static const char *const names[] = { FOO_FUNCTIONS(LIBRARY_NAME) NULL };
 */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include "base/err.h"

#define LIBRARY_POINTER(prefix, name) __typeof__(&prefix##name) name;
#define LIBRARY_NAME(prefix, name)    #prefix #name,

struct library {
    const char *soname;
    const char *const *names; /* NULL behind the last */
};

/* Fills the table with the pointers, in the order of the names; they are valid until the process
 * ends. A table that is filled already is left alone. -1: ERR_LIBRARY, "`whatfor` needs
 * LIBRARY, which cannot be opened", also when it lacks one of the functions; the table is zeroed
 * then. */
int library_open(const struct library *library, void *table, const char *whatfor,
                 struct err *e) MUST_USE;

#endif
