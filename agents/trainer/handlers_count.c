/* Tables of counts: asked by the coordinator, allowed by the guardian's permit and by this hospital's policy, counted
 * by a worker, and shown without the small cells and those that would give them away (cells.h).
 *
 * TWO TABLES tell more than each: so the tables that left are kept.  The same question has the same answer for ever.
 * Another is answered only when it is of the same task document and none of its columns was in a table before; all
 * tables show the same total.  Then every table that agrees with one agrees with the others, too: they say no more
 * together than each by itself. */
#include "agents/trainer/count.h"
#include "agents/trainer/permitted.h"
#include "agents/trainer/trainer.h"
#include "common/base/secret.h"
#include "common/privacy/counts.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLES "count/table/"
enum { TABLE_BYTES = 64 * COUNTS_MAX, READ_ARENA_BYTES = 8 << 20, NUMBER_MAX = 24 };
static const char document_key[] = "count/document";

struct count_ask {
    struct msg about; /* its head only */
    char rows[CONTRACT_NAME_BYTES], columns[CONTRACT_NAME_BYTES];
};
struct count_job {
    struct count_ask ask;
    struct plan *plan; /* held */
    char path[JOB_PATH_BYTES], schema[JOB_PATH_BYTES];
    enum err err;
    struct why why;
    struct cells table;
};

/* ---- answering ---- */

static enum err tell(struct trainer *t, const struct msg *about, struct msg *said)
{
    memcpy(said->in_reply_to, about->id, sizeof said->in_reply_to);
    log_info(agent_log(t->agent), "count.answered", L_NAME("numbers", said->query_answer.cells.n ? "yes" : "no"));
    return agent_send(t->agent, t->coordinator, said);
}

static enum err refuse(struct trainer *t, const struct msg *about, enum err code, const char *text)
{
    struct msg said = msg_make(MSG_QUERY_ANSWER, about);
    said.query_answer.code = str_of(err_name(code));
    said.query_answer.text = str_of(text[0] ? text : err_text(code));
    return tell(t, about, &said);
}

static enum err show(struct trainer *t, const struct msg *about, double *numbers, size_t n)
{
    struct msg said = msg_make(MSG_QUERY_ANSWER, about);
    said.query_answer.code = STR("OK");
    said.query_answer.cells = (struct vec){ numbers, n };
    return tell(t, about, &said);
}

/* Errors of our own go to the runtime; everything else is an answer. */
static enum err or_refuse(struct trainer *t, const struct msg *about, enum err e, const struct why *why)
{
    enum err_class c = err_class(e);
    return c == ERR_CLASS_ENV || c == ERR_CLASS_BUG ? e : refuse(t, about, e, why->text);
}

/* ---- what was told before ---- */

static enum err table_key(const struct count_ask *ask, char out[STORE_MAX_KEY])
{
    CLEANUP(buf_free) struct buf question = buf_make(2 * CONTRACT_NAME_BYTES + 1);
    char digest[HASH_HEX_BYTES];
    buf_addf(&question, "%s\n%s", ask->rows, ask->columns);
    TRY(buf_err(&question));
    TRY(agent_sha256(buf_bytes(&question), digest));
    (void)snprintf(out, STORE_MAX_KEY, TABLES "%s", digest);
    return OK;
}

struct search {
    const struct count_ask *ask;
    char shared[CONTRACT_NAME_BYTES]; /* a column of both */
    char rows[CONTRACT_NAME_BYTES], columns[CONTRACT_NAME_BYTES];
};

/* What a kept table was counted by. */
static enum err counted_by(struct bytes value, char rows[CONTRACT_NAME_BYTES], char columns[CONTRACT_NAME_BYTES])
{
    struct str rest = bytes_str(value);
    TRY(str_copy(str_next(&rest, '\n'), rows, CONTRACT_NAME_BYTES));
    return str_copy(str_next(&rest, '\n'), columns, CONTRACT_NAME_BYTES);
}

static enum err look_at_table(void *to, const char *key, struct bytes value)
{
    struct search *s = to;
    const char *const asked[] = { s->ask->rows, s->ask->columns };
    (void)key;
    if (s->shared[0]) return OK;
    TRY(counted_by(value, s->rows, s->columns));
    for (size_t i = 0; i < 2; i++)
        if (asked[i][0] && (strcmp(asked[i], s->rows) == 0 || strcmp(asked[i], s->columns) == 0))
            (void)snprintf(s->shared, sizeof s->shared, "%s", asked[i]);
    return OK;
}

static enum err must_be_one_document(struct trainer *t, const char *digest, struct why *why)
{
    CLEANUP(buf_free) struct buf document = buf_make(HASH_HEX_BYTES);
    enum err e = agent_get(t->agent, document_key, &document);
    if (e != OK) return e == ERR_ABSENT ? OK : e;
    if (str_is(buf_str(&document), digest)) return OK;
    return why_say(why, ERR_REFUSED, "counts were given here for another task document, and both would tell more");
}

static enum err must_be_apart(struct trainer *t, const struct count_ask *ask, struct why *why)
{
    struct search s = { .ask = ask };
    TRY(agent_scan(t->agent, TABLES, look_at_table, &s));
    if (s.shared[0] == '\0') return OK;
    return why_say(why, ERR_REFUSED, "%s was counted here by %s%s%s before; two tables with one column tell more",
                   s.shared, s.rows, s.columns[0] ? " and " : "", s.columns);
}

/* ERR_ABSENT when it was not told. */
static enum err tell_again(struct trainer *t, const struct msg *m, const struct count_ask *ask)
{
    CLEANUP(buf_free) struct buf kept = buf_make(TABLE_BYTES);
    double numbers[COUNTS_MAX];
    char key[STORE_MAX_KEY];
    size_t n = 0;
    TRY(table_key(ask, key));
    TRY(agent_get(t->agent, key, &kept));
    struct str rest = buf_str(&kept);
    (void)str_next(&rest, '\n');
    (void)str_next(&rest, '\n');
    while (rest.n > 0 && n < COUNTS_MAX)
        if (str_f64(str_next(&rest, ' '), &numbers[n++]) != OK) return ERR_STORE;
    return show(t, m, numbers, n);
}

static enum err keep_told(struct trainer *t, const struct count_job *j, const double *numbers, size_t n)
{
    CLEANUP(buf_free) struct buf text = buf_make(TABLE_BYTES);
    char key[STORE_MAX_KEY];
    TRY(table_key(&j->ask, key));
    buf_addf(&text, "%s\n%s\n", j->ask.rows, j->ask.columns);
    for (size_t i = 0; i < n; i++) buf_addf(&text, "%s%.0f", i ? " " : "", numbers[i]);
    TRY(buf_err(&text));
    TRY(agent_put(t->agent, document_key, str_bytes(str_of(j->plan->digest))));
    return agent_put(t->agent, key, buf_bytes(&text));
}

/* ---- counting ---- */

static enum err read_and_count(struct count_job *j)
{
    CLEANUP(dataset_drop) struct dataset *d = NULL;
    CLEANUP(arena_free) struct arena arena = arena_make(READ_ARENA_BYTES);
    const struct records_order order = { .path = j->path, .schema = j->schema, .need = &j->plan->task.contract };
    struct contract c;
    struct axis rows, columns;
    TRY(records_read(&order, &arena, &c, &d, &j->why));
    TRY(axis_find(&c, str_of(j->ask.rows), &rows, &j->why));
    TRY(axis_find(&c, str_of(j->ask.columns), &columns, &j->why));
    return count_fill(d, &c, &rows, &columns, &j->table, &j->why);
}

static void count_job_run(void *job)
{
    struct count_job *j = job;
    j->err = read_and_count(j);
    if (j->err == OK) cells_hide(&j->table);
}

static void count_job_free(void *job)
{
    struct count_job *j = job;
    if (j == NULL) return;
    plan_drop(j->plan);
    secret_wipe(j, sizeof *j);
    free(j);
}

/* The total must be shown: it is what keeps several tables apart. */
static enum err may_leave(struct trainer *t, const struct count_job *j, struct why *why)
{
    size_t total = cells_at(&j->table, j->table.rows, j->table.columns);
    TRY(policy_allows_counts(&t->policy, &j->plan->task, j->plan->digest, why));
    TRY(policy_allows_cohort(&t->policy, j->table.count[total], why));
    if (j->table.hidden[total]) return why_say(why, ERR_REFUSED, "there are too few patients here for any table");
    return OK;
}

static enum err count_done(struct agent *a, void *self, void *job)
{
    struct trainer *t = self;
    struct count_job *j = job;
    double numbers[COUNTS_MAX];
    (void)a;
    t->counting = false;
    if (j->err == OK) j->err = may_leave(t, j, &j->why);
    if (j->err != OK) return or_refuse(t, &j->ask.about, j->err, &j->why);
    size_t n = counts_write(&j->table, numbers);
    TRY(keep_told(t, j, numbers, n));
    return show(t, &j->ask.about, numbers, n);
}

static enum err begin(struct trainer *t, const struct count_ask *ask, struct plan *plan)
{
    const struct settings *s = agent_settings(t->agent);
    struct count_job *j = calloc(1, sizeof *j);
    if (j == NULL) return ERR_MEMORY;
    j->ask = *ask;
    j->plan = plan_hold(plan);
    enum err e = str_copy(str_of(settings_text(s, "records")), j->path, sizeof j->path);
    if (e == OK) e = str_copy(str_of(settings_text(s, "schema")), j->schema, sizeof j->schema);
    if (e != OK) {
        count_job_free(j);
        return e;
    }
    t->counting = true;
    return agent_offload(t->agent, (struct agent_job){ count_job_run, count_done, count_job_free, j });
}

/* ---- waiting ---- */

/* In memory, as the counting itself. */
struct count_later {
    struct count_ask ask;
    struct plan *plan; /* held */
    uint64_t point;
};

static enum err wait_for(struct trainer *t, const struct count_ask *ask, struct plan *plan, uint64_t point)
{
    struct count_later *l = calloc(1, sizeof *l);
    if (l == NULL) return ERR_MEMORY;
    *l = (struct count_later){ *ask, plan_hold(plan), point };
    t->later = l;
    t->counting = true;
    return OK;
}

void trainer_count_fini(struct trainer *t)
{
    if (t->later) plan_drop(t->later->plan);
    free(t->later);
    t->later = NULL;
}

enum err trainer_count_point(struct trainer *t, uint64_t point, enum err code, const char *text)
{
    struct why why = { "" };
    if (t->later == NULL || t->later->point != point) return OK;
    const struct count_ask ask = t->later->ask;
    if (code == OK && t->log_alarm.text[0]) code = why_say(&why, ERR_REFUSED, "%s", t->log_alarm.text);
    enum err e = code == OK ? begin(t, &ask, t->later->plan) : refuse(t, &ask.about, code, text[0] ? text : why.text);
    if (code != OK) t->counting = false;
    trainer_count_fini(t);
    return e;
}

/* ---- the question ---- */

static enum err read_task(struct trainer *t, const struct blob *b, struct plan **out, struct why *why)
{
    CLEANUP(buf_free) struct buf text = buf_make(TASK_MAX_BYTES);
    size_t n = (size_t)agent_blob_bytes(t->agent, b);
    uint8_t *to = buf_grow(&text, n);
    TRY(to ? agent_blob_read(t->agent, b, 0, n, to) : buf_err(&text));
    return plan_new(buf_str(&text), out, why);
}

static enum err consider(struct trainer *t, const struct msg *m, const struct count_ask *ask, struct plan **plan,
                         struct permitted_as *as, struct why *why)
{
    const struct msg_query *q = &m->query;
    struct axis axis;
    TRY(read_task(t, &q->task, plan, why));
    TRY(axis_find(&(*plan)->task.contract, str_of(ask->rows), &axis, why));
    TRY(axis_find(&(*plan)->task.contract, str_of(ask->columns), &axis, why));
    if (strcmp(ask->rows, ask->columns) == 0) return why_say(why, ERR_INPUT, "a table has two different columns");
    TRY(policy_allows_counts(&t->policy, &(*plan)->task, (*plan)->digest, why));
    const struct permit_wish wish = { .kind = PERMIT_QUERY,
                                      .run = m->run,
                                      .round = m->round,
                                      .document = (*plan)->digest,
                                      .rows = ask->rows,
                                      .columns = ask->columns };
    return permitted(t, &(struct permitted_by){ q->permit, q->proof }, &wish, as, why);
}

static enum err answer(struct trainer *t, const struct msg *m, const struct count_ask *ask, struct why *why)
{
    CLEANUP(plan_let_go) struct plan *plan = NULL;
    struct permitted_as as;
    TRY(consider(t, m, ask, &plan, &as, why));
    TRY(must_be_one_document(t, plan->digest, why));
    enum err e = tell_again(t, m, ask);
    if (e != ERR_ABSENT) return e;
    TRY(must_be_apart(t, ask, why));
    if (t->counting) return why_say(why, ERR_LIMIT, "another table is being counted; ask again when it is done");
    return as.point ? wait_for(t, ask, plan, as.point) : begin(t, ask, plan);
}

enum err trainer_on_query(struct agent *a, void *self, const struct msg *m)
{
    struct trainer *t = self;
    struct count_ask ask = { .about = msg_make(MSG_QUERY, m) };
    struct why why = { "" };
    (void)a;
    if (strcmp(m->from, t->coordinator) != 0) return ERR_ROLE;
    memcpy(ask.about.id, m->id, sizeof ask.about.id);
    enum err e = str_copy(m->query.rows, ask.rows, sizeof ask.rows);
    if (e == OK) e = str_copy(m->query.columns, ask.columns, sizeof ask.columns);
    if (e == OK) e = answer(t, m, &ask, &why);
    return e == OK ? OK : or_refuse(t, &ask.about, e, &why);
}

/* ---- what left, for those who answer for it ---- */

static enum err list_table(void *to, const char *key, struct bytes value)
{
    char rows[CONTRACT_NAME_BYTES], columns[CONTRACT_NAME_BYTES];
    (void)key;
    TRY(counted_by(value, rows, columns));
    result_row(to, (const char *const[]){ rows, columns[0] ? columns : "-", NULL });
    return OK;
}

/* No numbers: who may see this need not be allowed to see those. */
enum err trainer_run_tables(struct agent *a, void *self, const struct call *c, struct result *out)
{
    static const char *const columns[] = { "counted by", "and", NULL };
    CLEANUP(buf_free) struct buf document = buf_make(HASH_HEX_BYTES);
    enum err e = agent_get(a, document_key, &document);
    (void)self;
    (void)c;
    if (e == ERR_ABSENT) {
        result_say(out, "No table of counts has left this hospital.");
        return OK;
    }
    if (e != OK) return e;
    result_say(out, "These tables of counts have left, small cells hidden. Other tables by these columns are refused.");
    result_field(out, "task document", STR_F, STR_ARG(buf_str(&document)));
    result_columns(out, columns);
    return agent_scan(a, TABLES, list_table, out);
}
