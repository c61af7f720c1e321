/* What the service tells whoever supervises it; sd_notify(3), without its library. */
#ifndef CMD_SERVE_NOTIFY_H
#define CMD_SERVE_NOTIFY_H

/* `state` as in sd_notify(3), as in "READY=1". Where nobody asked for it ($NOTIFY_SOCKET), or it
 * cannot be told, nothing happens; one who does not read is waited for, but for seconds only. */
void serve_notify(const char *state);

#endif
