#include "agents/coordinator/permitting.h"
#include "agents/coordinator/close.h"
#include "agents/coordinator/coordinator.h"
#include "agents/coordinator/journal.h"
#include "agents/coordinator/keep.h"
#include "agents/coordinator/publish.h"
#include "common/runtime/roster_log.h"
#include "common/terms/terms.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 20 };

bool permitting_wanted(const struct run *r) { return roster_log_guarded(agent_roster(r->home->agent)); }

bool permitting_takes(const struct run *r, const struct site *s)
{
    return s->membership == SITE_JOINED && s->joined_phase <= r->head.phase;
}

bool permitting_sums(const struct run *r, const struct site *s)
{
    bool out = s->refused_round == r->head.round || s->left_round == r->head.round;
    return permitting_takes(r, s) && !(out && r->head.round > 0);
}

static uint64_t sum_of(const struct run *r) { return r->task.aggregation.secure ? r->head.sums : 0; }

/* ---- asking ---- */

static enum err model_digest(struct run *r, uint64_t round, char out[PERMIT_DIGEST_BYTES])
{
    char tail[32];
    char key[STORE_MAX_KEY];
    return agent_digest(r->home->agent, journal_key(key, "model", r, journal_round_tail(round, tail)), out);
}

static void fill_privacy(const struct task *t, struct permit *p)
{
    static const enum privacy_mechanism mechanisms[] = { [NOISE_GAUSSIAN] = PRIVACY_GAUSSIAN,
                                                         [NOISE_LAPLACE] = PRIVACY_LAPLACE,
                                                         [NOISE_DP_SGD] = PRIVACY_SUBSAMPLED_GAUSSIAN,
                                                         [NOISE_DISTRIBUTED] = PRIVACY_DISTRIBUTED };
    p->noised = t->privacy.mechanism != NOISE_NONE;
    if (!p->noised) return;
    p->mechanism = mechanisms[t->privacy.mechanism];
    p->patients = task_hides_patients(t);
    p->clip = t->privacy.clip;
    p->epsilon = t->privacy.epsilon;
    p->delta = t->privacy.delta;
}

static struct permit_site site_of(const struct site *s, bool noised)
{
    struct permit_site out = { .records = s->records };
    (void)snprintf(out.jid, sizeof out.jid, "%s", s->jid);
    (void)snprintf(out.data, sizeof out.data, "%s", permit_name_fine(s->data) ? s->data : PERMIT_DATA);
    if (!noised) return out;
    out.noise = out.asked = s->cost_noise;
    out.rate = s->cost_rate;
    out.steps = (uint64_t)s->cost_steps;
    return out;
}

static enum err fill(struct run *r, enum permit_kind kind, struct arena *arena, struct permit *p)
{
    struct permit_site *sites = arena_array(arena, r->nsites + 1, sizeof *sites);
    if (sites == NULL) return ERR_MEMORY;
    *p = (struct permit){ .kind = kind,
                          .round = r->head.round,
                          .sum = kind == PERMIT_ROUND ? sum_of(r) : 0,
                          .rounds = r->head.rounds - r->head.round + 1,
                          .purpose = r->task.purpose,
                          .sites = sites };
    (void)snprintf(p->run, sizeof p->run, "%s", r->id);
    (void)snprintf(p->task, sizeof p->task, "%s", r->head.task);
    (void)snprintf(p->document, sizeof p->document, "%s", r->head.digest);
    if (kind == PERMIT_ROUND) p->training = terms_training(&r->task);
    if (kind == PERMIT_ROUND) fill_privacy(&r->task, p);
    for (size_t i = 0; i < r->nsites; i++)
        if ((p->sum ? permitting_sums : permitting_takes)(r, &r->sites[i]))
            sites[p->nsites++] = site_of(&r->sites[i], p->noised);
    return model_digest(r, kind == PERMIT_PUBLISH ? close_chosen_round(r, r->head.round) : r->head.round - 1, p->model);
}

/* To the one guardian; with several in the roster nobody is asked, and the deadline says so. */
static enum err tell(struct run *r, unsigned state, struct msg *m)
{
    const struct member *guardian = roster_log_keeper(agent_roster(r->home->agent));
    if (guardian == NULL) return OK;
    (void)snprintf(m->run, sizeof m->run, "%s", r->id);
    (void)snprintf(m->stage, sizeof m->stage, "%s", run_state_name(state));
    m->round = r->head.round;
    return agent_send(r->home->agent, guardian->jid, m);
}

static enum err ask(struct run *r, enum permit_kind kind, unsigned state)
{
    CLEANUP(arena_free) struct arena arena = arena_make(ARENA_BYTES);
    CLEANUP(buf_free) struct buf text = buf_make(ARENA_BYTES);
    struct msg m = msg_make(MSG_PERMIT_ASK, NULL);
    struct permit p;
    r->broken.text[0] = '\0';
    TRY(fill(r, kind, &arena, &p));
    permit_print(&p, &text);
    TRY(buf_err(&text));
    m.permit_ask.request = buf_str(&text);
    return tell(r, state, &m);
}

enum err permitting_ask(struct run *r)
{
    if (!permitting_wanted(r)) return OK;
    TRY(journal_drop(r, "permit", ""));
    return ask(r, PERMIT_ROUND, RUN_PERMITTING);
}

enum err permitting_ask_publish(struct run *r) { return ask(r, PERMIT_PUBLISH, RUN_PUBLISHING); }

static enum err get(struct run *r, const char *what, struct buf *out)
{
    *out = buf_make(PERMITTING_MAX_BYTES);
    enum err e = permitting_wanted(r) ? journal_get(r, what, "", out) : OK;
    return e == ERR_ABSENT ? OK : e;
}

enum err permitting_put(struct run *r, struct permitting_words *w, struct msg *round_start)
{
    TRY(get(r, "permit", &w->permit));
    TRY(get(r, "permit-proof", &w->proof));
    round_start->round_start.permit = buf_str(&w->permit);
    round_start->round_start.proof = buf_str(&w->proof);
    return OK;
}

void permitting_words_fini(struct permitting_words *w)
{
    buf_free(&w->permit);
    buf_free(&w->proof);
}

/* ---- the answer ---- */

static bool is_query(const struct msg *m) { return strcmp(m->stage, COUNTING_STAGE) == 0; }
/* ERR_CRYPTO with a sentence unless the guardian signed it; ERR_ABSENT when there is none. */
static enum err open_note(const struct run *r, struct str note, struct arena *arena, struct permit *out,
                          struct why *why)
{
    struct note_key key;
    const struct member *guardian = roster_log_keeper(agent_roster(r->home->agent));
    if (guardian == NULL || note.n == 0) return ERR_ABSENT;
    enum err e = roster_log_key(guardian, &key);
    if (e == ERR_ABSENT) return why_say(why, ERR_CRYPTO, "the roster has no key of the guardian's signature");
    TRY(e);
    return permit_open(note, &key, arena, out, why);
}

enum err permitting_sigma(struct run *r, double *out)
{
    CLEANUP(arena_free) struct arena arena = arena_make(ARENA_BYTES);
    CLEANUP(buf_free) struct buf note = buf_make(0);
    struct permit p;
    *out = 0;
    TRY(get(r, "permit", &note));
    enum err e = open_note(r, buf_str(&note), &arena, &p, NULL);
    if (e == OK && p.noised) *out = permit_raised(&p);
    return e == ERR_MEMORY ? e : OK; /* without a good one the hospitals refuse */
}

/* What is news to whoever watches. */
static enum err tell_noise(struct run *r, const struct permit *p)
{
    uint64_t last = p->round + p->lasts - 1;
    if (permit_raised(p) > permit_asked(p))
        TRY(feed_tell(r->home, "permit", r, NULL,
                      "round %" PRIu64
                      ": the guardian raised the noise from %.4g to %.4g: with what was asked for, the "
                      "budget covers %" PRIu64 " of the %" PRIu64 " rounds still to come",
                      p->round, permit_asked(p), permit_raised(p), p->covered, p->rounds));
    if (p->lasts == p->rounds) return OK;
    return feed_tell(r->home, "permit", r, NULL,
                     "round %" PRIu64 ": the guardian's budget runs out after round %" PRIu64 " of %" PRIu64, p->round,
                     last, r->head.rounds);
}

/* The run that waits for this answer, or NULL: what comes late means nothing. */
static struct run *waiting_run(struct coordinator *c, const struct msg *m)
{
    struct run *r = coordinator_run(c, m->run);
    bool waits = r && r->head.round == m->round && strcmp(m->stage, run_state_name(r->head.state)) == 0 &&
                 (r->head.state == RUN_PERMITTING || (r->head.state == RUN_PUBLISHING && !r->head.logged));
    if (waits) return r;
    c->counts.late++;
    return NULL;
}

static enum err permitted(struct run *r, const struct msg *m)
{
    CLEANUP(arena_free) struct arena arena = arena_make(ARENA_BYTES);
    struct permit p;
    struct why why = { "" };
    if (r->head.state == RUN_PUBLISHING) return publish_ask(r);
    enum err e = open_note(r, m->permit.note, &arena, &p, &why);
    if (e == ERR_MEMORY) return e;
    if (e != OK) {
        (void)why_say(&r->broken, ERR_REFUSED, "the guardian's permit is none: %s", why.text);
        return round_step(r, EVENT_DENIED, NULL);
    }
    if (p.sum != sum_of(r)) return r->home->counts.late++, OK; /* of a sum that was given up */
    TRY(tell_noise(r, &p));
    TRY(journal_put(r, "permit", "", str_bytes(m->permit.note)));
    TRY(journal_put(r, "permit-proof", "", str_bytes(m->permit.proof)));
    return round_step(r, EVENT_PERMITTED, NULL);
}

enum err coordinator_on_permit(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    if (is_query(m)) return counting_permitted(self, m);
    struct run *r = waiting_run(self, m);
    return r ? keep_whole(permitted(r, m)) : OK;
}

enum err coordinator_on_permit_deny(struct agent *a, void *self, const struct msg *m)
{
    char text[RUN_WHY_BYTES];
    (void)a;
    if (is_query(m)) return counting_denied(self, m);
    struct run *r = waiting_run(self, m);
    if (r == NULL) return OK;
    (void)keep_text(m->permit_deny.text, text, sizeof text);
    bool publishes = r->head.state == RUN_PUBLISHING;
    (void)why_say(&r->broken, ERR_REFUSED, "the guardian gives no permit%s: %.300s",
                  publishes ? " to publish the model" : "", text);
    return keep_whole(round_step(r, publishes ? EVENT_BROKEN : EVENT_DENIED, NULL));
}

enum err coordinator_on_permit_revoke(struct agent *a, void *self, const struct msg *m)
{
    struct run *r = coordinator_run(self, m->run);
    char text[RUN_WHY_BYTES];
    if (r == NULL || run_over(r)) return OK;
    log_error(agent_log(a), "permit.revoked", L_NAME("run", r->id), L_U64("round", r->head.round));
    (void)keep_text(m->permit_revoke.text, text, sizeof text);
    (void)why_say(&r->broken, ERR_REFUSED, "the guardian raised an alarm: %.320s", text);
    return keep_whole(round_step(r, EVENT_DENIED, NULL));
}

/* ---- what was done ---- */

static uint64_t numbers_of(const struct model_spec *spec)
{
    struct tensor_shape shapes[MODEL_MAX_TENSORS];
    size_t n = model_shapes(spec, shapes);
    uint64_t numbers = 0;
    for (size_t i = 0; i < n; i++) numbers += tensor_shape_elements(&shapes[i]);
    return numbers;
}

enum err permitting_report(struct run *r)
{
    CLEANUP(buf_free) struct buf sites = buf_make(ARENA_BYTES);
    struct msg m = msg_make(MSG_ROUND_REPORT, NULL);
    char digest[PERMIT_DIGEST_BYTES];
    if (!permitting_wanted(r)) return OK;
    bool shares = r->task.privacy.mechanism == NOISE_DISTRIBUTED;
    for (size_t i = 0; i < r->nsites; i++)
        if (r->sites[i].counted_round == r->head.round)
            buf_addf(&sites, "%s %.17g %.17g\n", r->sites[i].jid, shares ? r->head.sum_sigma : r->sites[i].noise,
                     r->sites[i].norm);
    TRY(buf_err(&sites));
    TRY(model_digest(r, r->head.round, digest));
    m.round_report.sum = r->task.aggregation.secure ? r->head.sum_trained : 0;
    m.round_report.model = str_of(digest);
    m.round_report.numbers = numbers_of(&r->spec);
    m.round_report.sites = buf_str(&sites);
    m.round_report.mean = r->head.mean_norm;
    m.round_report.start = r->head.start_norm;
    if (shares) m.round_report.noise = r->head.sum_noise;
    if (shares) m.round_report.patients = r->head.sum_patients;
    return tell(r, RUN_PERMITTING, &m);
}
