/*
 * curl_door -- libcurl, loaded when the first file is sent or fetched.
 *
 * It brings some thirty libraries (Kerberos, LDAP, GnuTLS) that a hospital
 * whose models pass as messages never needs: 4 MB of each agent.
 */
#pragma once
#include "common/base/err.h"
#include <curl/curl.h>

/* The same names and types as curl's functions. */
#define CURL_DOOR(X)                                                                                                   \
    X(global_init)                                                                                                     \
    X(global_cleanup)                                                                                                  \
    X(easy_init)                                                                                                       \
    X(easy_setopt)                                                                                                     \
    X(easy_getinfo)                                                                                                    \
    X(easy_cleanup)                                                                                                    \
    X(slist_append)                                                                                                    \
    X(slist_free_all)                                                                                                  \
    X(multi_init)                                                                                                      \
    X(multi_setopt)                                                                                                    \
    X(multi_add_handle)                                                                                                \
    X(multi_remove_handle)                                                                                             \
    X(multi_info_read)                                                                                                 \
    X(multi_socket_action)                                                                                             \
    X(multi_assign)                                                                                                    \
    X(multi_cleanup)

struct curl_door {
    void *library;
#define CURL_DOOR_FIELD(name) __typeof__(curl_##name) *name;
    CURL_DOOR(CURL_DOOR_FIELD)
#undef CURL_DOOR_FIELD
};

/* Initialised; opened as often as wanted.  file: CURL_DOOR_FILE.  ERR_LIBRARY when this machine has no such;
 * ERR_MEMORY. */
#define CURL_DOOR_FILE "libcurl.so.4"
enum err curl_door_open(const char *file, struct curl_door *out) MUST_USE;
void curl_door_close(struct curl_door *d); /* what was never opened is fine */
