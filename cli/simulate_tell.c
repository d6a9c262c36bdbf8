#include "cli/simulate_tell.h"
#include "cli/chart.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { STATM_BYTES = 200, CELL_BYTES = 32 };
enum { SPARK_CELLS = 50, NAME_CELLS = 9, TITLE_BYTES = 200, KILO = 1024 };
#define MEGA 1e6

/* ---- memory ---- */

uint64_t told_resident_bytes(void)
{
    char line[STATM_BYTES] = "";
    uint64_t pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL) return 0;
    struct str rest = str_of(fgets(line, sizeof line, f) ? line : "");
    (void)fclose(f);
    (void)str_next(&rest, ' '); /* of address space */
    return str_u64(str_next(&rest, ' '), &pages) == OK ? pages * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

uint64_t told_peak_bytes(void)
{
    struct rusage used;
    return getrusage(RUSAGE_SELF, &used) == 0 ? (uint64_t)used.ru_maxrss * KILO : 0;
}

/* ---- the table ---- */

/* Empty where there is none: not every round is scored. */
static void say_score(double value, char out[CELL_BYTES])
{
    out[0] = '\0';
    if (isfinite(value)) (void)snprintf(out, CELL_BYTES, "%.4f", value);
}

static void add_round(const struct round_row *row, struct result *r)
{
    char text[8][CELL_BYTES];
    (void)snprintf(text[0], sizeof text[0], "%llu", (unsigned long long)row->round);
    (void)snprintf(text[1], sizeof text[1], "%llu/%llu", (unsigned long long)row->in, (unsigned long long)row->joined);
    say_score(row->loss, text[2]);
    say_score(row->auc, text[3]);
    say_score(row->accuracy, text[4]);
    (void)snprintf(text[5], sizeof text[5], "%.1f", row->seconds);
    (void)snprintf(text[6], sizeof text[6], "%llu", (unsigned long long)row->bytes);
    (void)snprintf(text[7], sizeof text[7], "%llu", (unsigned long long)row->late);
    const char *const cells[] = { text[0], text[1], text[2], text[3], text[4], text[5], text[6], text[7], NULL };
    result_row(r, cells);
}

/* Updates a minute are those of the run: neither dealing records out nor starting the agents counts. */
static void add_fields(const struct told *t, struct result *r)
{
    uint64_t updates = 0;
    for (size_t i = 0; i < t->nrows; i++) updates += t->rows[i].in;
    double seconds = t->real_seconds > 0 ? t->real_seconds : 1e-3;
    result_field(r, "virtual_seconds", "%.1f", t->virtual_seconds);
    result_field(r, "setup_seconds", "%.2f", t->setup_seconds);
    result_field(r, "real_seconds", "%.2f", t->real_seconds);
    result_field(r, "updates_per_minute", "%.0f", (double)updates * 60 / seconds);
    result_field(r, "bytes_per_agent", "%.0f", (double)t->agents_bytes / (double)(t->nsites + 1));
    result_field(r, "peak_bytes", "%llu", (unsigned long long)t->peak_bytes);
    result_field(r, "messages", "%llu", (unsigned long long)t->counts.packets);
    result_field(r, "bytes", "%llu", (unsigned long long)t->counts.bytes);
    result_field(r, "lost", "%llu", (unsigned long long)t->counts.dropped);
    result_field(r, "doubled", "%llu", (unsigned long long)t->counts.duplicated);
    result_field(r, "kills", "%llu", (unsigned long long)t->counts.kills);
}

void tell_table(const struct told *t, struct result *r)
{
    static const char *const columns[] = { "round", "in", "loss", "AUC", "accuracy", "seconds", "bytes", "late", NULL };
    result_say(r, "%s at %zu hospitals: %s", t->run, t->nsites, t->why);
    if (t->copies > 1)
        result_say(r, "the file's records were dealt out %zu times over, so that each hospital has about %zu",
                   t->copies, t->site_rows);
    add_fields(t, r);
    result_columns(r, columns);
    for (size_t i = 0; i < t->nrows; i++) add_round(&t->rows[i], r);
}

/* ---- pictures ---- */

static double loss_of(const struct round_row *r) { return r->loss; }
static double auc_of(const struct round_row *r) { return r->auc; }
static double accuracy_of(const struct round_row *r) { return r->accuracy; }
static double bytes_of_round(const struct round_row *r) { return (double)r->bytes; }
static double megabytes_of(const struct round_row *r) { return (double)r->bytes / MEGA; }
static double seconds_of(const struct round_row *r) { return r->seconds; }

typedef double number_fn(const struct round_row *r);

static char *say_share(double value, char out[DRAW_BYTES])
{
    (void)snprintf(out, DRAW_BYTES, "%.4f", value);
    return out;
}

static const struct curve {
    const char *name;
    number_fn *number;
    char *(*say)(double value, char out[DRAW_BYTES]);
} curves[] = {
    { "loss", loss_of, say_share },         { "AUC", auc_of, say_share },
    { "accuracy", accuracy_of, say_share }, { "bytes", bytes_of_round, draw_bytes },
    { "time", seconds_of, draw_seconds },
};

static void fill(const struct told *t, number_fn *number, double *values)
{
    for (size_t i = 0; i < t->nrows; i++) values[i] = number(&t->rows[i]);
}

/* The first and the last number that there are. */
static void draw_ends(const struct told *t, const struct curve *c, const double *values, struct buf *out)
{
    char from[DRAW_BYTES];
    char to[DRAW_BYTES];
    size_t first = 0;
    size_t last = t->nrows - 1;
    while (first < last && !isfinite(values[first])) first++;
    while (last > first && !isfinite(values[last])) last--;
    if (isfinite(values[first])) buf_addf(out, "  %s to %s", c->say(values[first], from), c->say(values[last], to));
}

static void draw_curve(const struct told *t, const struct look *l, const struct curve *c, double *values,
                       struct buf *out)
{
    fill(t, c->number, values);
    draw_cell(out, l, str_of(c->name), NAME_CELLS, ALIGN_LEFT);
    draw_spark(out, l, values, t->nrows, SPARK_CELLS);
    draw_ends(t, c, values, out);
    buf_add_z(out, "\n");
}

enum err tell_picture(const struct told *t, const struct look *l, struct buf *out)
{
    double *values = calloc(t->nrows + 1, sizeof *values);
    if (values == NULL) return ERR_MEMORY;
    buf_addf(out, "\nby rounds, 1 to %zu\n", t->nrows);
    for (size_t i = 0; t->nrows > 0 && i < sizeof curves / sizeof *curves; i++)
        draw_curve(t, l, &curves[i], values, out);
    free(values);
    return buf_err(out);
}

enum { LOSS, AUC, ACCURACY, MEGABYTES, SECONDS, SERIES };

enum err tell_svg(const struct told *t, struct buf *out)
{
    static number_fn *const numbers[SERIES] = { loss_of, auc_of, accuracy_of, megabytes_of, seconds_of };
    char title[TITLE_BYTES];
    size_t n = t->nrows;
    double *values = calloc(SERIES * n + 1, sizeof *values);
    if (values == NULL) return ERR_MEMORY;
    for (size_t i = 0; i < SERIES; i++) fill(t, numbers[i], values + i * n);
    (void)snprintf(title, sizeof title, "%s: %zu simulated hospitals", t->task, t->nsites);
    const struct chart charts[] = {
        { .title = title,
          .x_name = "round",
          .y_name = "",
          .series = { { "loss", values + LOSS * n, n },
                      { "AUC", values + AUC * n, n },
                      { "accuracy", values + ACCURACY * n, n } },
          .nseries = 3 },
        { .title = "updates that came in",
          .x_name = "round",
          .y_name = "MB",
          .series = { { "megabytes", values + MEGABYTES * n, n } },
          .nseries = 1 },
        { .title = "how long a round took",
          .x_name = "round",
          .y_name = "s",
          .series = { { "virtual seconds", values + SECONDS * n, n } },
          .nseries = 1 },
    };
    chart_svg(charts, sizeof charts / sizeof *charts, out);
    free(values);
    return buf_err(out);
}
