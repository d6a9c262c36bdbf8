#include "cli/chart.h"
#include <math.h>
#include <stdio.h>

enum { WIDTH = 720, HEIGHT = 360, LEFT = 64, RIGHT = 150, TOP = 40, BOTTOM = 44, TICKS = 6 };

/* Okabe and Ito's colours, told apart by colour-blind readers too. */
static const char *const colors[CHART_MAX_SERIES] = { "#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                      "#e69f00", "#56b4e9", "#666666", "#000000" };

struct frame {
    double low, high; /* of y */
    size_t steps;     /* of x */
};

double chart_step(double low, double high, size_t max)
{
    static const double nice[] = { 1, 2, 5, 10 };
    double raw = (high - low) / (double)(max ? max : 1);
    if (!(raw > 0)) return 1;
    double power = pow(10, floor(log10(raw)));
    for (size_t i = 0; i < sizeof nice / sizeof *nice; i++)
        if (nice[i] * power >= raw * (1 - 1e-9)) return nice[i] * power;
    return 10 * power;
}

static struct frame frame_of(const struct chart *c)
{
    struct frame f = { INFINITY, -INFINITY, 1 };
    for (size_t s = 0; s < c->nseries; s++) {
        if (c->series[s].n > f.steps) f.steps = c->series[s].n;
        for (size_t i = 0; i < c->series[s].n; i++) {
            double v = c->series[s].values[i];
            if (isfinite(v) && v < f.low) f.low = v;
            if (isfinite(v) && v > f.high) f.high = v;
        }
    }
    if (!(f.low <= f.high)) f.low = 0, f.high = 1;
    double step = chart_step(f.low, f.high, TICKS);
    f.low = floor(f.low / step) * step;
    f.high = ceil(f.high / step) * step;
    if (!(f.high > f.low)) f.high = f.low + step;
    return f;
}

static double x_of(const struct frame *f, size_t i)
{
    double share = f->steps > 1 ? (double)i / (double)(f->steps - 1) : 0.5;
    return LEFT + share * (WIDTH - LEFT - RIGHT);
}

static double y_of(const struct frame *f, double v)
{
    return TOP + (f->high - v) / (f->high - f->low) * (HEIGHT - TOP - BOTTOM);
}

static void text(struct buf *out, double x, double y, const char *anchor, const char *words)
{
    buf_addf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
    for (; *words; words++) {
        if (*words == '<' || *words == '&')
            buf_add_z(out, *words == '<' ? "&lt;" : "&amp;");
        else
            buf_add(out, words, 1);
    }
    buf_add_z(out, "</text>\n");
}

static void y_axis(const struct chart *c, const struct frame *f, struct buf *out)
{
    double step = chart_step(f->low, f->high, TICKS);
    size_t ticks = (size_t)lround((f->high - f->low) / step);
    for (size_t i = 0; i <= ticks; i++) {
        char label[32];
        double v = f->low + (double)i * step;
        double y = y_of(f, v);
        (void)snprintf(label, sizeof label, "%.4g", fabs(v) < step / 1e6 ? 0 : v);
        buf_addf(out, "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#ddd\"/>\n", LEFT, y, WIDTH - RIGHT,
                 y);
        text(out, LEFT - 6, y + 4, "end", label);
    }
    text(out, LEFT, TOP - 10, "end", c->y_name);
}

static void x_axis(const struct chart *c, const struct frame *f, struct buf *out)
{
    size_t step = (size_t)fmax(1, chart_step(1, (double)f->steps, 2 * TICKS));
    for (size_t i = 0; i < f->steps; i++) {
        char label[32];
        if (i != 0 && (i + 1) % step != 0) continue;
        (void)snprintf(label, sizeof label, "%zu", i + 1);
        text(out, x_of(f, i), HEIGHT - BOTTOM + 18, "middle", label);
    }
    text(out, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 8, "middle", c->x_name);
}

/* A gap starts a new piece; a lone point is a dot. */
static void curve(const struct chart_series *s, const struct frame *f, const char *color, struct buf *out)
{
    bool pen_down = false;
    buf_add_z(out, "<path d=\"");
    for (size_t i = 0; i < s->n; i++) {
        bool there = isfinite(s->values[i]);
        if (there) buf_addf(out, "%c%.1f %.1f", pen_down ? 'L' : 'M', x_of(f, i), y_of(f, s->values[i]));
        if (there && !pen_down) buf_add_z(out, "h0");
        pen_down = there;
    }
    buf_addf(out, "\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\" stroke-linecap=\"round\"/>\n", color);
}

static void legend(const struct chart *c, size_t i, struct buf *out)
{
    double y = TOP + 8 + 20.0 * (double)i;
    buf_addf(out, "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"3\"/>\n",
             WIDTH - RIGHT + 12, y, WIDTH - RIGHT + 32, y, colors[i]);
    text(out, WIDTH - RIGHT + 38, y + 4, "start", c->series[i].name);
}

static void draw(const struct chart *c, size_t place, struct buf *out)
{
    struct frame f = frame_of(c);
    buf_addf(out, "<g transform=\"translate(0 %zu)\">\n", place * HEIGHT);
    text(out, WIDTH / 2.0, 18, "middle", c->title);
    y_axis(c, &f, out);
    x_axis(c, &f, out);
    for (size_t i = 0; i < c->nseries; i++) {
        curve(&c->series[i], &f, colors[i], out);
        legend(c, i, out);
    }
    buf_add_z(out, "</g>\n");
}

void chart_svg(const struct chart *charts, size_t n, struct buf *out)
{
    buf_addf(out,
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %zu\" font-family=\"sans-serif\" "
             "font-size=\"12\" fill=\"#333\">\n<rect width=\"%d\" height=\"%zu\" fill=\"#fff\"/>\n",
             WIDTH, n * HEIGHT, WIDTH, n * HEIGHT);
    for (size_t i = 0; i < n; i++) draw(&charts[i], i, out);
    buf_add_z(out, "</svg>\n");
}
