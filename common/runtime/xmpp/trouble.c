#include "common/runtime/xmpp/trouble.h"
#include <stdlib.h>
#include <string.h>

/* The reasons are OpenSSL's X509_verify_cert_error_string texts. */
static const struct certificate_row {
    const char *reason, *words;
} certificate_rows[] = {
    { "expired", "it has expired; renew it (broker.sh rotate-cert), or set this machine's clock right" },
    { "not yet valid", "it is not valid yet; this machine's clock is probably wrong" },
    { "ostname mismatch", "it was made for another name" },
    { "IP address mismatch", "it was made for another address" },
    { "self-signed", "it is signed by an unknown authority" },
    { "self signed", "it is signed by an unknown authority" },
    { "local issuer", "it is signed by an unknown authority" },
    { "verify the first", "it is signed by an unknown authority" },
    { "signature failure", "its signature does not hold: an authority of the same name, but another key" },
    { "revoked", "it was revoked" },
};

struct trouble trouble_of_certificate(const char *reason, const char *domain, const char *ca_file)
{
    struct trouble t = { .code = ERR_TLS };
    const char *words = "it does not hold";
    for (size_t i = 0; i < sizeof certificate_rows / sizeof *certificate_rows; i++)
        if (strstr(reason, certificate_rows[i].reason)) {
            words = certificate_rows[i].words;
            break;
        }
    (void)why_say(&t.why, ERR_TLS, "the certificate of %s was refused: %s (%s; authorities: %s)", domain, words, reason,
                  ca_file ? ca_file : "the system's");
    return t;
}

/* A broker that is being mended does not serve our domain, or cannot look at passwords, for a while (RFC 6120, sections
 * 4.9.3.6 and 6.5.10): that refuses no account. */
static const struct log_row {
    const char *line;
    enum err code;
    const char *words; /* %s is the JID */
    bool refused;
} log_rows[] = {
    { "TLS is not supported", ERR_TLS, "the broker offers no TLS, and %s does not log in without" },
    { "Couldn't start TLS", ERR_TLS,
      "the TLS handshake of %s was broken off; if the broker did so, its certificate may be for another name" },
    { "not-authorized", ERR_AUTH, "the broker refused the password of %s, or does not know the account", true },
    { "account-disabled", ERR_AUTH, "the account %s is disabled", true },
    { "temporary-auth-failure", ERR_AUTH, "the broker cannot look at the password of %s just now" },
    { "auth failed", ERR_AUTH, "the broker refused the password of %s, or does not know the account", true },
    { "Cannot authenticate with known methods", ERR_AUTH, "the broker offers %s no way to log in that we know" },
    { "Connection attempt timed out", ERR_TIMEOUT, "the broker does not take up the connection of %s" },
    { "host-unknown", ERR_AUTH, "the broker does not serve the domain of %s" },
};

/* "connection failed, error 111": the number the connection handler is not told. */
static int number_in(const char *line)
{
    const char *text = "connection failed, error ";
    const char *at = strstr(line, text);
    return at ? (int)strtol(at + strlen(text), NULL, 10) : 0;
}

struct trouble trouble_of_log(const char *line, const char *jid, const char *host, unsigned port)
{
    struct trouble t = { .code = OK };
    if (number_in(line)) return trouble_of_socket(number_in(line), host, port);
    for (size_t i = 0; i < sizeof log_rows / sizeof *log_rows; i++) {
        const char *at = strstr(line, log_rows[i].line);
        if (!at) continue;
        const char *name = strstr(log_rows[i].words, "%s");
        t.code = log_rows[i].code;
        t.refused = log_rows[i].refused;
        (void)why_say(&t.why, t.code, "%.*s%s%s", (int)(name - log_rows[i].words), log_rows[i].words, jid, name + 2);
        break;
    }
    return t;
}

struct trouble trouble_of_socket(int number, const char *host, unsigned port)
{
    struct trouble t = { .code = ERR_NETWORK };
    if (number >= 100 && number < 200)
        (void)why_say(&t.why, t.code, "%s port %u: %s", host, port, strerror(number));
    else
        (void)why_say(&t.why, t.code, "%s port %u: the broker closed the connection", host, port);
    return t;
}
