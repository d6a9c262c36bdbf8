#include "cli/panel.h"
#include "common/base/text.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME_CELLS = 18, NUMBER_CELLS = 9, BAR_CELLS = 24, SPARK_CELLS = 40, FIXED_CELLS = 2 + NAME_CELLS + 3 + 27 };

struct panel panel_make(const char *run)
{
    struct panel p = { .accuracy = NAN };
    (void)snprintf(p.run, sizeof p.run, "%s", run);
    return p;
}

static void keep(char *out, size_t size, struct str text) { (void)snprintf(out, size, STR_F, STR_ARG(text)); }

static struct panel_site *site_of(struct panel *p, struct str name)
{
    for (size_t i = 0; i < p->nsites; i++)
        if (str_is(name, p->sites[i].name)) return &p->sites[i];
    if (!name.n || p->nsites == PANEL_MAX_SITES) return NULL;
    struct panel_site *s = &p->sites[p->nsites++];
    *s = (struct panel_site){ .loss = NAN, .epsilon = NAN };
    keep(s->name, sizeof s->name, name);
    return s;
}

static void take_phase(struct panel *p, const struct msg *m)
{
    const struct msg_feed_event *e = &m->feed_event;
    bool moved = !str_is(e->phase, p->phase) || m->round != p->round;
    for (size_t i = 0; moved && i < p->nsites; i++) p->sites[i].in = false;
    if (e->phase.n) keep(p->phase, sizeof p->phase, e->phase);
    if (e->task.n) keep(p->task, sizeof p->task, e->task);
    p->round = m->round;
    p->rounds = e->rounds;
    p->got = e->got;
    p->want = e->want;
}

/* What a sentence says of somebody: "round 7: hospital-b returned 12 kB" says "returned 12 kB". */
static struct str after_name(struct str text, struct str name)
{
    for (size_t i = 0; name.n && i + name.n < text.n; i++)
        if (str_eq((struct str){ text.p + i, name.n }, name))
            return str_trim((struct str){ text.p + i + name.n, text.n - i - name.n });
    return text;
}

static void take_site(struct panel *p, const struct msg *m)
{
    const struct msg_feed_event *e = &m->feed_event;
    struct panel_site *s = site_of(p, e->site);
    bool update = str_is(e->kind, "update");
    if (!s) return;
    s->in = !str_is(e->kind, "declined");
    if (update) s->loss = e->loss;
    if (update || e->epsilon > 0) s->epsilon = e->epsilon;
    if (update) s->bytes = (double)e->bytes;
    keep(s->word, sizeof s->word, after_name(e->text, e->site));
}

/* A result of the whole federation, at its round's place in the history. */
static void take_result(struct panel *p, const struct msg *m)
{
    const struct msg_feed_event *e = &m->feed_event;
    bool result = str_is(e->kind, "round") && (e->auc > 0 || e->accuracy > 0);
    if (!result || m->round == 0 || m->round > PANEL_MAX_ROUNDS) return;
    for (; p->nhistory < m->round; p->nhistory++) p->loss[p->nhistory] = p->auc[p->nhistory] = NAN;
    p->loss[m->round - 1] = e->loss;
    p->auc[m->round - 1] = e->auc;
    p->accuracy = e->accuracy;
}

bool panel_take(struct panel *p, const struct msg *m)
{
    const struct msg_feed_event *e = &m->feed_event;
    if (!*p->run) (void)snprintf(p->run, sizeof p->run, "%s", m->run);
    if (strcmp(p->run, m->run) != 0) return false;
    take_phase(p, m);
    take_site(p, m);
    take_result(p, m);
    if (str_is(e->kind, "ended")) p->outcome = str_is_nocase(e->phase, "done") ? PANEL_DONE : PANEL_FAILED;
    return true;
}

static enum ink ink_of(struct str kind)
{
    if (str_is(kind, "declined")) return INK_YELLOW;
    if (str_is(kind, "round") || str_is(kind, "ended")) return INK_BOLD;
    return INK_PLAIN;
}

void panel_line(const struct msg *m, const struct look *l, struct buf *out)
{
    struct buf text = buf_make(1200);
    text_add_shown(&text, m->feed_event.text);
    draw_ink(out, l, ink_of(m->feed_event.kind), STR_F, STR_ARG(buf_str(&text)));
    buf_add_z(out, "\n");
    buf_free(&text);
}

/* ---- the panel ---- */

/* A round's work, roughly: training is four fifths of it, scoring the rest. */
static double round_share(const struct panel *p)
{
    static const double training = 0.8;
    double part = p->want ? (double)p->got / (double)p->want : 0;
    if (strcmp(p->phase, "training") == 0) return training * part;
    if (strcmp(p->phase, "aggregating") == 0) return training;
    return strcmp(p->phase, "evaluating") == 0 ? training + (1 - training) * part : 0;
}

static double done_share(const struct panel *p)
{
    if (p->outcome == PANEL_DONE) return 1;
    if (!p->rounds || !p->round) return 0;
    return ((double)p->round - 1 + round_share(p)) / (double)p->rounds;
}

static void draw_head(const struct panel *p, const struct look *l, struct buf *out)
{
    draw_ink(out, l, INK_BOLD, "%s", *p->task ? p->task : p->run);
    buf_addf(out, "  round %llu/%llu  ", (unsigned long long)p->round, (unsigned long long)p->rounds);
    draw_cell(out, l, str_of(p->phase), 11, ALIGN_LEFT);
    buf_add_z(out, l->unicode ? " \u2595" : " [");
    draw_bar(out, l, done_share(p), BAR_CELLS);
    buf_add_z(out, l->unicode ? "\u258f" : "]");
    if (p->want) buf_addf(out, " %llu of %llu in", (unsigned long long)p->got, (unsigned long long)p->want);
    buf_add_z(out, "\n");
}

static void draw_number(struct buf *out, const struct look *l, const char *format, double value)
{
    char text[32] = "-";
    if (isfinite(value)) (void)snprintf(text, sizeof text, format, value);
    draw_cell(out, l, str_of(text), NUMBER_CELLS, ALIGN_RIGHT);
}

static void draw_site(const struct panel_site *s, const struct look *l, struct buf *out)
{
    char bytes[DRAW_BYTES];
    struct buf word = buf_make(4 * PANEL_WORD_BYTES);
    text_add_shown(&word, str_of(s->word));
    buf_add_z(out, "  ");
    draw_cell(out, l, str_of(s->name), NAME_CELLS, ALIGN_LEFT);
    if (s->in)
        draw_ink(out, l, INK_GREEN, "%s", l->unicode ? " \u2713 " : " * ");
    else
        buf_add_z(out, l->unicode ? " \u00b7 " : " . ");
    draw_number(out, l, "%.4f", s->loss);
    draw_number(out, l, "%.3f", s->epsilon);
    draw_cell(out, l, str_of(s->bytes > 0 ? draw_bytes(s->bytes, bytes) : "-"), NUMBER_CELLS, ALIGN_RIGHT);
    buf_add_z(out, "  ");
    size_t room = l->columns > FIXED_CELLS + 4 ? l->columns - FIXED_CELLS - 4 : 0;
    draw_cell(out, l, buf_str(&word), room < draw_width(buf_str(&word)) ? room : draw_width(buf_str(&word)),
              ALIGN_LEFT);
    buf_add_z(out, "\n");
    buf_free(&word);
}

static void draw_curve(const struct panel *p, const struct look *l, struct buf *out, const char *name,
                       const double *values)
{
    if (!p->nhistory) return;
    buf_add_z(out, "  ");
    draw_cell(out, l, str_of(name), NAME_CELLS, ALIGN_LEFT);
    draw_number(out, l, "%.4f", values[p->nhistory - 1]);
    buf_add_z(out, "  ");
    draw_spark(out, l, values, p->nhistory, SPARK_CELLS);
    buf_add_z(out, "\n");
}

void panel_draw(const struct panel *p, const struct look *l, struct buf *out, size_t *out_lines)
{
    size_t start = out->n;
    draw_head(p, l, out);
    buf_add_z(out, "  ");
    draw_cell(out, l, STR("hospital"), NAME_CELLS + 3, ALIGN_LEFT);
    draw_cell(out, l, STR("loss"), NUMBER_CELLS, ALIGN_RIGHT);
    draw_cell(out, l, l->unicode ? STR("\u03b5") : STR("epsilon"), NUMBER_CELLS, ALIGN_RIGHT);
    draw_cell(out, l, STR("size"), NUMBER_CELLS, ALIGN_RIGHT);
    buf_add_z(out, "\n");
    for (size_t i = 0; i < p->nsites; i++) draw_site(&p->sites[i], l, out);
    draw_curve(p, l, out, "loss", p->loss);
    draw_curve(p, l, out, "AUC", p->auc);
    if (!out_lines) return;
    *out_lines = 0;
    for (size_t i = start; i < out->n; i++) *out_lines += out->p[i] == '\n';
}
