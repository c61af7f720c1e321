/* The log: syslog and a file, either or both; one of the few mutable globals (HACKING.md).
 *
 * A record is one line, already formatted. A log that cannot be written never changes a verdict:
 * the first failure is kept for log_problem(). Never hand it a secret or a body. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"
#include "base/span.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO };

/* Nothing is opened before the first record. `facility` as in syslog.conf ("mail", "user",
 * "local0"…) or NULL for no syslog; `file` an absolute path or NULL. The strings must live on. */
void log_setup(const char *name, const char *facility, const char *file);

/* Is `facility` known, "off" included? */
bool log_facility_is_known(const char *facility);

/* Control characters in `line` are made visible. The file is a regular file, a fifo, or a character
 * device, no symbolic link (but "/dev/stdout" and "/dev/stderr"); it is created 0600, and each
 * record is appended with one write, so that it needs no lock. */
void log_write(enum log_level level, struct span line);

/* What kept the file from being written, or NULL; told in syslog too, once. */
const char *log_problem(void);

/* Has the last record come to where `fd` leads too? That is so where systemd has connected it with
 * the journal, and the log daemon has taken the record: whoever says the same there says it twice.
 */
bool log_was_heard_at(int fd);

/* Opens the file as a record would, and writes nothing. */
void log_probe(void);

void log_done(void);

#endif
