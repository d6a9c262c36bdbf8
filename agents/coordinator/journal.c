#include "agents/coordinator/journal.h"
#include "agents/coordinator/coordinator.h"
#include "agents/coordinator/stored.h"
#include "common/base/put.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD(kind, field) STORED_FIELD(run_head, kind, field)
#define SITE(kind, field) STORED_FIELD(site, kind, field)
#define STEP(kind, field) STORED_FIELD(journal_row, kind, field)
#define ROUND(kind, field) STORED_FIELD(round_row, kind, field)
#define UPDATE(kind, field) STORED_FIELD(update_row, kind, field)

static const struct stored_field head_fields[] = {
    HEAD(NUMBER, state),
    HEAD(COUNT, number),
    HEAD(COUNT, phase),
    HEAD(COUNT, round),
    HEAD(COUNT, rounds),
    HEAD(COUNT, quorum),
    HEAD(TEXT, task),
    HEAD(TEXT, digest),
    HEAD(TEXT, started_by),
    HEAD(TEXT, parent),
    HEAD(COUNT, started_ms),
    HEAD(COUNT, entered_ms),
    HEAD(COUNT, round_ms),
    HEAD(COUNT, ended_ms),
    HEAD(COUNT, deadline_ms),
    HEAD(COUNT, journal),
    HEAD(FLAG, pause_wanted),
    HEAD(FLAG, logged),
    HEAD(REAL, best_loss),
    HEAD(COUNT, best_round),
    HEAD(COUNT, stale_rounds),
    HEAD(COUNT, late),
    HEAD(COUNT, refused),
    HEAD(REAL, loss),
    HEAD(REAL, auc),
    HEAD(REAL, accuracy),
    HEAD(TEXT, why),
    HEAD(COUNT, sums),
    HEAD(COUNT, attempts),
    HEAD(COUNT, sum_samples),
    HEAD(REAL, sum_loss),
    HEAD(REAL, sum_sigma),
    HEAD(COUNT, sum_trained),
    HEAD(FLAG, scoring),
    HEAD(COUNT, sum_scored),
    HEAD(REAL, sum_score_loss),
    HEAD(REAL, sum_correct),
    HEAD(COUNT, sum_patients),
    HEAD(REAL, sum_noise),
    HEAD(REAL, mean_norm),
    HEAD(REAL, start_norm),
    HEAD(COUNT, sum_kept),
    { 0 },
};
static const struct stored_field site_fields[] = {
    SITE(TEXT, jid),
    SITE(TEXT, name),
    SITE(NUMBER, membership),
    SITE(COUNT, joined_phase),
    SITE(COUNT, records),
    SITE(COUNT, answer_phase),
    SITE(NUMBER, answer),
    SITE(TEXT, code),
    SITE(TEXT, why),
    SITE(COUNT, update_round),
    SITE(COUNT, counted_round),
    SITE(TEXT, update_sha256),
    SITE(COUNT, samples),
    SITE(COUNT, seconds),
    SITE(COUNT, bytes),
    SITE(REAL, loss),
    SITE(REAL, noise),
    SITE(REAL, epsilon),
    SITE(COUNT, score_round),
    SITE(COUNT, scored),
    SITE(REAL, loss_sum),
    SITE(REAL, brier_sum),
    SITE(REAL, correct),
    SITE(REAL, cost_noise),
    SITE(REAL, cost_rate),
    SITE(REAL, cost_steps),
    SITE(TEXT, data),
    SITE(REAL, norm),
    { 0 },
};
static const struct stored_field step_fields[] = {
    STEP(COUNT, number), STEP(COUNT, wall_ms), STEP(COUNT, round), STEP(TEXT, from),
    STEP(TEXT, event),   STEP(TEXT, site),     STEP(TEXT, to),     { 0 },
};
static const struct stored_field round_fields[] = {
    ROUND(COUNT, round),   ROUND(COUNT, started_ms), ROUND(REAL, seconds), ROUND(COUNT, joined),
    ROUND(COUNT, in),      ROUND(COUNT, samples),    ROUND(COUNT, bytes),  ROUND(COUNT, late),
    ROUND(COUNT, refused), ROUND(REAL, train_loss),  ROUND(REAL, loss),    ROUND(REAL, auc),
    ROUND(REAL, accuracy), ROUND(REAL, brier),       ROUND(REAL, epsilon), { 0 },
};
static const struct stored_field update_fields[] = {
    UPDATE(COUNT, round), UPDATE(COUNT, samples), UPDATE(REAL, weight), UPDATE(TEXT, sha256), { 0 },
};

/* ---- keys ---- */

char *journal_round_tail(uint64_t round, char out[32])
{
    struct put p = put_into(out, 32);
    put_u64(&p, round, 10);
    return out;
}

char *journal_key(char out[STORE_MAX_KEY], const char *kind, const struct run *r, const char *tail)
{
    struct put p = put_into(out, STORE_MAX_KEY);
    put_z(&p, kind);
    put_z(&p, "/");
    put_z(&p, r->id);
    if (tail[0]) put_z(&p, "/");
    put_z(&p, tail);
    return out;
}

enum err journal_put(struct run *r, const char *kind, const char *tail, struct bytes value)
{
    char key[STORE_MAX_KEY];
    return agent_put(r->home->agent, journal_key(key, kind, r, tail), value);
}

enum err journal_get(struct run *r, const char *kind, const char *tail, struct buf *out)
{
    char key[STORE_MAX_KEY];
    return agent_get(r->home->agent, journal_key(key, kind, r, tail), out);
}

enum err journal_drop(struct run *r, const char *kind, const char *tail)
{
    char key[STORE_MAX_KEY];
    return agent_del(r->home->agent, journal_key(key, kind, r, tail));
}

static enum err drop_all(struct run *r, const char *kind, const char *tail)
{
    char prefix[STORE_MAX_KEY];
    char whole[STORE_MAX_KEY + 1];
    (void)snprintf(whole, sizeof whole, "%s/", journal_key(prefix, kind, r, tail));
    return agent_del_prefix(r->home->agent, whole);
}

/* ---- writing ---- */

static enum err put_row(struct run *r, const char *kind, const char *tail, const struct stored_field *fields,
                        const void *from)
{
    CLEANUP(buf_free) struct buf text = buf_make(STORED_MAX_BYTES);
    stored_write(fields, from, &text);
    TRY(buf_err(&text));
    return journal_put(r, kind, tail, buf_bytes(&text));
}

enum err journal_put_head(struct run *r) { return put_row(r, "head", "", head_fields, &r->head); }
enum err journal_put_site(struct run *r, const struct site *s) { return put_row(r, "site", s->jid, site_fields, s); }

enum err journal_put_run(struct run *r)
{
    char count[24];
    (void)snprintf(count, sizeof count, "%" PRIu64, r->home->runs_made);
    TRY(agent_put(r->home->agent, "counter", str_bytes(str_of(count))));
    TRY(journal_put(r, "text", "", buf_bytes(&r->text)));
    for (size_t i = 0; i < r->nsites; i++) TRY(journal_put_site(r, &r->sites[i]));
    return journal_put_head(r);
}

static void copy(char *out, size_t size, const char *text)
{
    struct put p = put_into(out, size);
    put_z(&p, text);
}

enum err journal_add(struct run *r, unsigned from, unsigned event, const struct site *site)
{
    char tail[32];
    struct journal_row row = { .number = ++r->head.journal,
                               .wall_ms = agent_wall_ms(r->home->agent),
                               .round = r->head.round };
    copy(row.from, sizeof row.from, run_state_name(from));
    copy(row.to, sizeof row.to, run_state_name(r->head.state));
    copy(row.event, sizeof row.event, round_event_name(event));
    copy(row.site, sizeof row.site, site ? site->jid : "");
    return put_row(r, "journal", journal_round_tail(row.number, tail), step_fields, &row);
}

enum err journal_put_round(struct run *r, const struct round_row *row)
{
    char tail[32];
    return put_row(r, "round", journal_round_tail(row->round, tail), round_fields, row);
}

enum err journal_put_update(struct run *r, uint64_t merge, const struct site *s, const struct update_row *row,
                            const struct blob *delta)
{
    char tail[STORE_MAX_KEY];
    char key[STORE_MAX_KEY];
    struct put p = put_into(tail, sizeof tail);
    put_u64(&p, merge, 10);
    put_z(&p, "/");
    put_z(&p, s->jid);
    put_z(&p, "/");
    put_u64(&p, row->round, 10);
    TRY(put_row(r, "update", tail, update_fields, row));
    return agent_blob_keep(r->home->agent, journal_key(key, "delta", r, tail), delta);
}

enum err journal_drop_merged(struct run *r)
{
    char tail[32];
    journal_round_tail(r->head.round, tail);
    TRY(drop_all(r, "update", tail));
    return drop_all(r, "delta", tail);
}

enum err journal_forget_work(struct run *r)
{
    static const char *const kinds[] = { "update", "delta", "moments", "scores", "model", "half", "proof", "cosign" };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) TRY(drop_all(r, kinds[i], ""));
    TRY(journal_drop(r, "permit", ""));
    return journal_drop(r, "memory", "");
}

/* ---- reading ---- */

enum err journal_read_head(struct bytes text, struct run_head *out)
{
    struct run_head h = { .best_loss = NAN, .loss = NAN, .auc = NAN, .accuracy = NAN };
    TRY(stored_read(head_fields, text, &h, NULL));
    if (h.state >= RUN_STATES) return ERR_STORE;
    *out = h;
    return OK;
}

enum err journal_read_round(struct bytes text, struct round_row *out)
{
    struct round_row row = { .train_loss = NAN, .loss = NAN, .auc = NAN, .accuracy = NAN, .brier = NAN };
    TRY(stored_read(round_fields, text, &row, NULL));
    *out = row;
    return OK;
}

enum err journal_read_update(struct bytes text, struct update_row *out)
{
    struct update_row row = { 0 };
    TRY(stored_read(update_fields, text, &row, NULL));
    *out = row;
    return OK;
}

enum err journal_read_row(struct bytes text, struct journal_row *out)
{
    struct journal_row row = { 0 };
    TRY(stored_read(step_fields, text, &row, NULL));
    *out = row;
    return OK;
}

static enum err load_site(void *to, const char *key, struct bytes value)
{
    struct run *r = to;
    struct site s = { 0 };
    (void)key;
    TRY(stored_read(site_fields, value, &s, NULL));
    struct site *place = run_add_site(r, s.jid, s.name);
    if (place == NULL) return ERR_MEMORY;
    *place = s;
    return OK;
}

enum err journal_load_sites(struct run *r)
{
    char prefix[STORE_MAX_KEY];
    (void)snprintf(prefix, sizeof prefix, "site/%s/", r->id);
    return agent_scan(r->home->agent, prefix, load_site, r);
}

static enum err load_run(struct coordinator *c, const char *id, const struct run_head *head, struct why *why)
{
    CLEANUP(buf_free) struct buf text = buf_make(TASK_MAX_BYTES);
    char key[STORE_MAX_KEY];
    if (c->nruns == COORDINATOR_MAX_RUNS) return ERR_LIMIT;
    struct run *r = calloc(1, sizeof *r);
    if (r == NULL) return ERR_MEMORY;
    c->runs[c->nruns++] = r;
    r->home = c;
    (void)snprintf(r->id, sizeof r->id, "%s", id);
    TRY(agent_get(c->agent, journal_key(key, "text", r, ""), &text));
    TRY(run_init(r, buf_str(&text), why));
    r->head = *head;
    TRY(journal_load_sites(r));
    run_recount(r);
    return OK;
}

struct loading {
    struct coordinator *home;
    struct why *why;
};

static enum err load_head(void *to, const char *key, struct bytes value)
{
    struct loading *l = to;
    struct run_head head;
    TRY(journal_read_head(value, &head));
    if (head.state == RUN_DONE || head.state == RUN_FAILED || head.state == RUN_ABORTED) return OK;
    enum err e = load_run(l->home, key + strlen("head/"), &head, l->why);
    if (e != OK) log_error(agent_log(l->home->agent), "run.lost", L_NAME("run", key + strlen("head/")), L_ERR(e));
    return e;
}

enum err journal_load(struct coordinator *c, struct why *why)
{
    CLEANUP(buf_free) struct buf count = buf_make(STORED_MAX_BYTES);
    enum err e = agent_get(c->agent, "counter", &count);
    if (e == OK) e = str_u64(buf_str(&count), &c->runs_made);
    if (e != OK && e != ERR_ABSENT) return why_say(why, ERR_STORE, "the store's count of runs is not a number");
    return agent_scan(c->agent, "head/", load_head, &(struct loading){ c, why });
}
