#include "agents/coordinator/counting.h"
#include "agents/coordinator/coordinator.h"
#include "agents/coordinator/keep.h"
#include "common/privacy/permit.h"
#include "common/runtime/roster_log.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 20, NUMBER_BYTES = 24 };
static const char made_key[] = "count/made";

void counting_free(struct counting *q)
{
    if (q == NULL) return;
    free(q->sites);
    free(q);
}

/* ---- which ---- */

static void name_of(const struct counting *q, char out[MSG_RUN_BYTES])
{
    (void)snprintf(out, MSG_RUN_BYTES, "count-%" PRIu64, q->number);
}

static struct counting **find(struct coordinator *c, const char *run)
{
    char name[MSG_RUN_BYTES];
    for (size_t i = 0; i < COUNTING_MAX; i++) {
        if (c->countings[i] == NULL) continue;
        name_of(c->countings[i], name);
        if (strcmp(name, run) == 0) return &c->countings[i];
    }
    return NULL;
}

static struct counting **free_place(struct coordinator *c)
{
    for (size_t i = 0; i < COUNTING_MAX; i++)
        if (c->countings[i] == NULL) return &c->countings[i];
    return NULL;
}

static void drop(struct counting **at)
{
    counting_free(*at);
    *at = NULL;
}

/* ---- telling the person ---- */

static void say_sites(const struct counting *q, struct result *out)
{
    for (size_t i = 0; i < q->nsites; i++)
        if (q->sites[i].waits || q->sites[i].why[0])
            result_say(out, "  %s gave none: %s", q->sites[i].name,
                       q->sites[i].why[0] ? q->sites[i].why : "it did not answer in time");
}

static void say_row(const struct counting *q, size_t row, struct result *out)
{
    char cells[CELLS_SIDE_MAX + 2][CONTRACT_NAME_BYTES];
    const char *at[CELLS_SIDE_MAX + 3] = { NULL };
    size_t n = 0;
    if (row < q->sum.rows)
        axis_class(&q->rows, row, cells[n]);
    else
        (void)snprintf(cells[n], sizeof cells[n], "total");
    at[0] = cells[0];
    for (size_t k = q->columns.of ? 0 : q->sum.columns; k <= q->sum.columns; k++) {
        n++;
        at[n] = counts_cell(&q->sum, row, k, cells[n]);
    }
    result_row(out, at);
}

static void say_table(const struct counting *q, struct result *out)
{
    char names[RESULT_MAX_COLUMNS + 1][CONTRACT_NAME_BYTES];
    const char *at[RESULT_MAX_COLUMNS + 1] = { q->row };
    size_t n = 1;
    for (size_t k = 0; q->columns.of && k < q->sum.columns; k++, n++) at[n] = axis_class(&q->columns, k, names[n]);
    at[n] = "total";
    result_columns(out, at);
    for (size_t i = 0; i <= q->sum.rows; i++) say_row(q, i, out);
}

static enum err finish(struct coordinator *c, struct counting **at)
{
    CLEANUP(result_free) struct result r;
    const struct counting *q = *at;
    result_init(&r);
    result_say(&r, "Patients of %s by %s%s%s, at %" PRIu64 " of %zu hospitals; for %s.", q->task->task.name, q->row,
               q->column[0] ? " and " : "", q->column, q->sum.hospitals, q->nsites,
               purpose_name(q->task->task.purpose));
    say_sites(q, &r);
    if (q->sum.hospitals == 0) {
        r.code = ERR_REFUSED;
    } else {
        say_table(q, &r);
        if (!counts_all_shown(&q->sum))
            result_say(
                &r,
                "Each hospital hides counts of 1 to %d, and those that would give them away: \"at least\" is what "
                "the others showed.",
                CELLS_LEAST - 1);
    }
    agent_answer(c->agent, q->call, &r);
    drop(at);
    return OK;
}

static enum err refuse(struct coordinator *c, struct counting **at, const char *sentence)
{
    CLEANUP(result_free) struct result r;
    result_init(&r);
    r.code = ERR_REFUSED;
    result_say(&r, "%s", sentence);
    agent_answer(c->agent, (*at)->call, &r);
    drop(at);
    return OK;
}

static enum err on_deadline(struct agent *a, void *self, uint64_t number)
{
    struct coordinator *c = self;
    (void)a;
    for (size_t i = 0; i < COUNTING_MAX; i++)
        if (c->countings[i] && c->countings[i]->number == number) return finish(c, &c->countings[i]);
    return OK;
}

/* ---- asking ---- */

static struct msg question(const struct counting *q, enum msg_type type)
{
    struct msg m = msg_make(type, NULL);
    name_of(q, m.run);
    m.round = 1;
    (void)snprintf(m.stage, sizeof m.stage, COUNTING_STAGE);
    return m;
}

static enum err ask_hospitals(struct coordinator *c, struct counting *q, const struct msg_permit *permit)
{
    struct msg m = question(q, MSG_QUERY);
    m.ttl_ms = COUNTING_LIMIT_MS;
    m.query.task.data = buf_bytes(&q->task->text);
    m.query.rows = str_of(q->row);
    m.query.columns = str_of(q->column);
    if (permit) m.query.permit = permit->note;
    if (permit) m.query.proof = permit->proof;
    for (size_t i = 0; i < q->nsites; i++) {
        TRY(agent_send(c->agent, q->sites[i].jid, &m));
        q->sites[i].waits = true;
    }
    return OK;
}

static enum err ask_guardian(struct coordinator *c, const struct counting *q, const struct member *guardian)
{
    CLEANUP(arena_free) struct arena arena = arena_make(ARENA_BYTES);
    CLEANUP(buf_free) struct buf text = buf_make(PERMIT_MAX_BYTES);
    struct permit_site *sites = arena_array(&arena, q->nsites + 1, sizeof *sites);
    struct permit p = { .kind = PERMIT_QUERY, .round = 1, .rounds = 1, .purpose = q->task->task.purpose };
    struct msg m = question(q, MSG_PERMIT_ASK);
    if (sites == NULL) return ERR_MEMORY;
    p.sites = sites;
    for (; p.nsites < q->nsites; p.nsites++) {
        struct permit_site *s = &sites[p.nsites];
        *s = (struct permit_site){ .data = PERMIT_DATA };
        memcpy(s->jid, q->sites[p.nsites].jid, sizeof s->jid);
    }
    name_of(q, p.run);
    (void)snprintf(p.task, sizeof p.task, "%s", q->task->task.name);
    (void)snprintf(p.document, sizeof p.document, "%s", q->task->digest);
    memcpy(p.rows, q->row, sizeof p.rows);
    memcpy(p.columns, q->column, sizeof p.columns);
    permit_print(&p, &text);
    TRY(buf_err(&text));
    m.ttl_ms = COUNTING_LIMIT_MS;
    m.permit_ask.request = buf_str(&text);
    return agent_send(c->agent, guardian->jid, &m);
}

/* Those that are here; the others are not waited for. */
static enum err add_sites(const struct coordinator *c, struct counting *q, struct why *why)
{
    q->sites = calloc(c->hospitals.count + 1, sizeof *q->sites);
    if (q->sites == NULL) return ERR_MEMORY;
    for (size_t i = 0; i < c->hospitals.count && q->nsites < PERMIT_MAX_SITES; i++) {
        const struct hospital *h = &c->hospitals.all[i];
        struct counting_site *s = &q->sites[q->nsites];
        if (!h->online) continue;
        memcpy(s->jid, h->who->jid, sizeof s->jid);
        memcpy(s->name, h->who->name, sizeof s->name);
        q->nsites++;
    }
    return q->nsites ? OK : why_say(why, ERR_ABSENT, "no hospital is here");
}

static enum err fill(struct coordinator *c, struct counting *q, const struct counting_order *o, struct why *why)
{
    const struct contract *contract = &o->task->task.contract;
    q->call = o->call;
    q->task = o->task;
    TRY(axis_find(contract, o->row, &q->rows, why));
    TRY(axis_find(contract, o->column, &q->columns, why));
    TRY(str_copy(o->row, q->row, sizeof q->row));
    TRY(str_copy(o->column, q->column, sizeof q->column));
    if (strcmp(q->row, q->column) == 0) return why_say(why, ERR_INPUT, "a table has two different columns");
    if (q->columns.classes + 2 > RESULT_MAX_COLUMNS)
        return why_say(why, ERR_INPUT, "%s has too many classes to stand side by side; name it first", q->column);
    if (counts_init(&q->sum, q->rows.classes, q->columns.classes) != OK)
        return why_say(why, ERR_INPUT, "%s has more than %d classes", q->row, CELLS_SIDE_MAX - 1);
    return add_sites(c, q, why);
}

/* No number is used twice, whatever happens: a permit is for one. */
static enum err next_number(struct coordinator *c, uint64_t *out)
{
    CLEANUP(buf_free) struct buf text = buf_make(NUMBER_BYTES);
    char number[NUMBER_BYTES];
    uint64_t made = 0;
    enum err e = agent_get(c->agent, made_key, &text);
    if (e == OK) e = str_u64(buf_str(&text), &made);
    if (e != OK && e != ERR_ABSENT) return e;
    *out = made + 1;
    (void)snprintf(number, sizeof number, "%" PRIu64, *out);
    return agent_put(c->agent, made_key, str_bytes(str_of(number)));
}

static enum err start(struct coordinator *c, struct counting *q)
{
    const struct member *guardian = roster_log_keeper(agent_roster(c->agent));
    TRY(next_number(c, &q->number));
    TRY(agent_after(c->agent, COUNTING_LIMIT_MS, on_deadline, q->number));
    return guardian ? ask_guardian(c, q, guardian) : ask_hospitals(c, q, NULL);
}

enum err counting_begin(struct coordinator *c, const struct counting_order *o, struct why *why)
{
    struct counting **place = free_place(c);
    if (place == NULL) return why_say(why, ERR_LIMIT, "%d tables are being counted; ask again later", COUNTING_MAX);
    *place = calloc(1, sizeof **place);
    if (*place == NULL) return ERR_MEMORY;
    enum err e = fill(c, *place, o, why);
    if (e == OK) e = keep_whole(start(c, *place));
    if (e != OK) drop(place);
    return e;
}

/* ---- answers ---- */

enum err counting_permitted(struct coordinator *c, const struct msg *m)
{
    struct counting **at = find(c, m->run);
    return at ? keep_whole(ask_hospitals(c, *at, &m->permit)) : OK;
}

enum err counting_denied(struct coordinator *c, const struct msg *m)
{
    struct counting **at = find(c, m->run);
    char text[COUNTING_WHY_BYTES];
    char sentence[2 * COUNTING_WHY_BYTES];
    if (at == NULL) return OK;
    (void)keep_text(m->permit_deny.text, text, sizeof text);
    (void)snprintf(sentence, sizeof sentence, "The guardian gives no permit: %s.", text);
    return refuse(c, at, sentence);
}

static void take(struct counting *q, struct counting_site *s, const struct msg_query_answer *a)
{
    s->waits = false;
    if (!str_is(a->code, err_name(OK)))
        (void)keep_text(a->text.n ? a->text : a->code, s->why, sizeof s->why);
    else if (counts_add(&q->sum, a->cells.p, a->cells.n) != OK)
        (void)snprintf(s->why, sizeof s->why, "what it sent is no table of this question with its small cells hidden");
}

enum err coordinator_on_query_answer(struct agent *a, void *self, const struct msg *m)
{
    struct coordinator *c = self;
    struct counting **at = find(c, m->run);
    bool waits = false;
    (void)a;
    for (size_t i = 0; at && i < (*at)->nsites; i++) {
        struct counting_site *s = &(*at)->sites[i];
        if (s->waits && strcmp(s->jid, m->from) == 0) take(*at, s, &m->query_answer);
        waits = waits || s->waits;
    }
    return at == NULL || waits ? OK : finish(c, at);
}
