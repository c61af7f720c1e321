/* The tasks, each from options to exit status. */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "cmd/options.h"

int cmd_send(const struct options *o);
int cmd_check(const struct options *o);
int cmd_test(const struct options *o);
int cmd_help(const struct options *o);
int cmd_version(const struct options *o);
int cmd_aliases(const struct options *o);
int cmd_smtp(const struct options *o);
int cmd_verify(const struct options *o);
int cmd_serve(const struct options *o);
int cmd_queue(const struct options *o); /* and two of its commands: */
int cmd_queue_run(const struct options *o);
int cmd_queue_check(const struct options *o);

#endif
