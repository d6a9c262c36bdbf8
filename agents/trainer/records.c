#include "agents/trainer/records.h"
#include "agents/trainer/dataset_take.h"
#include "agents/trainer/records_contract.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CONTRACT_ARENA_BYTES = 8 << 20, WHOLE_SECOND_NS = 1000000000 };

struct records_stamp records_stamp(const char *path)
{
    struct stat s;
    if (stat(path, &s) != 0 || !S_ISREG(s.st_mode)) return (struct records_stamp){ 0 };
    return (struct records_stamp){ .there = true,
                                   .bytes = (uint64_t)s.st_size,
                                   .modified_ns = (int64_t)s.st_mtim.tv_sec * WHOLE_SECOND_NS + s.st_mtim.tv_nsec };
}

bool records_stamp_same(struct records_stamp a, struct records_stamp b)
{
    return a.there == b.there && a.bytes == b.bytes && a.modified_ns == b.modified_ns;
}

/* The contract to read the file with, from the hospital's declaration and the task's need. */
static enum err choose_contract(const struct records_order *order, struct arena *arena, struct contract *out,
                                struct why *why)
{
    const struct doc *doc;
    struct contract have;
    if (order->schema[0] == '\0' && order->need == NULL)
        return why_say(why, ERR_ABSENT, "no schema is set, and no task has said yet how the records are written");
    if (order->schema[0] == '\0') return records_contract(NULL, order->need, arena, out, why);
    TRY(doc_read(order->schema, arena, &doc, why));
    TRY(contract_parse(doc, arena, &have, why));
    return records_contract(&have, order->need ? order->need : &have, arena, out, why);
}

static enum err tell_classes(const struct dataset *d, const struct contract *c, struct records_about *about)
{
    const struct column *label = &c->columns[c->label];
    about->nclasses = c->nclasses;
    about->classes = calloc(c->nclasses, sizeof *about->classes);
    about->class_counts = calloc(c->nclasses, sizeof *about->class_counts);
    if (about->classes == NULL || about->class_counts == NULL) return ERR_MEMORY;
    for (size_t i = 0; i < c->nclasses; i++)
        if (label->classes != NULL)
            memcpy(about->classes[i], label->classes[i], sizeof about->classes[i]);
        else
            (void)snprintf(about->classes[i], sizeof about->classes[i], "%zu", i);
    for (size_t r = 0; r < d->nrows; r++) about->class_counts[d->labels[r]]++;
    return OK;
}

static enum err tell(const struct dataset *d, const struct contract *c, struct records_about *about)
{
    about->good = d->nrows;
    about->flawed = dataset_flawed(d);
    about->report = buf_make(RECORDS_REPORT_BYTES);
    dataset_report(d, c, &about->report);
    TRY(buf_err(&about->report));
    return tell_classes(d, c, about);
}

static enum err make_fill(struct records *r)
{
    struct moments m;
    size_t n = r->data->ninputs;
    TRY(moments_init(&m, n));
    r->fill = calloc(2 * n + 1, sizeof *r->fill);
    if (r->fill != NULL) {
        dataset_moments(r->data, r->split.train, r->split.ntrain, &m);
        moments_finish(&m, r->fill, r->fill + n);
    }
    moments_fini(&m);
    return r->fill ? OK : ERR_MEMORY;
}

static enum err divide(const struct records_order *order, struct dataset **take, struct records **out)
{
    struct records *r = calloc(1, sizeof *r);
    if (r == NULL) return ERR_MEMORY;
    atomic_init(&r->holders, 1);
    r->data = *take;
    *take = NULL;
    enum err e = split_make(r->data->people, r->data->nrows, order->test_fraction, order->seed, &r->split);
    if (e == OK) e = make_fill(r);
    if (e == OK)
        *out = r;
    else
        records_drop(r);
    return e;
}

enum err records_read(const struct records_order *order, struct arena *arena, struct contract *by, struct dataset **out,
                      struct why *why)
{
    TRY(choose_contract(order, arena, by, why));
    return dataset_read(by, order->path, out, why);
}

enum err records_load(const struct records_order *order, struct records **out, struct records_about *about,
                      struct why *why)
{
    CLEANUP(dataset_drop) struct dataset *data = NULL;
    CLEANUP(arena_free) struct arena arena = arena_make(CONTRACT_ARENA_BYTES);
    struct records_about told = { 0 };
    struct contract by;
    enum err e = records_read(order, &arena, &by, &data, why);
    if (e == OK) e = tell(data, &by, &told);
    if (e == OK && out != NULL) e = divide(order, &data, out);
    if (e != OK) {
        records_about_fini(&told);
        return e;
    }
    *about = told;
    return OK;
}

struct records *records_hold(struct records *r)
{
    if (r != NULL) atomic_fetch_add(&r->holders, 1);
    return r;
}

void records_drop(struct records *r)
{
    if (r == NULL || atomic_fetch_sub(&r->holders, 1) > 1) return;
    dataset_free(r->data);
    split_fini(&r->split);
    free(r->fill);
    free(r);
}

void records_about_fini(struct records_about *a)
{
    if (a == NULL) return;
    buf_free(&a->report);
    free(a->classes);
    free(a->class_counts);
    *a = (struct records_about){ 0 };
}

size_t records_count(const struct records *r, enum records_side side)
{
    return side == RECORDS_TRAINING ? r->split.ntrain : r->split.ntest;
}

size_t records_units(const struct records *r, uint32_t *starts)
{
    const uint32_t *rows = r->split.train;
    size_t n = 0;
    for (size_t i = 0; i < r->split.ntrain; i++) {
        if (i > 0 && r->data->people[rows[i]] == r->data->people[rows[i - 1]]) continue;
        if (starts) starts[n] = (uint32_t)i;
        n++;
    }
    if (starts) starts[n] = (uint32_t)r->split.ntrain;
    return n;
}

enum err records_take(const struct records *r, enum records_side side, struct table *out)
{
    const uint32_t *rows = side == RECORDS_TRAINING ? r->split.train : r->split.test;
    return dataset_take(r->data, rows, records_count(r, side), r->fill, out);
}
