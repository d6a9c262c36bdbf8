/* The way to the broker, step by step: name, port, first words, TLS and login. */
#include "cli/doctor.h"
#include "cli/doctor_wire.h"
#include "cli/supervisor.h"
#include "common/base/clock.h"
#include "common/base/secret.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PASSWORD_MAX_BYTES = 1024, CONNECT_MS = 10000 };

void doctor_host(struct patient *p, struct finding *f)
{
    struct why why = { "" };
    enum err e = wire_resolve(p->host, &why);
    if (e == OK)
        doctor_fine(f, "%s is known", p->host);
    else
        doctor_wrong(f, e, &why, "correct broker_host, or this machine's DNS");
}

void doctor_port(struct patient *p, struct finding *f)
{
    struct why why = { "" };
    enum err e = wire_connect(p->host, (unsigned)p->port, &p->socket, &why);
    bool down = p->at_home && supervisor_pid(&p->home) == 0;
    if (e == OK)
        doctor_fine(f, "%s port %u is open", p->host, (unsigned)p->port);
    else if (e == ERR_TIMEOUT)
        doctor_wrong(f, e, &why, "a firewall on the way swallows it: have it opened, or correct broker_host");
    else
        doctor_wrong(f, e, &why,
                     down ? "the federation is not running: `himas up`"
                          : "start the broker, or correct broker_host and broker_port");
}

void doctor_greeting(struct patient *p, struct finding *f)
{
    CLEANUP(buf_free) struct buf heard = buf_make(WIRE_MAX_BYTES);
    struct why why = { "" };
    enum wire_end end = WIRE_LATE;
    enum err e = wire_greet(p->socket, p->domain, &heard, &end);
    (void)close(p->socket);
    p->socket = -1;
    if (e == ERR_MEMORY) {
        doctor_wrong(f, e, NULL, NULL);
        return;
    }
    const struct wire_verdict *v = wire_judge(buf_str(&heard), end);
    (void)why_say(&why, v->code, "%s port %u: %s", p->host, (unsigned)p->port, v->words);
    if (v->code == OK)
        doctor_fine(f, "%s", v->words);
    else
        doctor_wrong(f, v->code, &why, v->remedy);
}

/* ---- login ---- */

/* By the words of trouble.h.  %s is this machine's time. */
static const struct {
    const char *words, *remedy;
} remedies[] = {
    { "has expired", "make a new certificate (broker.sh rotate-cert DIR), if %s is the right time" },
    { "not valid yet", "is %s the right time? else set the clock, best by NTP; if it is, make a new certificate" },
    { "another name", "make a certificate that names the domain of jid (broker.sh rotate-cert DIR), or correct jid" },
    { "another address",
      "make a certificate that names the domain of jid (broker.sh rotate-cert DIR), or correct jid" },
    { "unknown authority", "set ca_file to the certificate of the authority that the broker's keeper uses" },
    { "another key", "set ca_file to the certificate of the authority that the broker's keeper uses now" },
    { "is disabled", "ask the broker's keeper to enable the account" },
    { "no way to log in", "the broker must offer SCRAM" },
};

static void login_failed(enum err e, const struct why *why, struct finding *f)
{
    char remedy[DOCTOR_REMEDY_BYTES] = "";
    char now[CLOCK_STAMP_BYTES];
    for (size_t i = 0; i < sizeof remedies / sizeof *remedies && !*remedy; i++) {
        if (!strstr(why->text, remedies[i].words)) continue;
        const char *hole = strstr(remedies[i].remedy, "%s");
        size_t before = hole ? (size_t)(hole - remedies[i].remedy) : strlen(remedies[i].remedy);
        (void)snprintf(remedy, sizeof remedy, "%.*s%s%s", (int)before, remedies[i].remedy,
                       hole ? clock_stamp(clock_wall_ms(), now) : "", hole ? hole + 2 : "");
    }
    doctor_wrong(f, e, why, *remedy ? remedy : NULL);
}

/* As Prosody names its files: what is no letter or digit is %xx. */
static void encode(struct str text, char *out, size_t size)
{
    size_t n = 0;
    out[0] = '\0';
    for (size_t i = 0; i < text.n && n + 4 < size; i++)
        n += (size_t)snprintf(out + n, size - n, isalnum((unsigned char)text.p[i]) ? "%c" : "%%%02x",
                              (unsigned char)text.p[i]);
}

/* A broker tells nobody whether an account exists; but where Prosody keeps them in a folder of ours it can be seen. */
struct sight {
    bool seen;
    bool there;
};

static struct sight see_account(const struct patient *p)
{
    char domain[ROSTER_JID_BYTES], local[ROSTER_JID_BYTES];
    struct str rest = str_of(p->jid);
    encode(str_next(&rest, '@'), local, sizeof local);
    encode(rest, domain, sizeof domain);
    return (struct sight){
        .seen = p->at_home && access(home_at(&p->home, "broker/data/%s/accounts", domain).text, X_OK) == 0,
        .there = access(home_at(&p->home, "broker/data/%s/accounts/%s.dat", domain, local).text, F_OK) == 0,
    };
}

static void refused(const struct patient *p, struct why *why, struct finding *f)
{
    struct sight account = see_account(p);
    bool here = account.seen && account.there;
    if (account.seen && !account.there) {
        (void)why_say(why, ERR_AUTH, "the broker has no account %s", p->jid);
        doctor_wrong(f, ERR_AUTH, why, "`himas up` makes it; elsewhere: broker.sh account DIR JID");
        return;
    }
    if (here) (void)why_say(why, ERR_AUTH, "the broker refused the password of %s", p->jid);
    doctor_wrong(f, ERR_AUTH, why,
                 here ? "password_file is not the account's: broker.sh account DIR JID sets it again"
                      : "ask the broker's keeper whether the account is there, and for its password");
}

void doctor_login(struct patient *p, struct finding *f)
{
    CLEANUP(secret_buf_free) struct buf password = buf_make(PASSWORD_MAX_BYTES);
    struct why why = { "" };
    enum err e = secret_read_file(p->password_file, PASSWORD_MAX_BYTES, &password, &why);
    const struct xmpp_config config = { .jid = p->jid,
                                        .password = (const char *)password.p,
                                        .host = p->host,
                                        .port = (uint16_t)p->port,
                                        .ca_file = p->ca_file,
                                        .connect_ms = CONNECT_MS };
    if (e == OK) e = client_open(&config, &p->client, &why);
    if (e == OK)
        doctor_fine(f, "TLS and account hold");
    else if (e == ERR_AUTH && strstr(why.text, "password"))
        refused(p, &why, f);
    else
        login_failed(e, &why, f);
}
