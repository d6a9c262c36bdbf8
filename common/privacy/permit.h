/*
 * permit -- what the guardian allows: one round of one run, with this model,
 * these hospitals, and at least this noise; the publication of one model; or
 * one table of counts.
 *
 * The coordinator asks with the first lines; the guardian adds the last six
 * and signs the whole as a note (note.h) with its key.  A trainer looks for
 * itself among the sites.
 *
 *   himas permit v1
 *   kind round                        or publish, query
 *   run breast-cancer-1
 *   round 3
 *   sum 0                             number of the secure sum; 0: an update leaves by itself
 *   rounds 8                          still to come, this one among them
 *   task breast-cancer
 *   purpose research
 *   document <64 hex digits>          the task document's SHA-256
 *   model <64 hex digits>             of the model that goes out; of a query instead:
 *   rows diagnosis                      the columns that are counted by
 *   columns sex                         or nothing
 *   mechanism gaussian                or none, laplace, subsampled-gaussian, distributed
 *   unit site                         or patient: whom the noise hides
 *   clip 1
 *   epsilon 1                         as the task says it; 0 without noise
 *   delta 1.0000000000000001e-05
 *   train sgd rate=0.1 decay=0 proximal=0 batch=32     as the task says it (or adam): an update's norm follows from it
 *   site a@himas.local records=398 noise=3.73 rate=1 steps=1 asked=3.73 data=records      by ascending JID
 *   serial 7
 *   issued 1767225600000              ms since 1970
 *   expires 1767229200000
 *   emergency 0                       else the break-glass case that suspended the guardian's veto
 *   covered 3                         of the rounds still to come, with the noise asked for
 *   lasts 8                           the same with the noise of this permit
 *
 * noise, rate and steps are what one round costs at that hospital, as
 * struct privacy_event has them; data is the name of its data set.  The
 * guardian may raise the noise above what was asked for.  One spelling for one
 * permit.
 */
#pragma once
#include "common/base/arena.h"
#include "common/base/purpose.h"
#include "common/crypto/note.h"
#include "common/privacy/accountant.h"

#define PERMIT_DATA "records" /* the data set of a hospital that does not name it */
enum {
    PERMIT_MAX_BYTES = 56000,
    PERMIT_MAX_SITES = 400,
    PERMIT_NAME_BYTES = 64,
    PERMIT_JID_BYTES = 256,
    PERMIT_DIGEST_BYTES = 65
};

enum permit_kind { PERMIT_ROUND, PERMIT_PUBLISH, PERMIT_QUERY, PERMIT_KINDS };
struct permit_site {
    char jid[PERMIT_JID_BYTES];
    uint64_t records; /* it trains on; 0: not told, as secure sums tell the total alone */
    double noise;     /* to be added, at least; 0: none */
    double rate;
    uint64_t steps;
    double asked;                 /* as the task has it; noise is not below */
    char data[PERMIT_NAME_BYTES]; /* letters, digits and "._-" */
};
struct permit_training {
    bool adam; /* else plain steps */
    double learning_rate, weight_decay, proximal_mu;
    uint64_t batch;
};
struct permit {
    enum permit_kind kind;
    char run[PERMIT_NAME_BYTES];
    uint64_t round; /* from 1 */
    uint64_t sum;
    uint64_t rounds; /* from 1 */
    char task[PERMIT_NAME_BYTES];
    enum purpose purpose;
    char document[PERMIT_DIGEST_BYTES];
    char model[PERMIT_DIGEST_BYTES];                          /* not of a query */
    char rows[PERMIT_NAME_BYTES], columns[PERMIT_NAME_BYTES]; /* of a query; columns may be "" */
    bool noised;                                              /* false: mechanism none */
    enum privacy_mechanism mechanism;                         /* when noised */
    bool patients; /* it hides each patient, and not only the hospital as a whole */
    double clip, epsilon, delta;
    struct permit_training training; /* of a round */
    const struct permit_site *sites;
    size_t nsites;
    /* what the guardian adds; 0 in what is asked for */
    uint64_t serial; /* from 1 */
    uint64_t issued_ms, expires_ms;
    uint64_t emergency;
    uint64_t covered, lasts;
};

const char *permit_kind_name(enum permit_kind k);           /* "round" */
void permit_print(const struct permit *p, struct buf *out); /* without the last six lines when serial is 0 */
/* ERR_INPUT with a sentence for what permit_print does not print; ERR_LIMIT; ERR_MEMORY.  Sites lie in the arena. */
enum err permit_parse(struct str text, struct arena *arena, struct permit *out, struct why *why) MUST_USE;

const struct permit_site *permit_site(const struct permit *p, struct str jid); /* NULL when it is not in the cohort */
struct privacy_event permit_event(const struct permit *p, const struct permit_site *s); /* what a round costs there */
bool permit_name_fine(const char *data);      /* may a data set be called so? */
double permit_asked(const struct permit *p);  /* the most noise that was asked for, of any hospital, ... */
double permit_raised(const struct permit *p); /* ... and the most that is permitted */
/* Standard deviation of what the hospital adds to each number; of a share of a sum that of the sum, in sensitivities;
 * 0: nothing. */
double permit_deviation(const struct permit *p, const struct permit_site *s);

/* Appends the note.  The key must be a NOTE_ED25519 of the secret. */
enum err permit_sign(const struct permit *p, const struct note_key *key, const struct sign_key *secret, struct buf *out)
    MUST_USE;
/* The signed permit; ERR_CRYPTO with a sentence unless that key signed it. */
enum err permit_open(struct str note, const struct note_key *guardian, struct arena *arena, struct permit *out,
                     struct why *why) MUST_USE;

/* What a hospital wants of the permit before it trains. */
struct permit_wish {
    const char *jid;  /* itself */
    const char *data; /* its data set */
    const char *run;
    uint64_t round, sum;
    const char *model; /* SHA-256 of what came; of a query NULL */
    uint64_t now_ms;
    double noise_min; /* its own least noise, where there is noise */
    enum permit_kind kind;
    const char *document;                   /* of a query: the task document's SHA-256 */
    const char *rows, *columns;             /* of a query */
    bool counted;                           /* of a round: the task is one whose numbers of records are told */
    const struct permit_training *training; /* of a round: as the task here says it; NULL: it is not looked at */
};
/* ERR_REFUSED with a sentence; ERR_STATE for another secure sum, of which there may be several a round. */
enum err permit_check(const struct permit *p, const struct permit_wish *wish, struct why *why) MUST_USE;
