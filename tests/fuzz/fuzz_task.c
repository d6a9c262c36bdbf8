/* Any bytes as a task: whatever is accepted keeps every promise of the header. */
#include "common/wire/cron.h"
#include "common/wire/schema.h"
#include "common/wire/task.h"
#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { ARENA_BYTES = 1 << 24 };

static void must(bool holds)
{
    if (!holds) abort();
}

static void check_contract(const struct contract *c)
{
    struct why why = { "" };
    size_t inputs = 0;
    must(c->count <= CONTRACT_MAX_COLUMNS && c->label < c->count && c->columns[c->label].role == COLUMN_LABEL);
    must(c->nclasses >= 2 && c->nclasses <= CONTRACT_MAX_CLASSES && c->nmissing <= CONTRACT_MAX_MISSING);
    for (size_t i = 0; i < c->count; i++) {
        const struct column *column = &c->columns[i];
        must(column->min <= column->max && column->name[0] != '\0');
        if (column->role == COLUMN_FEATURE) inputs += column->kind == COLUMN_CATEGORY ? column->nclasses : 1;
    }
    must(inputs == c->ninputs && inputs > 0 && inputs <= SCHEMA_MAX_VECTOR);
    must(contract_fits(c, c, &why) == OK);
}

static void check_task(const struct task *t)
{
    int64_t next = 0;
    check_contract(&t->contract);
    must(t->rounds.quorum >= 1 && t->rounds.join_deadline_ms > 0 && t->rounds.round_deadline_ms > 0);
    must(t->train.batch >= 1 && t->train.epochs >= 1 && t->train.test_fraction < 1 && t->train.learning_rate > 0);
    must((t->model.arch == ARCH_MLP) == (t->model.nhidden > 0));
    for (size_t i = 0; i < t->model.nhidden; i++) must(t->model.hidden[i] > 0);
    if (t->privacy.mechanism != NOISE_NONE)
        must(t->privacy.epsilon > 0 && t->privacy.clip > 0 && t->scale != SCALE_MOMENTS);
    if (t->privacy.mechanism == NOISE_DISTRIBUTED) must(task_hides_patients(t) == (t->privacy.rate > 0));
    if (t->privacy.mechanism != NOISE_NONE && t->privacy.mechanism != NOISE_LAPLACE)
        must(t->privacy.delta > 0 && t->privacy.delta < 1);
    if (t->start.cron[0]) {
        enum err e = cron_next(str_of(t->start.cron), 1700000000000, &next, NULL);
        must(e == ERR_LIMIT || (e == OK && next > 1700000000000 && next % 60000 == 0));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
    struct task t = { 0 };
    struct why why = { "" };
    enum err e = task_parse(bytes_str(bytes_of(data, n)), "fuzz", &arena, &t, &why);
    must(e == OK || (why.text[0] != '\0' && t.name[0] == '\0'));
    if (e == OK) check_task(&t);
    return 0;
}
