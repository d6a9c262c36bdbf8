#define PCRE2_CODE_UNIT_WIDTH 8
#include "common/phi/phi.h"
#include "common/phi/phi_fold.h"
#include "common/phi/phi_rows.h"
#include "common/phi/phi_unwrap.h"
#include <ctype.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 2, LENGTHS_MAX = 32, WORKSPACE = 4096 };
#define HIT_FROM .5

/* One level of wrapping. */
struct level {
    struct phi_view view;
    struct phi_plain plain;
};
struct phi {
    pcre2_code *code[PHI_MAX_ROWS];
    pcre2_match_data *found; /* the lengths that fit at one place, longest first */
    int workspace[WORKSPACE];
    struct level level[DEPTH + 1];
};

static const struct {
    const char *name, *withheld;
} types[PHI_COUNT] = { [PHI_NONE] = { "nothing", "" },
#define ROW(NAME, word) [PHI_##NAME] = { word, "[withheld: looked like " word "]" },
                       PHI_TYPES(ROW)
#undef ROW
};

const char *phi_name(enum phi_type type) { return (unsigned)type < PHI_COUNT ? types[type].name : "?"; }
const char *phi_withheld(enum phi_type type) { return (unsigned)type < PHI_COUNT ? types[type].withheld : ""; }

/* A row is compiled when a text needs it first: most need few. */
static enum err compile(struct phi *p, size_t row)
{
    int code = 0;
    size_t at = 0;
    if (p->code[row]) return OK;
    p->code[row] = pcre2_compile((PCRE2_SPTR)phi_rows[row].pattern, PCRE2_ZERO_TERMINATED,
                                 phi_rows[row].flags & PHI_CASED ? 0 : PCRE2_CASELESS, &code, &at, NULL);
    return p->code[row] ? OK : ERR_MEMORY;
}

enum err phi_new(struct phi **out)
{
    struct phi *p = calloc(1, sizeof *p);
    if (p == NULL) return ERR_MEMORY;
    for (size_t i = 0; i <= DEPTH; i++) p->level[i] = (struct level){ phi_view_make(), phi_plain_make() };
    p->found = pcre2_match_data_create(LENGTHS_MAX, NULL);
    if (p->found == NULL) {
        phi_free(p);
        return ERR_MEMORY;
    }
    *out = p;
    return OK;
}

void phi_free(struct phi *p)
{
    if (p == NULL) return;
    for (size_t i = 0; i < PHI_MAX_ROWS; i++) pcre2_code_free(p->code[i]);
    pcre2_match_data_free(p->found);
    for (size_t i = 0; i <= DEPTH; i++) {
        phi_view_free(&p->level[i].view);
        phi_plain_free(&p->level[i].plain);
    }
    free(p);
}

/* ---- one row over one text ---- */

struct search {
    struct phi *phi;
    const struct phi_known *known;
    struct phi_hits *hits;
};

static void add(struct phi_hits *hits, enum phi_type type, size_t from, size_t to, double score)
{
    for (size_t i = 0; i < hits->n; i++) {
        const struct phi_hit *h = &hits->hit[i];
        if (h->type == type && from < h->at + h->n && h->at < to) return;
    }
    if (hits->n < PHI_MAX_HITS) hits->hit[hits->n++] = (struct phi_hit){ type, from, to - from, score };
}

static bool whole_word(struct str s, size_t at, size_t n)
{
    return (at == 0 || !isalnum((unsigned char)s.p[at - 1])) && (at + n == s.n || !isalnum((unsigned char)s.p[at + n]));
}

static bool says(struct str s, struct str word)
{
    for (size_t i = 0; i + word.n <= s.n; i++)
        if (memcmp(s.p + i, word.p, word.n) == 0 && whole_word(s, i, word.n)) return true;
    return false;
}

static bool word_near(const struct phi_row *row, const struct phi_view *v, size_t from, size_t to)
{
    struct str rest = str_of(row->words);
    size_t begin = from > PHI_WORDS_BEFORE ? from - PHI_WORDS_BEFORE : 0;
    size_t end = v->lower.n - to > PHI_WORDS_AFTER ? to + PHI_WORDS_AFTER : v->lower.n;
    struct str around = { (const char *)v->lower.p + begin, end - begin };
    while (rest.n > 0)
        if (says(around, str_next(&rest, '|'))) return true;
    return false;
}

/* The end of the first of the lengths that passes, 0 when none does; *own: it is a name of ours. */
static size_t accepted(const struct search *s, const struct phi_row *row, const struct phi_view *v, int lengths,
                       bool *own)
{
    const size_t *pair = pcre2_get_ovector_pointer(s->phi->found);
    for (int k = 0; k < lengths; k++, pair += 2) {
        struct str value = { (const char *)v->text.p + pair[0], pair[1] - pair[0] };
        if (row->check && !row->check(value)) continue;
        *own = (row->flags & PHI_OWN) && s->known && s->known->is && s->known->is(s->known->to, value);
        return pair[1];
    }
    return 0;
}

static enum err search_row(const struct search *s, size_t row_at, const struct phi_view *v)
{
    const struct phi_row *row = &phi_rows[row_at];
    const uint32_t *origin = phi_view_at(v);
    size_t at = 0;
    TRY(compile(s->phi, row_at));
    while (at < v->text.n && s->hits->n < PHI_MAX_HITS) {
        int lengths = pcre2_dfa_match(s->phi->code[row_at], v->text.p, v->text.n, at, 0, s->phi->found, NULL,
                                      s->phi->workspace, WORKSPACE);
        if (lengths == PCRE2_ERROR_NOMATCH) return OK;
        if (lengths < 0) return ERR_LIMIT;
        size_t from = pcre2_get_ovector_pointer(s->phi->found)[0];
        bool own = false;
        size_t to = accepted(s, row, v, lengths ? lengths : LENGTHS_MAX, &own);
        double score = to == 0 || own ? 0 : row->words && word_near(row, v, from, to) ? row->near : row->alone;
        if (score >= HIT_FROM) add(s->hits, row->type, origin[from], origin[to], score);
        at = score >= HIT_FROM || own ? to : from + 1;
    }
    return OK;
}

/* ---- all rows over all that the text says ---- */

static bool has(const struct buf *text, bool digits, char need)
{
    if (need == '9') return digits;
    return need == 0 || memchr(text->p, need, text->n) != NULL;
}

static enum err search_view(const struct search *s, const struct phi_view *v)
{
    bool digits = false;
    for (size_t i = 0; i < v->text.n && !digits; i++) digits = isdigit(v->text.p[i]) != 0;
    if (v->text.n == 0) return OK;
    for (size_t i = 0; phi_rows[i].type != PHI_NONE; i++)
        if (has(&v->text, digits, phi_rows[i].need)) TRY(search_row(s, i, v));
    return OK;
}

static enum err look(const struct search *s, struct str text, const uint32_t *origin, size_t depth)
{
    static phi_unwrap_fn *const unwraps[] = { phi_unwrap_base64,  phi_unwrap_hex,  phi_unwrap_dump,
                                              phi_unwrap_escapes, phi_unwrap_gaps, phi_unwrap_seams };
    struct level *l = &s->phi->level[depth];
    TRY(phi_fold(text, origin, &l->view));
    TRY(search_view(s, &l->view));
    for (size_t i = 0; depth < DEPTH && i < sizeof unwraps / sizeof unwraps[0]; i++) {
        TRY(unwraps[i](buf_str(&l->view.text), phi_view_at(&l->view), &l->plain));
        if (l->plain.image_n > 0)
            add(s->hits, PHI_BIOMETRIC, l->plain.image_at, l->plain.image_at + l->plain.image_n, 1);
        if (l->plain.text.n > 0)
            TRY(look(s, buf_str(&l->plain.text), (const uint32_t *)(const void *)l->plain.at.p, depth + 1));
    }
    return OK;
}

void phi_scan(struct phi *p, struct str text, const struct phi_known *known, struct phi_hits *out)
{
    const struct search s = { p, known, out };
    out->n = 0;
    if (text.n == 0) return;
    enum err e = p && text.n <= PHI_MAX_BYTES ? look(&s, text, NULL, 0) : ERR_LIMIT;
    if (e != OK) add(out, PHI_UNSCANNED, 0, text.n, 1);
}
