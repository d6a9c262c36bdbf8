/*
 * place -- where a measurement happens: a temporary folder with a private
 * broker as shipped, any number of accounts and the members' keys.
 *
 * Accounts are made once and copied, so all have the same secret: making ten
 * thousand is a matter of a second.
 */
#pragma once
#include "common/crypto/identity.h"
#include "common/runtime/roster.h"
#include "tests/bench/report.h"

#define PLACE_DOMAIN "bench.local"
#define PLACE_OPERATOR "operator@" PLACE_DOMAIN
enum { PLACE_PATH_BYTES = 256, PLACE_SECRET_BYTES = 128 };

struct place {
    char dir[PLACE_PATH_BYTES];
    char ca[PLACE_PATH_BYTES + 32];
    char secret[PLACE_SECRET_BYTES]; /* of every account */
    unsigned port;
    int broker; /* its process */
    int owner;  /* a lock on the folder: the next measurement removes those of whom nobody lives */
};

/* Folder, configuration, authority; nothing runs yet. */
void place_make(struct place *p);
/* "<prefix>0" ... "<prefix><n - 1>"; before place_start. */
void place_accounts(const struct place *p, const char *prefix, size_t n);
/* Files are kept by nginx, not by Prosody; before place_start. */
void place_external_upload(const struct place *p);
void place_start(struct place *p);
void place_end(struct place *p); /* stops the broker and removes the folder */
/* Runs the words of a format in a shell; dies when they fail. */
void place_shell(const char *format, ...) PRINTF(1, 2);

void place_jid(const char *prefix, size_t i, char out[ROSTER_JID_BYTES]);
void place_identity(size_t i, struct identity *out); /* of anybody's i-th member; 0 is the coordinator's */
/* The coordinator is "<prefix>c0", trainers are "<prefix>0" and up; and an operator. */
struct roster *place_roster(const char *prefix, size_t trainers);

/* As many file descriptors as the system gives, and stores out of the low ones, which libstrophe's select() needs. */
void place_raise_limits(void);
struct place_low {
    int held[1024];
    size_t n;
};
void place_take_low(struct place_low *low); /* until place_give_low new descriptors are high */
void place_give_low(struct place_low *low);

/* Of a process, from the kernel. */
struct place_usage {
    double cpu_s;
    double rss_mb;
};
struct place_usage place_usage(int pid);
