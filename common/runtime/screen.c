#include "common/runtime/screen.h"
#include "common/phi/phi_check.h"
#include <inttypes.h>
#include <string.h>

/* An address of a member with or without its resource, or the broker's host, also with a port. */
static bool own(const void *to, struct str value)
{
    const struct screen *s = to;
    struct str rest = value;
    struct str bare = str_next(&rest, '/');
    if (s->roster && roster_find(s->roster, bare)) return true;
    return s->host && s->host[0] && str_is_nocase(phi_host(value), s->host);
}

static enum phi_type look(struct screen *s, const char *where, struct str text, bool tell)
{
    struct phi_hits hits = { .n = 0 };
    const struct phi_known known = { own, s };
    const struct phi_hit *worst = &hits.hit[0];
    if (text.n == 0) return PHI_NONE;
    s->scanned++;
    phi_scan(s->phi, text, &known, &hits);
    if (hits.n == 0) return PHI_NONE;
    for (size_t i = 1; i < hits.n; i++)
        if (hits.hit[i].score > worst->score) worst = &hits.hit[i];
    if (!tell) return worst->type;
    s->withheld[worst->type]++;
    if (s->log)
        log_warn(s->log, "text.withheld", L_NAME("where", where), L_NAME("type", phi_name(worst->type)),
                 L_U64("at", worst->at), L_U64("bytes", worst->n));
    return worst->type;
}

struct str screen_text(struct screen *s, const char *where, struct str text)
{
    enum phi_type type = look(s, where, text, true);
    return type == PHI_NONE ? text : str_of(phi_withheld(type));
}

void screen_message(struct screen *s, struct msg *m)
{
    const struct msg_desc *d = msg_desc(m->type);
    for (size_t i = 0; d && i < d->nfields; i++) {
        if (d->fields[i].kind != FIELD_KIND_text) continue;
        struct str *at = (struct str *)(void *)((char *)m + d->fields[i].offset);
        *at = screen_text(s, d->name, *at);
    }
}

struct str screen_log(void *screen, struct str text) { return screen_text(screen, "log", text); }

/* ---- answers ---- */

static struct str piece(struct screen *s, struct str text) { return screen_text(s, "answer", text); }

static void clean_lines(struct screen *s, struct str rest, struct result *out)
{
    while (rest.n > 0) {
        struct str line = piece(s, str_next(&rest, '\n'));
        result_say(out, STR_F, STR_ARG(line));
    }
}

static void clean_row(struct screen *s, const struct result *r, const struct result_row *row, struct result *out)
{
    const char *cells[RESULT_MAX_COLUMNS + 1] = { NULL };
    for (size_t i = 0; i < r->ncolumns; i++) {
        struct str cell = piece(s, row->cells[i]);
        cells[i] = cell.n ? arena_z(&out->arena, cell) : "";
        if (cells[i] == NULL) cells[i] = phi_withheld(PHI_UNSCANNED);
    }
    result_row(out, cells);
}

static void clean_table(struct screen *s, const struct result *r, struct result *out)
{
    const char *names[RESULT_MAX_COLUMNS + 1] = { NULL };
    for (size_t i = 0; i < r->ncolumns; i++) names[i] = arena_z(&out->arena, r->columns[i]);
    result_columns(out, names);
    for (const struct result_row *row = r->rows; row; row = row->next) clean_row(s, r, row, out);
}

static enum phi_type whole(struct screen *s, const struct result *r, bool tell)
{
    struct buf text CLEANUP(buf_free) = buf_make(RESULT_MAX_BYTES);
    result_print_text(r, &text);
    if (buf_err(&text) != OK) return PHI_UNSCANNED;
    return look(s, "answer", buf_str(&text), tell);
}

const struct result *screen_result(struct screen *s, const struct result *r, struct result *clean)
{
    char name[64];
    result_init(clean);
    if (whole(s, r, false) == PHI_NONE) return r;
    clean->code = r->code;
    clean_lines(s, buf_str(&r->text), clean);
    for (const struct result_field *f = r->fields; f; f = f->next) {
        struct str value = piece(s, f->value);
        if (str_copy(f->name, name, sizeof name) == OK) result_field(clean, name, STR_F, STR_ARG(value));
    }
    if (r->ncolumns > 0) clean_table(s, r, clean);
    enum phi_type left = whole(s, clean, true);
    if (left == PHI_NONE && result_err(clean) == OK) return clean;
    result_free(clean); /* only together do the pieces say something, or memory ran out */
    result_init(clean);
    clean->code = r->code;
    result_say(clean, "%s", phi_withheld(left == PHI_NONE ? PHI_UNSCANNED : left));
    return clean;
}

void screen_metrics(const struct screen *s, struct buf *out)
{
    buf_addf(out,
             "# HELP himas_texts_screened_total Free texts looked at before they left or were logged.\n"
             "# TYPE himas_texts_screened_total counter\nhimas_texts_screened_total %" PRIu64 "\n"
             "# HELP himas_texts_withheld_total Free texts withheld, by what they looked like.\n"
             "# TYPE himas_texts_withheld_total counter\n",
             s->scanned);
    for (enum phi_type t = PHI_NONE + 1; t < PHI_COUNT; t++)
        if (s->withheld[t])
            buf_addf(out, "himas_texts_withheld_total{type=\"%s\"} %" PRIu64 "\n", phi_name(t), s->withheld[t]);
}
