#include "common/runtime/xmpp/trouble.h"
#include <criterion/criterion.h>
#include <string.h>

Test(trouble, certificates)
{
    static const struct {
        const char *reason, *words; /* the reasons as OpenSSL 3 words them */
    } rows[] = {
        { "certificate has expired", "has expired" },
        { "certificate is not yet valid", "clock is probably wrong" },
        { "hostname mismatch", "another name" },
        { "IP address mismatch", "another address" },
        { "self-signed certificate", "unknown authority" },
        { "self-signed certificate in certificate chain", "unknown authority" },
        { "unable to get local issuer certificate", "unknown authority" },
        { "unable to verify the first certificate", "unknown authority" },
        { "certificate signature failure", "another key" },
        { "certificate revoked", "revoked" },
        { "unsuitable certificate purpose", "does not hold" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *reason = rows[i].reason;
        struct trouble t = trouble_of_certificate(reason, "himas.local", "/ca.crt");
        cr_expect_eq(t.code, ERR_TLS);
        cr_expect(strstr(t.why.text, rows[i].words), "%s: %s", reason, t.why.text);
        cr_expect(strstr(t.why.text, "himas.local") && strstr(t.why.text, "/ca.crt") && strstr(t.why.text, reason));
    }
}

Test(trouble, log_lines)
{
    static const struct {
        const char *line;
        enum err code;
        const char *words;
        bool refused;
    } rows[] = {
        { "Couldn't start TLS! error 0 tls_error 5", ERR_TLS, "another name" },
        { "TLS is not supported, but set as mandatory for this connection", ERR_TLS, "offers no TLS" },
        { "RECV: <failure><not-authorized/></failure>", ERR_AUTH, "password of a@b", true },
        { "SASL SCRAM-SHA-256 auth failed", ERR_AUTH, "password of a@b", true },
        { "RECV: <failure><account-disabled/></failure>", ERR_AUTH, "disabled", true },
        { "RECV: <failure><temporary-auth-failure/></failure>", ERR_AUTH, "just now" },
        { "RECV: <stream:error><host-unknown/></stream:error>", ERR_AUTH, "domain of a@b" },
        { "Cannot authenticate with known methods", ERR_AUTH, "a@b" },
        { "connection failed, error 111", ERR_NETWORK, "broker port 5222: Connection refused" },
        { "connection failed, error 113", ERR_NETWORK, "No route to host" },
        { "Connection attempt timed out.", ERR_TIMEOUT, "does not take up" },
        { "RECV: <stream:features/>", OK, "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct trouble t = trouble_of_log(rows[i].line, "a@b", "broker", 5222);
        cr_expect_eq(t.code, rows[i].code, "%s", rows[i].line);
        cr_expect_eq(t.refused, rows[i].refused, "%s", rows[i].line);
        cr_expect(strstr(t.why.text, rows[i].words), "%s: %s", rows[i].line, t.why.text);
    }
}

Test(trouble, sockets)
{
    static const struct {
        int number;
        const char *words;
    } rows[] = { { 0, "closed the connection" }, { 6, "closed the connection" }, { 104, "reset" }, { -1, "closed" } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct trouble t = trouble_of_socket(rows[i].number, "broker", 5222);
        cr_expect(t.code == ERR_NETWORK && strstr(t.why.text, rows[i].words), "%d: %s", rows[i].number, t.why.text);
    }
}
