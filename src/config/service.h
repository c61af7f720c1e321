/* The account of those who have none: the service of this machine (postbag serve). */
#ifndef CONFIG_SERVICE_H
#define CONFIG_SERVICE_H

#include "config/config.h"

/* Where the service's socket is: $POSTBAG_SOCKET if absolute, else SERVE_SOCKET. */
const char *service_socket(void);

/* An account named "service" if its socket is there, else NULL. It knows no aliases and changes no
 * address: that is the service's matter. */
struct account *service_account(struct config *c);

#endif
