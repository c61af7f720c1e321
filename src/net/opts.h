/* What an account says about the way to the server. Strings belong to the config's arena. */
#ifndef NET_OPTS_H
#define NET_OPTS_H

#include "base/arena.h"

enum tls_mode { TLS_MODE_UNSET, TLS_MODE_IMPLICIT, TLS_MODE_STARTTLS, TLS_MODE_OFF };
enum tls_version { TLS_VERSION_1_0 = 10, TLS_VERSION_1_1, TLS_VERSION_1_2, TLS_VERSION_1_3 };
enum ip_family { IP_ANY, IP_4, IP_6 };
enum tls_verify { TLS_VERIFY_YES, TLS_VERIFY_INSECURE };

struct net_opts {
    struct strlist host; /* each as net/target.h reads it */
    int port;            /* 0: by the TLS mode */
    enum tls_mode tls;
    enum ip_family ip;
    const char *source_ip;
    const char *proxy;          /* see net/proxy.h; its password is a secret */
    int64_t timeout_ms;         /* whole delivery; until the end of data unless explicit */
    bool timeout_explicit;      /* absolute in every phase */
    int64_t connect_timeout_ms; /* lookup, TCP and greeting of one host */
    int64_t command_timeout_ms; /* each reply */
    const char *tls_ca_file;
    const char *tls_crl_file;
    const char *tls_name;
    struct strlist tls_pin;         /* of public keys, as net/fingerprint.h reads them */
    struct strlist tls_fingerprint; /* of certificates or keys, likewise */
    const char *tls_cert;
    const char *tls_key;
    enum tls_version tls_min;
    const char *tls_priority;
    enum tls_verify tls_verify;
};

#endif
