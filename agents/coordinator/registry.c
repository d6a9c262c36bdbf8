#include "agents/coordinator/registry.h"
#include "agents/coordinator/card.h"
#include "agents/coordinator/coordinator.h"
#include "agents/coordinator/journal.h"
#include "agents/coordinator/publish.h"
#include "agents/coordinator/stored.h"
#include "common/base/file.h"
#include "common/crypto/logbook.h"
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { CARD_MAX_BYTES = 4 << 20, EXPORT_MODE = 0644, EXPORT_DIR_MODE = 0755 };

#define VERSION(kind, field) STORED_FIELD(version_row, kind, field)
static const struct stored_field fields[] = {
    VERSION(TEXT, task),
    VERSION(COUNT, version),
    VERSION(COUNT, parent),
    VERSION(TEXT, run),
    VERSION(COUNT, round),
    VERSION(TEXT, outcome),
    VERSION(TEXT, model),
    VERSION(TEXT, digest),
    VERSION(TEXT, sha256),
    VERSION(COUNT, bytes),
    VERSION(COUNT, created_ms),
    VERSION(COUNT, hospitals),
    VERSION(COUNT, records),
    VERSION(REAL, loss),
    VERSION(REAL, auc),
    VERSION(REAL, accuracy),
    VERSION(REAL, brier),
    VERSION(REAL, epsilon),
    { 0 },
};

static char *key_of(char out[STORE_MAX_KEY], const char *kind, const char *task, uint64_t version)
{
    (void)snprintf(out, STORE_MAX_KEY, "%s/%s/%06" PRIu64, kind, task, version);
    return out;
}

static enum err read_version(struct bytes text, struct version_row *out)
{
    struct version_row v = { .loss = NAN, .auc = NAN, .accuracy = NAN, .brier = NAN };
    TRY(stored_read(fields, text, &v, NULL));
    *out = v;
    return OK;
}

/* ---- publishing ---- */

static void describe(const struct run *r, uint64_t round, unsigned outcome, struct version_row *v)
{
    (void)snprintf(v->task, sizeof v->task, "%s", r->task.name);
    (void)snprintf(v->run, sizeof v->run, "%s", r->id);
    (void)snprintf(v->outcome, sizeof v->outcome, "%s", run_state_name(outcome));
    (void)snprintf(v->digest, sizeof v->digest, "%s", r->head.digest);
    model_text(&r->spec, v->model);
    v->round = round;
    v->created_ms = agent_wall_ms(r->home->agent);
}

static enum err measure(struct run *r, struct version_row *v)
{
    CLEANUP(buf_free) struct buf text = buf_make(STORED_MAX_BYTES);
    struct round_row row;
    char tail[32];
    TRY(journal_get(r, "round", journal_round_tail(v->round, tail), &text));
    TRY(journal_read_round(buf_bytes(&text), &row));
    v->hospitals = row.in;
    v->records = row.samples;
    v->loss = row.loss;
    v->auc = row.auc;
    v->accuracy = row.accuracy;
    v->brier = row.brier;
    v->epsilon = row.epsilon;
    return OK;
}

static enum err keep(struct run *r, const struct version_row *v, const char *model_key)
{
    CLEANUP(buf_free) struct buf row = buf_make(STORED_MAX_BYTES);
    CLEANUP(buf_free) struct buf card = buf_make(CARD_MAX_BYTES);
    struct agent *a = r->home->agent;
    char key[STORE_MAX_KEY];
    stored_write(fields, v, &row);
    card_write(r, v, &card);
    TRY(buf_err(&row));
    TRY(buf_err(&card));
    TRY(agent_put(a, key_of(key, "version", v->task, v->version), buf_bytes(&row)));
    TRY(agent_put(a, key_of(key, "card", v->task, v->version), buf_bytes(&card)));
    return agent_link(a, model_key, key_of(key, "weights", v->task, v->version));
}

/* That it is in the guardian's log, where there is one. */
static enum err keep_proof(struct run *r, const struct version_row *v)
{
    char key[STORE_MAX_KEY];
    CLEANUP(buf_free) struct buf proof = buf_make(LOGBOOK_PROOF_MAX_BYTES);
    enum err e = publish_proof(r, &proof);
    if (e != OK) return e == ERR_ABSENT ? OK : e;
    return agent_put(r->home->agent, key_of(key, "proof", v->task, v->version), buf_bytes(&proof));
}

enum err registry_publish(struct run *r, uint64_t round, unsigned outcome, uint64_t *out_version)
{
    char key[STORE_MAX_KEY];
    struct version_row newest = { 0 };
    struct version_row v = { .loss = NAN, .auc = NAN, .accuracy = NAN, .brier = NAN };
    char tail[32];
    enum err e = registry_find(r->home->agent, str_of(r->task.name), 0, &newest);
    if (e != OK && e != ERR_ABSENT) return e;
    journal_key(key, "model", r, journal_round_tail(round, tail));
    v.version = newest.version + 1;
    TRY(agent_size(r->home->agent, key, &v.bytes));
    TRY(agent_digest(r->home->agent, key, v.sha256));
    describe(r, round, outcome, &v);
    TRY(measure(r, &v));
    TRY(keep(r, &v, key));
    TRY(keep_proof(r, &v));
    *out_version = v.version;
    return OK;
}

/* ---- looking ---- */

struct each {
    registry_fn *fn;
    void *to;
};

static enum err each_row(void *to, const char *key, struct bytes value)
{
    const struct each *e = to;
    struct version_row v;
    (void)key;
    TRY(read_version(value, &v));
    return e->fn(e->to, &v);
}

enum err registry_each(struct agent *a, registry_fn *fn, void *to)
{
    return agent_scan(a, "version/", each_row, &(struct each){ fn, to });
}

struct finding {
    uint64_t version;
    bool found;
    struct version_row row;
};

static enum err find_row(void *to, const struct version_row *v)
{
    struct finding *f = to;
    if (f->version != 0 && v->version != f->version) return OK;
    f->row = *v;
    f->found = true;
    return OK;
}

enum err registry_find(struct agent *a, struct str task, uint64_t version, struct version_row *out)
{
    struct finding f = { .version = version };
    char prefix[STORE_MAX_KEY];
    (void)snprintf(prefix, sizeof prefix, "version/" STR_F "/", STR_ARG(task));
    TRY(agent_scan(a, prefix, each_row, &(struct each){ find_row, &f }));
    if (!f.found) return ERR_ABSENT;
    *out = f.row;
    return OK;
}

enum err registry_get(struct agent *a, const struct version_row *v, const char *what, struct buf *out)
{
    char key[STORE_MAX_KEY];
    return agent_get(a, key_of(key, what, v->task, v->version), out);
}

static enum err export_one(struct agent *a, const struct version_row *v, const char *what, const char *path,
                           struct why *why)
{
    CLEANUP(buf_free) struct buf bytes = buf_make(STORE_MAX_VALUE);
    TRY(registry_get(a, v, what, &bytes));
    return file_write(path, buf_bytes(&bytes), EXPORT_MODE, why);
}

enum err registry_export(struct agent *a, const struct version_row *v, const char *directory, struct why *why)
{
    char path[1024];
    if (mkdir(directory, EXPORT_DIR_MODE) != 0 && errno != EEXIST)
        return why_say(why, ERR_IO, "%s: %s", directory, strerror(errno));
    (void)snprintf(path, sizeof path, "%s/%s-%" PRIu64 ".safetensors", directory, v->task, v->version);
    TRY(export_one(a, v, "weights", path, why));
    (void)snprintf(path, sizeof path, "%s/%s-%" PRIu64 ".card.json", directory, v->task, v->version);
    TRY(export_one(a, v, "card", path, why));
    (void)snprintf(path, sizeof path, "%s/%s-%" PRIu64 ".proof", directory, v->task, v->version);
    enum err e = export_one(a, v, "proof", path, why);
    return e == ERR_ABSENT ? OK : e;
}
