#include "cli/hipaa.h"
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES = 16000, OTHERS = 077, LINE_SHOWN = 100, TESTS_FIRST = 256 };

/* What one clause comes to. */
struct finding {
    struct buf found, evidence, gap;
    size_t passed, failed;
};

static const char *const kinds[HIPAA_KINDS] = { "the broker's configuration", "an agent's settings",
                                                "a hospital's policy" };

/* ---- settings ---- */

/* The first line that begins so, blanks and comments (# and --) apart; empty when there is none. */
static struct str line_of(struct str text, const char *find)
{
    while (text.n > 0) {
        struct str line = str_trim(str_next(&text, '\n'));
        if (!str_starts(line, find)) continue;
        size_t end = str_find(line, " --") < str_find(line, " #") ? str_find(line, " --") : str_find(line, " #");
        line.n = end < LINE_SHOWN ? end : LINE_SHOWN;
        return str_trim(line);
    }
    return (struct str){ NULL, 0 };
}

static void miss(struct finding *x, const char *what, const char *where)
{
    buf_addf(&x->gap, "- not found: %s (%s)\n", what, where);
}

static void look_line(const struct hipaa_facts *f, const struct hipaa_probe *p, struct finding *x)
{
    size_t with = 0;
    size_t without = 0;
    struct str shown = { NULL, 0 };
    for (size_t i = 0; i < f->nsources; i++) {
        if (f->sources[i].kind != p->source) continue;
        struct str line = line_of(f->sources[i].text, p->find);
        if (line.n == 0) {
            without++;
            miss(x, p->means, f->sources[i].name);
            continue;
        }
        with++;
        shown = line;
    }
    if (with + without == 0) miss(x, p->means, kinds[p->source]);
    if (with == 0) return;
    buf_addf(&x->found, "- %s: `" STR_F "`", p->means, STR_ARG(shown));
    buf_addf(&x->found, with > 1 ? " and alike in %zu files\n" : " in %zu file\n", with);
}

static void look_private(const struct hipaa_facts *f, const struct hipaa_probe *p, struct finding *x)
{
    size_t closed = 0;
    size_t open = 0;
    for (size_t i = 0; i < f->nsources; i++) {
        if (f->sources[i].kind != p->source) continue;
        bool bad = (f->sources[i].mode & OTHERS) != 0;
        closed += !bad;
        open += bad;
        if (bad)
            buf_addf(&x->gap, "- the file of %s has mode %o: others may read it\n", f->sources[i].name,
                     f->sources[i].mode);
    }
    if (closed + open == 0) miss(x, p->means, kinds[p->source]);
    if (closed > 0) buf_addf(&x->found, "- %s: %zu files of mode 0600 or less\n", p->means, closed);
}

static void look_members(const struct hipaa_facts *f, const struct hipaa_probe *p, struct finding *x)
{
    size_t n = 0;
    for (size_t i = 0; f->roster && i < roster_count(f->roster); i++)
        n += (roster_at(f->roster, i)->role & p->role) != 0;
    if (n < p->least)
        buf_addf(&x->gap, "- not found: %s; the roster has %zu\n", p->means, n);
    else
        buf_addf(&x->found, "- %s: the roster has %zu\n", p->means, n);
}

static void look_keys(const struct hipaa_facts *f, const struct hipaa_probe *p, struct finding *x)
{
    size_t agents = 0;
    for (size_t i = 0; f->roster && i < roster_count(f->roster); i++) {
        const struct member *m = roster_at(f->roster, i);
        if (!(m->role & ROLE_AGENTS)) continue;
        agents++;
        if (!m->has_key || !m->has_sign) miss(x, p->means, m->name);
    }
    if (agents == 0) miss(x, p->means, "the roster");
    if (agents > 0) buf_addf(&x->found, "- %s: the roster has %zu agents\n", p->means, agents);
}

static void look(const struct hipaa_facts *f, const struct hipaa_probe *p, struct finding *x)
{
    static void (*const looks[])(const struct hipaa_facts *f, const struct hipaa_probe *p, struct finding *x) = {
        [HIPAA_LINE] = look_line,
        [HIPAA_PRIVATE] = look_private,
        [HIPAA_MEMBERS] = look_members,
        [HIPAA_KEYS] = look_keys,
    };
    looks[p->kind](f, p, x);
}

/* ---- tests ---- */

static bool about(const struct hipaa_row *row, struct str name)
{
    for (size_t i = 0; i < HIPAA_MAX_EVIDENCE && row->evidence[i]; i++)
        if (str_find(name, row->evidence[i]) < name.n) return true;
    return false;
}

static void weigh_tests(const struct hipaa_facts *f, const struct hipaa_row *row, struct finding *x)
{
    for (size_t i = 0; i < f->ntests; i++) {
        const struct hipaa_test *t = &f->tests[i];
        if (t->skipped || !about(row, t->name)) continue;
        x->passed += t->passed;
        x->failed += !t->passed;
        if (!t->passed) buf_addf(&x->gap, "- a test fails: " STR_F "\n", STR_ARG(t->name));
        if (!t->passed || x->passed <= HIPAA_NAMED)
            buf_addf(&x->evidence, "- %s: " STR_F "\n", t->passed ? "passed" : "FAILED", STR_ARG(t->name));
    }
    if (x->passed > HIPAA_NAMED) buf_addf(&x->evidence, "- and %zu more that passed\n", x->passed - HIPAA_NAMED);
    if (x->passed + x->failed == 0)
        buf_addf(&x->gap, "- no test evidence: %s\n",
                 f->results ? "no test of this clause is in the results" : "no results were given");
}

/* ---- the page ---- */

static const char *verdict(const struct finding *x)
{
    if (x->gap.n == 0) return "shown";
    return x->found.n > 0 || x->passed > 0 ? "shown in part" : "not shown";
}

static void part(struct buf *out, const char *title, const struct buf *text, const char *otherwise)
{
    buf_addf(out, "%s:\n\n%s\n", title, text->n ? (const char *)text->p : otherwise);
}

static struct finding judge(const struct hipaa_facts *f, const struct hipaa_row *row)
{
    struct finding x = { .found = buf_make(TEXT_BYTES), .evidence = buf_make(TEXT_BYTES), .gap = buf_make(TEXT_BYTES) };
    for (size_t i = 0; i < HIPAA_MAX_PROBES && row->probes[i].kind != HIPAA_NO_PROBE; i++) look(f, &row->probes[i], &x);
    weigh_tests(f, row, &x);
    if (row->outside) buf_addf(&x.gap, "- left to the site: %s\n", row->outside);
    return x;
}

static void finding_free(struct finding *x)
{
    buf_free(&x->found);
    buf_free(&x->evidence);
    buf_free(&x->gap);
}

static void print_row(const struct hipaa_facts *f, const struct hipaa_row *row, struct buf *out)
{
    struct finding x CLEANUP(finding_free) = judge(f, row);
    buf_addf(out, "\n## %s %s (%s): %s\n\nControl: %s\n\n", row->clause, row->title, row->need, verdict(&x),
             row->control);
    part(out, "Settings found", &x.found, "- none\n");
    part(out, "Evidence", &x.evidence, "- none\n");
    part(out, "Gap", &x.gap, "- none found\n");
}

static void print_summary(const struct hipaa_facts *f, struct buf *out)
{
    buf_add_z(out, "| clause | what | need | state | tests passed | failed |\n|---|---|---|---|---|---|\n");
    for (const struct hipaa_row *row = hipaa_rows; row->clause; row++) {
        struct finding x CLEANUP(finding_free) = judge(f, row);
        buf_addf(out, "| %s | %s | %s | %s | %zu | %zu |\n", row->clause, row->title, row->need, verdict(&x), x.passed,
                 x.failed);
    }
}

void hipaa_print(const struct hipaa_facts *f, struct buf *out)
{
    buf_addf(
        out,
        "# Technical safeguards: 45 CFR 164.312\n\n"
        "Made by himas %s from %s: %zu configuration files, %zu members of the roster, %zu test results. It says what "
        "was\n"
        "found and what was not; it is no legal opinion. Addressable means: done, or the alternative documented.\n\n",
        HIMAS_VERSION, f->folder, f->nsources, f->roster ? roster_count(f->roster) : 0, f->ntests);
    print_summary(f, out);
    for (const struct hipaa_row *row = hipaa_rows; row->clause; row++) print_row(f, row, out);
}

/* ---- TAP ---- */

static enum err add_test(struct hipaa_test **tests, size_t *n, struct hipaa_test t)
{
    bool full = *n == 0 || (*n >= TESTS_FIRST && (*n & (*n - 1)) == 0);
    if (full) {
        struct hipaa_test *more = realloc(*tests, (*n == 0 ? TESTS_FIRST : 2 * *n) * sizeof *more);
        if (more == NULL) return ERR_MEMORY;
        *tests = more;
    }
    (*tests)[(*n)++] = t;
    return OK;
}

enum err hipaa_read_tap(struct str text, struct hipaa_test **out, size_t *n)
{
    while (text.n > 0) {
        struct str line = str_trim(str_next(&text, '\n'));
        struct hipaa_test t = { .passed = str_starts(line, "ok ") };
        if (!t.passed && !str_starts(line, "not ok ")) continue;
        size_t at = str_find(line, " - ");
        if (at == line.n) continue;
        t.name = str_trim((struct str){ line.p + at + 3, line.n - at - 3 });
        t.skipped = str_find(t.name, "# SKIP") < t.name.n || str_find(t.name, "# skip") < t.name.n;
        TRY(add_test(out, n, t));
    }
    return OK;
}
