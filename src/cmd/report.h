/* What became of a submission, for people: lines on stderr. */
#ifndef CMD_REPORT_H
#define CMD_REPORT_H

#include "queue/outcome.h"

/* Nothing after a success, and what is queued is one; `verbose` says that too. The last line says
 * what was kept. */
void report_outcome(const struct outcome *o, bool verbose);

#endif
