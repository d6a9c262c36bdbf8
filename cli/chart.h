/*
 * chart -- small line charts as SVG, readable in a browser and in a README.
 */
#pragma once
#include "common/base/buf.h"

enum { CHART_MAX_SERIES = 8 };

struct chart_series {
    const char *name;
    const double *values; /* one a step from 1; NAN leaves a gap */
    size_t n;
};
struct chart {
    const char *title;
    const char *x_name;
    const char *y_name;
    struct chart_series series[CHART_MAX_SERIES];
    size_t nseries;
};

void chart_svg(const struct chart *charts, size_t n, struct buf *out); /* n of them, one below the other */
/* "nice" steps of an axis: the smallest of 1, 2, 5 times a power of ten that gives at most `max` steps over the range.
 */
double chart_step(double low, double high, size_t max);
