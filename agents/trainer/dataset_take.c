#include "agents/trainer/dataset_take.h"
#include <float.h>
#include <math.h>

void dataset_moments(const struct dataset *d, const uint32_t *rows, size_t nrows, struct moments *m)
{
    for (size_t i = 0; i < nrows; i++) moments_add(m, d->inputs + rows[i] * d->ninputs);
}

enum err dataset_take(const struct dataset *d, const uint32_t *rows, size_t nrows, const float *fill, struct table *out)
{
    TRY(table_init(out, nrows, d->ninputs));
    for (size_t i = 0; i < nrows; i++) {
        const float *from = d->inputs + rows[i] * d->ninputs;
        float *to = out->inputs + i * d->ninputs;
        for (size_t j = 0; j < d->ninputs; j++) to[j] = isnan(from[j]) ? fill[j] : from[j];
        out->labels[i] = d->labels[rows[i]];
    }
    return OK;
}

void table_standardise(struct table *t, const float *mean, const float *scale)
{
    for (size_t i = 0; i < t->nrows; i++)
        for (size_t j = 0; j < t->ninputs; j++) {
            float *x = &t->inputs[i * t->ninputs + j];
            *x = (*x - mean[j]) / scale[j];
        }
}

enum err contract_ranges(const struct contract *c, float *out_mean, float *out_scale, struct why *why)
{
    size_t at = 0;
    for (size_t i = 0; i < c->count; i++) {
        const struct column *column = &c->columns[i];
        double length = column->max - column->min;
        if (column->role != COLUMN_FEATURE) continue;
        for (size_t k = 0; column->kind == COLUMN_CATEGORY && k < column->nclasses; k++) {
            out_mean[at] = 0;
            out_scale[at++] = 1;
        }
        if (column->kind == COLUMN_CATEGORY) continue;
        if (!(length > 0 && length <= (double)FLT_MAX))
            return why_say(why, ERR_SETTING, "scaling by ranges needs a min below a max for the column \"%s\"",
                           column->name);
        out_mean[at] = (float)column->min;
        out_scale[at++] = (float)length;
    }
    return OK;
}
