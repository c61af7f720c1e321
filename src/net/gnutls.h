/* GnuTLS, opened by the runs that speak TLS or compute a digest: reading it in costs more than all
 * that a message for the queue or the service needs. Its functions are called as members of the
 * table: `gnutls.handshake(session)`. */
#ifndef NET_GNUTLS_H
#define NET_GNUTLS_H

#include "base/library.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#define GNUTLS_FUNCTIONS(X)                           \
    X(gnutls_, alert_get)                             \
    X(gnutls_, alert_get_name)                        \
    X(gnutls_, alert_send_appropriate)                \
    X(gnutls_, bye)                                   \
    X(gnutls_, certificate_allocate_credentials)      \
    X(gnutls_, certificate_client_get_request_status) \
    X(gnutls_, certificate_free_credentials)          \
    X(gnutls_, certificate_get_ours)                  \
    X(gnutls_, certificate_get_peers)                 \
    X(gnutls_, certificate_get_x509_crt)              \
    X(gnutls_, certificate_set_pin_function)          \
    X(gnutls_, certificate_set_trust_list)            \
    X(gnutls_, certificate_set_verify_function)       \
    X(gnutls_, certificate_set_x509_crl)              \
    X(gnutls_, certificate_set_x509_key_file)         \
    X(gnutls_, certificate_set_x509_system_trust)     \
    X(gnutls_, certificate_type_get)                  \
    X(gnutls_, certificate_verification_status_print) \
    X(gnutls_, certificate_verify_peers)              \
    X(gnutls_, credentials_set)                       \
    X(gnutls_, deinit)                                \
    X(gnutls_, error_is_fatal)                        \
    X(gnutls_, free)                                  \
    X(gnutls_, global_init)                           \
    X(gnutls_, handshake)                             \
    X(gnutls_, hash_fast)                             \
    X(gnutls_, hmac_fast)                             \
    X(gnutls_, init)                                  \
    X(gnutls_, memcmp)                                \
    X(gnutls_, pbkdf2)                                \
    X(gnutls_, pk_get_name)                           \
    X(gnutls_, priority_set_direct)                   \
    X(gnutls_, protocol_get_name)                     \
    X(gnutls_, protocol_get_version)                  \
    X(gnutls_, record_check_pending)                  \
    X(gnutls_, record_recv)                           \
    X(gnutls_, record_send)                           \
    X(gnutls_, rnd)                                   \
    X(gnutls_, server_name_set)                       \
    X(gnutls_, session_channel_binding)               \
    X(gnutls_, session_get_data2)                     \
    X(gnutls_, session_get_desc)                      \
    X(gnutls_, session_get_flags)                     \
    X(gnutls_, session_get_ptr)                       \
    X(gnutls_, session_is_resumed)                    \
    X(gnutls_, session_set_data)                      \
    X(gnutls_, session_set_ptr)                       \
    X(gnutls_, set_default_priority_append)           \
    X(gnutls_, sign_get_name)                         \
    X(gnutls_, strerror)                              \
    X(gnutls_, transport_set_ptr)                     \
    X(gnutls_, transport_set_pull_function)           \
    X(gnutls_, transport_set_vec_push_function)       \
    X(gnutls_, x509_crl_deinit)                       \
    X(gnutls_, x509_crl_get_next_update)              \
    X(gnutls_, x509_crl_get_raw_issuer_dn)            \
    X(gnutls_, x509_crl_list_import2)                 \
    X(gnutls_, x509_crt_check_issuer)                 \
    X(gnutls_, x509_crt_deinit)                       \
    X(gnutls_, x509_crt_get_activation_time)          \
    X(gnutls_, x509_crt_get_dn3)                      \
    X(gnutls_, x509_crt_get_expiration_time)          \
    X(gnutls_, x509_crt_get_fingerprint)              \
    X(gnutls_, x509_crt_get_issuer_dn3)               \
    X(gnutls_, x509_crt_get_key_id)                   \
    X(gnutls_, x509_crt_get_pk_algorithm)             \
    X(gnutls_, x509_crt_get_raw_dn)                   \
    X(gnutls_, x509_crt_get_raw_issuer_dn)            \
    X(gnutls_, x509_crt_get_signature_algorithm)      \
    X(gnutls_, x509_crt_get_subject_alt_name)         \
    X(gnutls_, x509_crt_import)                       \
    X(gnutls_, x509_crt_init)                         \
    X(gnutls_, x509_trust_list_add_cas)               \
    X(gnutls_, x509_trust_list_init)

struct gnutls {
    GNUTLS_FUNCTIONS(LIBRARY_POINTER)
};

/* Empty before gnutls_open has succeeded. `free` is a variable of the library: (*gnutls.free)(p).
 */
extern struct gnutls gnutls;

/* -1: ERR_LIBRARY, "`whatfor` needs libgnutls …"; ERR_INTERNAL when it cannot be initialized.
 * Before anything else that this floor, or the next, does with TLS, certificates or digests. */
int gnutls_open(const char *whatfor, struct err *e) MUST_USE;

#endif
