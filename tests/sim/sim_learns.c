/*
 * What privacy costs in the end, with real agents and real records: three hospitals' breast-cancer records, secure sums
 * alone, a guardian.  Patients are drawn by chance (Poisson) in each step and their gradients clipped one by one; the
 * noise is in shares on the sum, as in `himas up --secure`, or in each hospital's own steps.  The model is as good as
 * it is promised to be, and what the guardian and each hospital charged is what the accountant says of the permitted
 * noise, rate and steps.
 */
#include "agents/coordinator/journal.h"
#include "agents/privacy/ledger.h"
#include "common/base/file.h"
#include "tests/sim/ward.h"
#include "tests/support/tap.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define EXAMPLES HIMAS_SOURCE_DIR "/examples/"
#define AUC_LEAST 0.97
#define EPSILON_MOST 8.0
#define DELTA 1e-5
#define MORE_MOST 1.01
enum { HOSPITALS = 3, TEXT_BYTES = 1 << 20, ARENA_BYTES = 4 << 20 };

/* ---- the files ---- */

static enum err read_example(const char *name, struct buf *out, struct why *why)
{
    char path[200];
    (void)snprintf(path, sizeof path, EXAMPLES "%s", name);
    return file_read(path, out, why);
}

static enum err put_example(const struct ward *w, const char *example, const char *name, struct why *why)
{
    struct buf text CLEANUP(buf_free) = buf_make(TEXT_BYTES);
    TRY(read_example(example, &text, why));
    return ward_put(w, name, &text);
}

static enum err put_task(const struct ward *w, const char *example, const char *run, const char *end, struct why *why)
{
    struct buf text CLEANUP(buf_free) = buf_make(TEXT_BYTES);
    struct buf task CLEANUP(buf_free) = buf_make(TEXT_BYTES);
    char name[80];
    TRY(read_example(example, &text, why));
    size_t keep = end ? str_find(buf_str(&text), "\ntrain:") + 1 : text.n;
    buf_add(&task, text.p, keep);
    buf_add_z(&task, end ? end : "");
    (void)snprintf(name, sizeof name, "tasks/%s.yaml", run);
    return ward_put(w, name, &task);
}

/* Each third line of the file to one hospital; its first line is no record, and each file begins with it. */
static enum err put_records(const struct ward *w, struct why *why)
{
    struct buf csv CLEANUP(buf_free) = buf_make(TEXT_BYTES);
    TRY(read_example("breast-cancer/breast_cancer.csv", &csv, why));
    for (size_t i = 0; i < HOSPITALS; i++) {
        struct buf mine CLEANUP(buf_free) = buf_make(TEXT_BYTES);
        char name[40];
        struct str rest = buf_str(&csv);
        for (size_t row = 0; rest.n > 0; row++) {
            struct str line = str_next(&rest, '\n');
            if (row == 0 || row % HOSPITALS == i) buf_addf(&mine, STR_F "\n", STR_ARG(line));
        }
        (void)snprintf(name, sizeof name, "records-%zu.csv", i);
        TRY(ward_put(w, name, &mine));
    }
    return OK;
}

/* ---- what was charged ---- */

struct charged {
    struct accountant each[HOSPITALS]; /* by the permits */
    size_t permits;
    double noise, rate;
    uint64_t steps;
    struct why *why;
};

static enum err add_permit(void *to, const char *key, struct bytes text)
{
    struct charged *c = to;
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
    struct note note;
    struct permit p;
    TRY(note_parse(bytes_str(text), &note, c->why));
    TRY(permit_parse(note.text, &arena, &p, c->why));
    if (!p.noised || !p.patients || p.nsites != HOSPITALS || p.sum == 0)
        return why_say(c->why, ERR_BUG, "%s is no permit of a sum that hides patients", key);
    for (size_t i = 0; i < HOSPITALS; i++) {
        const struct permit_site *s = &p.sites[i];
        const struct privacy_event e = {
            .mechanism = p.mechanism, .noise = s->noise, .rate = s->rate, .steps = s->steps
        };
        TRY(accountant_add(&c->each[i], &e));
        c->noise = s->noise;
        c->rate = s->rate;
        c->steps = s->steps;
    }
    c->permits++;
    return OK;
}

/* A ledger keeps to the order that its first charge fixed (filter.h), so it is at most a little above the least bound.
 */
static bool agrees(const struct budget *b, const struct accountant *by_permits, struct why *why)
{
    double spent = budget_spent(b);
    double at_order = accountant_round_up(accountant_renyi_at(by_permits, b->filter.order, DELTA));
    double least = accountant_epsilon(by_permits, DELTA);
    if (spent == at_order && spent >= least && spent <= MORE_MOST * least) return true;
    (void)why_say(why, ERR_BUG, "%.4f was charged; %.4f at that order, and at least %.4f", spent, at_order, least);
    return false;
}

/* The guardian's ledger of the hospital, and its own. */
static bool is_charged(struct ward *w, const struct charged *c, size_t i, double *most, struct why *why)
{
    struct ledger theirs CLEANUP(ledger_fini);
    struct accounts own CLEANUP(accounts_fini);
    char name[40];
    (void)snprintf(name, sizeof name, "hospital-%zu", i);
    ledger_init(&theirs, EPSILON_MOST, DELTA, NULL, NULL);
    accounts_init(&own, false, EPSILON_MOST, DELTA);
    enum err e = store_scan(sim_store(w->sim, "guardian"), ACCOUNTS_PREFIX, ledger_load, &theirs);
    if (e == OK) e = store_scan(sim_store(w->sim, name), ACCOUNTS_PREFIX, accounts_load, &own);
    if (e != OK || theirs.accounts.count != HOSPITALS || own.count != 1) return false;
    const struct account *there = theirs.accounts.list[i];
    *most = fmax(*most, budget_spent(&there->patients));
    return strncmp(there->holder, name, strlen(name)) == 0 && there->patients.count == c->permits &&
           own.list[0]->patients.count == c->permits && agrees(&there->patients, &c->each[i], why) &&
           agrees(&own.list[0]->patients, &c->each[i], why);
}

static void look_at_ledgers(struct tap *t, struct ward *w, const char *name)
{
    struct why why = { "" };
    double most = 0;
    struct charged c = { .why = &why };
    for (size_t i = 0; i < HOSPITALS; i++) c.each[i] = accountant_make();
    bool fine = store_scan(sim_store(w->sim, "guardian"), "permit/", add_permit, &c) == OK && c.permits > 0;
    for (size_t i = 0; fine && i < HOSPITALS; i++) fine = is_charged(w, &c, i, &most, &why);
    tap_is(t, fine && most > 0 && most <= EPSILON_MOST,
           "%s: epsilon %.4f at delta %g in each ledger, as the accountant has it for noise %.4f, rate %g, %zu times "
           "%u steps%s%s",
           name, most, DELTA, c.noise, c.rate, c.permits, (unsigned)c.steps, why.text[0] ? ": " : "", why.text);
}

/* ---- runs ---- */

static enum err read_head(void *to, const char *key, struct bytes text)
{
    (void)key;
    return journal_read_head(text, to);
}

static const struct row {
    const char *name, *run;
    const char *task, *policy; /* of examples/breast-cancer */
    const char *task_end;      /* instead of the task's from `train` on; NULL: its own */
} rows[] = {
    { "noise in shares", "breast-cancer-secure", "breast-cancer/task-secure.yaml", "breast-cancer/policy-secure.yaml",
      NULL },
    { "noise in each step", "breast-cancer-dp", "breast-cancer/task-dp.yaml", "breast-cancer/policy-dp.yaml",
      "train: { learning_rate: 1.0, epochs: 4, test_fraction: 0.3, seed: 1 }\n"
      "privacy: { mechanism: dp-sgd, epsilon: 8, delta: 1.0e-5, clip: 1, rate: 0.25 }\n"
      "aggregation: { secure: yes }\n"
      "rounds: { count: 10, quorum: 3, max_samples: 1000, max_update_norm: 100 }\n" },
};

static enum err open_world(struct ward *w, const struct row *row, struct why *why)
{
    TRY(ward_init(w));
    TRY(put_task(w, row->task, row->run, row->task_end, why));
    TRY(put_example(w, row->policy, "policy.yaml", why));
    TRY(put_example(w, "demo/guardian.yaml", "guardian.yaml", why));
    TRY(put_records(w, why));
    return ward_staff(w, HOSPITALS, NULL, why);
}

static void one(struct tap *t, const struct row *row)
{
    struct ward w = { .seed = 1 };
    struct why why = { "" };
    struct run_head head = { .auc = NAN };
    enum err e = open_world(&w, row, &why);
    const char *said = e == OK ? ward_train(&w, row->run) : why.text;
    if (e == OK) e = store_scan(sim_store(w.sim, "coordinator"), "head/", read_head, &head);
    bool done = e == OK && head.state == RUN_DONE;
    if (!done) tap_note("%s", said);
    tap_is(t, done && head.auc >= AUC_LEAST, "%s: test AUC %.4f after %u rounds", row->name, head.auc,
           (unsigned)head.round);
    if (done) look_at_ledgers(t, &w, row->name);
    ward_free(&w);
}

int main(void)
{
    struct tap t = { 0 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) one(&t, &rows[i]);
    return tap_end(&t);
}
