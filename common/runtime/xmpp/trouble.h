/*
 * trouble -- why a connection failed, in words a person can act on.
 */
#pragma once
#include "common/base/err.h"
#include <stdbool.h>

struct trouble {
    enum err code;
    struct why why;
    bool refused; /* the account was: ends by hand only, so there is no hurry to try again */
};

/* From OpenSSL's reason for refusing the certificate.  ca_file may be NULL, domain is what the certificate must name.
 */
struct trouble trouble_of_certificate(const char *reason, const char *domain, const char *ca_file);
/* From a line of libstrophe's log, the only place it says why a login failed; code is OK when the line says nothing. */
struct trouble trouble_of_log(const char *line, const char *jid, const char *host, unsigned port);
/* From an error number; below 100 it may be one of OpenSSL's: the broker closed without a word. */
struct trouble trouble_of_socket(int number, const char *host, unsigned port);
