/*
 * permit -- what the guardian allows: one round of one run, with this model,
 * these hospitals, and at least this noise.
 *
 * The coordinator asks with the first lines; the guardian adds the last four
 * and signs the whole as a note (note.h) with its key.  A trainer looks for
 * itself among the sites.
 *
 *   himas permit v1
 *   kind round
 *   run breast-cancer-1
 *   round 3
 *   task breast-cancer
 *   document <64 hex digits>          the task document's SHA-256
 *   model <64 hex digits>             of the model that goes out
 *   mechanism gaussian                or none, laplace, subsampled-gaussian, distributed
 *   unit site                         or patient: whom the noise hides
 *   clip 1
 *   epsilon 1                         as the task says it; 0 without noise
 *   delta 1.0000000000000001e-05
 *   site a@himas.local records=398 noise=3.73 rate=1 steps=1      by ascending JID
 *   serial 7
 *   issued 1767225600000              ms since 1970
 *   expires 1767229200000
 *   emergency 0                       else the break-glass case that suspended the guardian's veto
 *
 * noise, rate and steps are what one round costs at that hospital, as
 * struct privacy_event has them.  One spelling for one permit.
 */
#pragma once
#include "common/base/arena.h"
#include "common/crypto/note.h"
#include "common/privacy/accountant.h"

enum {
    PERMIT_MAX_BYTES = 40000,
    PERMIT_MAX_SITES = 400,
    PERMIT_NAME_BYTES = 64,
    PERMIT_JID_BYTES = 256,
    PERMIT_DIGEST_BYTES = 65
};

struct permit_site {
    char jid[PERMIT_JID_BYTES];
    uint64_t records; /* it trains on */
    double noise;     /* 0: none */
    double rate;
    uint64_t steps;
};
struct permit {
    char run[PERMIT_NAME_BYTES];
    uint64_t round; /* from 1 */
    char task[PERMIT_NAME_BYTES];
    char document[PERMIT_DIGEST_BYTES];
    char model[PERMIT_DIGEST_BYTES];
    bool noised;                      /* false: mechanism none */
    enum privacy_mechanism mechanism; /* when noised */
    bool patients;                    /* it hides each patient, and not only the hospital as a whole */
    double clip, epsilon, delta;
    const struct permit_site *sites;
    size_t nsites;
    /* what the guardian adds; 0 in what is asked for */
    uint64_t serial; /* from 1 */
    uint64_t issued_ms, expires_ms;
    uint64_t emergency;
};

void permit_print(const struct permit *p, struct buf *out); /* without the last four lines when serial is 0 */
/* ERR_INPUT with a sentence for what permit_print does not print; ERR_LIMIT; ERR_MEMORY.  Sites lie in the arena. */
enum err permit_parse(struct str text, struct arena *arena, struct permit *out, struct why *why) MUST_USE;

const struct permit_site *permit_site(const struct permit *p, struct str jid); /* NULL when it is not in the cohort */
struct privacy_event permit_event(const struct permit *p, const struct permit_site *s); /* what a round costs there */
/* Standard deviation of what the hospital adds to each number; 0: nothing, or a share of a sum. */
double permit_deviation(const struct permit *p, const struct permit_site *s);

/* Appends the note.  The key must be a NOTE_ED25519 of the secret. */
enum err permit_sign(const struct permit *p, const struct note_key *key, const struct sign_key *secret, struct buf *out)
    MUST_USE;
/* The signed permit; ERR_CRYPTO with a sentence unless that key signed it. */
enum err permit_open(struct str note, const struct note_key *guardian, struct arena *arena, struct permit *out,
                     struct why *why) MUST_USE;

/* What a hospital wants of the permit before it trains. */
struct permit_wish {
    const char *jid; /* itself */
    const char *run;
    uint64_t round;
    const char *model; /* SHA-256 of what came */
    uint64_t now_ms;
    double noise_min; /* its own least noise, where there is noise */
};
enum err permit_check(const struct permit *p, const struct permit_wish *wish, struct why *why)
    MUST_USE; /* ERR_REFUSED */
