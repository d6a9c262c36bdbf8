#include "common/privacy/permit.h"
#include "common/privacy/local.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

static const char head[] = "himas permit v1";
static const char *const units[] = { "site", "patient" };
static const char *const optimizers[] = { "sgd", "adam" };
static const char *const kinds[PERMIT_KINDS] = { "round", "publish", "query" };

const char *permit_kind_name(enum permit_kind k) { return k < PERMIT_KINDS ? kinds[k] : "unknown"; }

/* ---- writing ---- */

static void print_site(const struct permit_site *s, struct buf *out)
{
    buf_addf(out, "site %s records=%" PRIu64 " noise=%.17g rate=%.17g steps=%" PRIu64 " asked=%.17g data=%s\n", s->jid,
             s->records, s->noise, s->rate, s->steps, s->asked, s->data);
}

static void print_subject(const struct permit *p, struct buf *out)
{
    if (p->kind == PERMIT_QUERY)
        buf_addf(out, "rows %s\ncolumns %s\n", p->rows, p->columns);
    else
        buf_addf(out, "model %s\n", p->model);
}

static void print_training(const struct permit_training *t, struct buf *out)
{
    buf_addf(out, "train %s rate=%.17g decay=%.17g proximal=%.17g batch=%" PRIu64 "\n", optimizers[t->adam],
             t->learning_rate, t->weight_decay, t->proximal_mu, t->batch);
}

void permit_print(const struct permit *p, struct buf *out)
{
    buf_addf(out, "%s\nkind %s\nrun %s\nround %" PRIu64 "\nsum %" PRIu64 "\nrounds %" PRIu64 "\n", head,
             permit_kind_name(p->kind), p->run, p->round, p->sum, p->rounds);
    buf_addf(out, "task %s\npurpose %s\ndocument %s\n", p->task, purpose_name(p->purpose), p->document);
    print_subject(p, out);
    buf_addf(out, "mechanism %s\nunit %s\nclip %.17g\nepsilon %.17g\ndelta %.17g\n",
             p->noised ? accountant_mechanism_name(p->mechanism) : "none", units[p->patients], p->clip, p->epsilon,
             p->delta);
    print_training(&p->training, out);
    for (size_t i = 0; i < p->nsites; i++) print_site(&p->sites[i], out);
    if (p->serial == 0) return;
    buf_addf(out, "serial %" PRIu64 "\nissued %" PRIu64 "\nexpires %" PRIu64 "\nemergency %" PRIu64 "\n", p->serial,
             p->issued_ms, p->expires_ms, p->emergency);
    buf_addf(out, "covered %" PRIu64 "\nlasts %" PRIu64 "\n", p->covered, p->lasts);
}

/* ---- reading ---- */

/* The rest of the next line, which must begin with the word. */
static struct str after(struct str *text, const char *word)
{
    struct str line = str_next(text, '\n');
    struct str said = str_next(&line, ' ');
    return str_is(said, word) ? line : (struct str){ NULL, 0 };
}

static enum err name(struct str s, char *out, size_t size)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f) return ERR_INPUT;
    return s.n > 0 && str_copy(s, out, size) == OK ? OK : ERR_INPUT;
}

/* A column's name, which may hold blanks. */
static enum err words(struct str s, char *out)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f) return ERR_INPUT;
    return str_copy(s, out, PERMIT_NAME_BYTES) == OK ? OK : ERR_INPUT;
}

static enum err digest(struct str s, char out[PERMIT_DIGEST_BYTES])
{
    for (size_t i = 0; i < s.n; i++)
        if (strchr("0123456789abcdef", s.p[i]) == NULL || s.p[i] == '\0') return ERR_INPUT;
    return s.n == PERMIT_DIGEST_BYTES - 1 ? str_copy(s, out, PERMIT_DIGEST_BYTES) : ERR_INPUT;
}

bool permit_name_fine(const char *data)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t n = strlen(data);
    return n > 0 && n < PERMIT_NAME_BYTES && strspn(data, letters) == n;
}

static enum err count(struct str s, uint64_t *out) { return str_u64(s, out); }

static enum err real(struct str s, double *out)
{
    TRY(str_f64(s, out));
    return isfinite(*out) && *out >= 0 ? OK : ERR_INPUT;
}

static enum err named(struct str *line, const char *key, struct str *out)
{
    struct str value = str_next(line, ' ');
    struct str said = str_next(&value, '=');
    *out = value;
    return str_is(said, key) ? OK : ERR_INPUT;
}

static enum err read_site(struct str line, struct permit_site *s)
{
    struct str value;
    TRY(name(str_next(&line, ' '), s->jid, sizeof s->jid));
    TRY(named(&line, "records", &value));
    TRY(count(value, &s->records));
    TRY(named(&line, "noise", &value));
    TRY(real(value, &s->noise));
    TRY(named(&line, "rate", &value));
    TRY(real(value, &s->rate));
    TRY(named(&line, "steps", &value));
    TRY(count(value, &s->steps));
    TRY(named(&line, "asked", &value));
    TRY(real(value, &s->asked));
    TRY(named(&line, "data", &value));
    TRY(name(value, s->data, sizeof s->data));
    return line.n == 0 && permit_name_fine(s->data) && s->noise >= s->asked ? OK : ERR_INPUT;
}

static enum err read_sites(struct str *text, struct arena *arena, struct permit *p)
{
    struct permit_site *sites = arena_array(arena, PERMIT_MAX_SITES, sizeof *sites);
    if (sites == NULL) return ERR_MEMORY;
    while (str_starts(*text, "site ")) {
        if (p->nsites == PERMIT_MAX_SITES) return ERR_LIMIT;
        struct permit_site *s = &sites[p->nsites];
        *s = (struct permit_site){ .records = 0 };
        TRY(read_site(after(text, "site"), s));
        if (p->nsites > 0 && strcmp(s[-1].jid, s->jid) >= 0) return ERR_INPUT;
        p->nsites++;
    }
    p->sites = sites;
    return p->nsites > 0 ? OK : ERR_INPUT;
}

static enum err read_mechanism(struct str *text, struct permit *p)
{
    struct str said = after(text, "mechanism");
    p->noised = !str_is(said, "none");
    if (p->noised) TRY(accountant_mechanism(said, &p->mechanism));
    said = after(text, "unit");
    p->patients = str_is(said, units[1]);
    if (!p->patients && !str_is(said, units[0])) return ERR_INPUT;
    TRY(real(after(text, "clip"), &p->clip));
    TRY(real(after(text, "epsilon"), &p->epsilon));
    return real(after(text, "delta"), &p->delta);
}

static enum err read_training(struct str line, struct permit_training *t)
{
    struct str value = str_next(&line, ' ');
    t->adam = str_is(value, optimizers[1]);
    if (!t->adam && !str_is(value, optimizers[0])) return ERR_INPUT;
    TRY(named(&line, "rate", &value));
    TRY(real(value, &t->learning_rate));
    TRY(named(&line, "decay", &value));
    TRY(real(value, &t->weight_decay));
    TRY(named(&line, "proximal", &value));
    TRY(real(value, &t->proximal_mu));
    TRY(named(&line, "batch", &value));
    TRY(count(value, &t->batch));
    return line.n == 0 ? OK : ERR_INPUT;
}

static enum err read_granted(struct str *text, struct permit *p)
{
    if (text->n == 0) return OK;
    TRY(count(after(text, "serial"), &p->serial));
    TRY(count(after(text, "issued"), &p->issued_ms));
    TRY(count(after(text, "expires"), &p->expires_ms));
    TRY(count(after(text, "emergency"), &p->emergency));
    TRY(count(after(text, "covered"), &p->covered));
    return count(after(text, "lasts"), &p->lasts);
}

static enum err read_kind(struct str *text, enum permit_kind *out)
{
    struct str said = after(text, "kind");
    for (unsigned i = 0; i < PERMIT_KINDS; i++) {
        if (!str_is(said, kinds[i])) continue;
        *out = (enum permit_kind)i;
        return OK;
    }
    return ERR_INPUT;
}

static enum err read_subject(struct str *text, struct permit *p)
{
    if (p->kind != PERMIT_QUERY) return digest(after(text, "model"), p->model);
    TRY(words(after(text, "rows"), p->rows));
    return p->rows[0] ? words(after(text, "columns"), p->columns) : ERR_INPUT;
}

static enum err read_permit(struct str text, struct arena *arena, struct permit *p)
{
    if (!str_is(str_next(&text, '\n'), head)) return ERR_INPUT;
    TRY(read_kind(&text, &p->kind));
    TRY(name(after(&text, "run"), p->run, sizeof p->run));
    TRY(count(after(&text, "round"), &p->round));
    TRY(count(after(&text, "sum"), &p->sum));
    TRY(count(after(&text, "rounds"), &p->rounds));
    TRY(name(after(&text, "task"), p->task, sizeof p->task));
    TRY(purpose_parse(after(&text, "purpose"), &p->purpose));
    TRY(digest(after(&text, "document"), p->document));
    TRY(read_subject(&text, p));
    TRY(read_mechanism(&text, p));
    TRY(read_training(after(&text, "train"), &p->training));
    TRY(read_sites(&text, arena, p));
    return read_granted(&text, p);
}

/* What is read is written again: only the one spelling is a permit. */
enum err permit_parse(struct str text, struct arena *arena, struct permit *out, struct why *why)
{
    CLEANUP(buf_free) struct buf again = buf_make(2 * PERMIT_MAX_BYTES);
    struct permit p = { .round = 0 };
    if (text.n > PERMIT_MAX_BYTES)
        return why_say(why, ERR_LIMIT, "the permit is longer than %d bytes: too many hospitals", PERMIT_MAX_BYTES);
    enum err e = read_permit(text, arena, &p);
    if (e == ERR_MEMORY) return e;
    if (e == ERR_LIMIT) return why_say(why, e, "the permit names more than %d hospitals", PERMIT_MAX_SITES);
    if (e == OK) {
        permit_print(&p, &again);
        TRY(buf_err(&again));
    }
    if (e != OK || p.round == 0 || p.rounds == 0 || !str_eq(buf_str(&again), text))
        return why_say(why, ERR_INPUT, "this is no permit, or not spelled as permits are");
    *out = p;
    return OK;
}

/* ---- looking ---- */

const struct permit_site *permit_site(const struct permit *p, struct str jid)
{
    for (size_t i = 0; i < p->nsites; i++)
        if (str_is(jid, p->sites[i].jid)) return &p->sites[i];
    return NULL;
}

struct privacy_event permit_event(const struct permit *p, const struct permit_site *s)
{
    return (struct privacy_event){ .mechanism = p->mechanism,
                                   .noise = s->noise,
                                   .steps = s->steps,
                                   .clip = p->clip,
                                   .epsilon = p->epsilon,
                                   .delta = p->delta,
                                   .rate = s->rate };
}

double permit_asked(const struct permit *p)
{
    double most = 0;
    for (size_t i = 0; i < p->nsites; i++) most = fmax(most, p->sites[i].asked);
    return most;
}

double permit_raised(const struct permit *p)
{
    double most = 0;
    for (size_t i = 0; i < p->nsites; i++) most = fmax(most, p->sites[i].noise);
    return most;
}

double permit_deviation(const struct permit *p, const struct permit_site *s)
{
    if (!p->noised) return 0;
    if (p->mechanism == PRIVACY_DISTRIBUTED) return s->noise;
    if (p->mechanism == PRIVACY_SUBSAMPLED_GAUSSIAN) return s->noise * p->clip;
    return local_deviation(p->mechanism, s->noise * LOCAL_SENSITIVITY * p->clip);
}

/* ---- signing ---- */

enum err permit_sign(const struct permit *p, const struct note_key *key, const struct sign_key *secret, struct buf *out)
{
    CLEANUP(buf_free) struct buf text = buf_make(PERMIT_MAX_BYTES);
    permit_print(p, &text);
    TRY(buf_err(&text));
    return note_sign(key, secret, buf_str(&text), out);
}

enum err permit_open(struct str note, const struct note_key *guardian, struct arena *arena, struct permit *out,
                     struct why *why)
{
    struct note parsed;
    struct note_seen seen = { .valid = false };
    enum err e = note_parse(note, &parsed, NULL);
    if (e == OK) e = note_verify(&parsed, guardian, 1, &seen);
    if (e == ERR_MEMORY) return e;
    if (e != OK || !seen.valid) return why_say(why, ERR_CRYPTO, "the permit is not signed by the guardian");
    TRY(permit_parse(parsed.text, arena, out, why));
    return out->serial ? OK : why_say(why, ERR_CRYPTO, "the permit has no number");
}

/* ---- a hospital's own look ---- */

static enum err check_subject(const struct permit *p, const struct permit_wish *w, struct why *why)
{
    if (p->kind != PERMIT_QUERY && strcmp(p->model, w->model) != 0)
        return why_say(why, ERR_REFUSED, "the permit is for another model than the one that came");
    if (p->kind == PERMIT_QUERY &&
        (strcmp(p->document, w->document) != 0 || strcmp(p->rows, w->rows) != 0 || strcmp(p->columns, w->columns) != 0))
        return why_say(why, ERR_REFUSED, "the permit is for another question than the one that came");
    return OK;
}

static bool trains_alike(const struct permit_training *a, const struct permit_training *b)
{
    return a->adam == b->adam && a->learning_rate == b->learning_rate && a->weight_decay == b->weight_decay &&
           a->proximal_mu == b->proximal_mu && a->batch == b->batch;
}

enum err permit_check(const struct permit *p, const struct permit_wish *w, struct why *why)
{
    const struct permit_site *s = permit_site(p, str_of(w->jid));
    if (p->kind != w->kind)
        return why_say(why, ERR_REFUSED, "the permit is of kind %s, and %s is wanted", permit_kind_name(p->kind),
                       permit_kind_name(w->kind));
    if (strcmp(p->run, w->run) != 0 || p->round != w->round)
        return why_say(why, ERR_REFUSED, "the permit is for round %" PRIu64 " of %s", p->round, p->run);
    if (p->sum != w->sum)
        return why_say(why, ERR_STATE, "the permit is for secure sum %" PRIu64 ", and this is %" PRIu64, p->sum,
                       w->sum);
    TRY(check_subject(p, w, why));
    if (w->training && !trains_alike(&p->training, w->training))
        return why_say(why, ERR_REFUSED,
                       "the permit is for another optimizer, learning rate, decay or batch than the task's");
    if (w->now_ms > p->expires_ms) return why_say(why, ERR_REFUSED, "the permit has expired");
    if (s == NULL) return why_say(why, ERR_REFUSED, "the permit does not name this hospital");
    if (w->counted && s->records == 0)
        return why_say(why, ERR_REFUSED, "the permit was asked for without this hospital's number of records");
    if (strcmp(s->data, w->data) != 0)
        return why_say(why, ERR_REFUSED, "the permit is for data set %s of this hospital, which holds %s", s->data,
                       w->data);
    if (p->noised && s->noise < w->noise_min)
        return why_say(why, ERR_REFUSED, "the permit has noise %.4g for this hospital, whose least is %.4g", s->noise,
                       w->noise_min);
    return OK;
}
