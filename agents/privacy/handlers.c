/* What the guardian does on each message. */
#include "agents/privacy/guardian.h"
#include "common/privacy/audit_words.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NOTE_BYTES = 1 << 17, PROOF_BYTES = LOGBOOK_PROOF_MAX_BYTES };

/* ---- may it be done? ---- */

enum err guardian_deny(struct guardian *g, const struct msg *m, enum err code, const char *text)
{
    char key[STORE_MAX_KEY];
    struct msg said = msg_make(MSG_PERMIT_DENY, m);
    said.permit_deny.code = str_of(err_name(code));
    said.permit_deny.text = str_of(text);
    memcpy(said.in_reply_to, m->id, sizeof said.in_reply_to);
    TRY(tlog_may_add(&g->log, m->from));
    g->vetoes++;
    (void)snprintf(key, sizeof key, "veto/%s/%010" PRIu64, m->run, m->round);
    TRY(agent_put(g->agent, key, str_bytes(str_of(text))));
    TRY(tlog_add(&g->log, NULL, "veto run=%s round=%" PRIu64 " code=%s", m->run, m->round, err_name(code)));
    log_warn(agent_log(g->agent), "permit.denied", L_NAME("run", m->run), L_U64("round", m->round), L_ERR(code));
    return agent_send(g->agent, m->from, &said);
}

static enum err permit(struct guardian *g, const struct msg *m, struct permit_name name, struct str note)
{
    CLEANUP(buf_free) struct buf proof = buf_make(PROOF_BYTES);
    char key[STORE_MAX_KEY];
    struct msg said = msg_make(MSG_PERMIT, m);
    TRY(agent_get(g->agent, guardian_proof_key(key, name), &proof));
    said.permit.note = note;
    said.permit.proof = buf_str(&proof);
    memcpy(said.in_reply_to, m->id, sizeof said.in_reply_to);
    return agent_send(g->agent, m->from, &said); /* also later (publishing.c) */
}

static enum err must_be_trainers(struct guardian *g, const struct permit *p, struct why *why)
{
    for (size_t i = 0; i < p->nsites; i++) {
        const struct member *who = roster_find(agent_roster(g->agent), str_of(p->sites[i].jid));
        if (who == NULL || who->role != ROLE_TRAINER)
            return why_say(why, ERR_REFUSED, "%.200s is no hospital of the guardian's roster", p->sites[i].jid);
        TRY(guardian_alarmed(g, p->sites[i].jid, why));
    }
    return guardian_alarmed(g, p->run, why);
}

/* The policy's veto may be suspended by two officers; nothing else is. */
static enum err judge(struct guardian *g, struct permit *p, struct why *why)
{
    const struct breakglass_case *open = breakglass_open(&g->breakglass, p->run, agent_wall_ms(g->agent));
    TRY(must_be_trainers(g, p, why));
    enum err e = veto_check(&g->veto, p, why);
    if (e == ERR_REFUSED && g->veto.set && open) {
        p->emergency = open->number;
        e = OK;
    }
    return e;
}

static enum err copy_sites(const struct permit *p, struct arena *arena, struct permit_site **out)
{
    *out = arena_array(arena, p->nsites + 1, sizeof **out);
    if (*out == NULL) return ERR_MEMORY;
    memcpy(*out, p->sites, p->nsites * sizeof **out);
    return OK;
}

/* Asked again, the same bytes are the answer, and nothing is charged. */
static enum err repeat(struct guardian *g, const struct msg *m, struct permit *given, struct arena *arena,
                       struct str note)
{
    CLEANUP(buf_free) struct buf asked = buf_make(NOTE_BYTES);
    struct permit_site *sites;
    TRY(copy_sites(given, arena, &sites));
    for (size_t i = 0; i < given->nsites; i++) sites[i].noise = sites[i].asked;
    given->sites = sites;
    const struct permit_name name = guardian_permit_name(given);
    given->serial = 0;
    permit_print(given, &asked);
    TRY(buf_err(&asked));
    if (str_eq(buf_str(&asked), m->permit_ask.request)) return permit(g, m, name, note);
    return guardian_deny(g, m, ERR_REFUSED, "there is a permit of this name for something else");
}

static enum err enter_log(struct guardian *g, const struct permit *p)
{
    CLEANUP(buf_free) struct buf entry = buf_make(LOGBOOK_ENTRY_BYTES);
    CLEANUP(buf_free) struct buf proof = buf_make(PROOF_BYTES);
    char key[STORE_MAX_KEY];
    uint64_t index = 0;
    for (size_t i = 0; p->noised && i < p->nsites; i++)
        TRY(tlog_add(&g->log, NULL,
                     "spend run=%s round=%" PRIu64 " sum=%" PRIu64
                     " hospital=%s unit=%s mechanism=%s noise=%.17g rate=%.17g steps=%" PRIu64,
                     p->run, p->round, p->sum, p->sites[i].jid, p->patients ? "patient" : "site",
                     accountant_mechanism_name(p->mechanism), p->sites[i].noise, p->sites[i].rate, p->sites[i].steps));
    TRY(permit_entry(p, &entry));
    TRY(tlog_add(&g->log, &index, STR_F, STR_ARG(buf_str(&entry))));
    TRY(tlog_signed_at(&g->log, index, guardian_permit_key(key, guardian_permit_name(p))));
    TRY(tlog_sign(&g->log));
    TRY(tlog_proof(&g->log, index, g->log.newest, &proof));
    return agent_put(g->agent, guardian_proof_key(key, guardian_permit_name(p)), buf_bytes(&proof));
}

/* The run ends with that. */
static enum err refuse(struct guardian *g, const struct msg *m, const struct permit *p, enum err code, const char *text)
{
    TRY(guardian_run_over(g, p->run));
    return guardian_deny(g, m, code, text);
}

static enum err grant(struct guardian *g, const struct msg *m, struct permit *p, struct arena *arena)
{
    CLEANUP(buf_free) struct buf note = buf_make(NOTE_BYTES);
    struct why why = { "" };
    struct permit_site *sites;
    TRY(copy_sites(p, arena, &sites));
    enum err e = judge(g, p, &why);
    if (e == OK) e = ledger_ration(&g->ledger, g->veto.noise_max, p, sites, &why);
    if (e == OK) e = ledger_reserve(&g->ledger, p, &why);
    if (e == ERR_MEMORY || err_class(e) == ERR_CLASS_ENV) return e;
    if (e != OK) return refuse(g, m, p, e, why.text);
    e = guardian_permit_make(g, p, &note);
    if (e == OK) e = enter_log(g, p);
    if (e == OK && p->kind == PERMIT_PUBLISH) e = guardian_run_over(g, p->run);
    if (e != OK) return ERR_STORE; /* the ledger in memory is ahead of the store */
    g->permits++;
    log_info(agent_log(g->agent), "permit.given", L_NAME("run", p->run), L_U64("round", p->round), L_U64("sum", p->sum),
             L_U64("serial", p->serial), L_U64("hospitals", p->nsites), L_U64("emergency", p->emergency),
             L_U64("lasts", p->lasts));
    return permit(g, m, guardian_permit_name(p), buf_str(&note)) == OK ? OK : ERR_STORE;
}

static enum err judge_new(struct guardian *g, const struct msg *m, struct permit *p, struct arena *arena)
{
    bool known = false;
    TRY(guardian_may_publish(g, p, &known));
    return known ? grant(g, m, p, arena) : guardian_publish_later(g, m);
}

static bool as_asked(const struct permit *p)
{
    for (size_t i = 0; i < p->nsites; i++)
        if (p->sites[i].noise != p->sites[i].asked) return false;
    return true;
}

enum err guardian_on_permit_ask(struct agent *a, void *self, const struct msg *m)
{
    CLEANUP(arena_free) struct arena arena = arena_make(GUARDIAN_ARENA_BYTES);
    CLEANUP(buf_free) struct buf note = buf_make(NOTE_BYTES);
    struct guardian *g = self;
    struct why why = { "" };
    struct permit p, given;
    (void)a;
    enum err e = permit_parse(m->permit_ask.request, &arena, &p, &why);
    if (e == ERR_MEMORY) return e;
    if (e != OK) return guardian_deny(g, m, e, why.text);
    if (strcmp(p.run, m->run) != 0 || p.round != m->round || p.serial != 0 || !as_asked(&p))
        return guardian_deny(g, m, ERR_PROTO, "what is asked for is not the round that the message is about");
    e = guardian_permit_get(g, guardian_permit_name(&p), &arena, &given, &note);
    if (e == ERR_ABSENT) return judge_new(g, m, &p, &arena);
    return e == OK ? repeat(g, m, &given, &arena, buf_str(&note)) : ERR_STORE;
}

/* ---- what does a training give away? ---- */

static void put_row(void *to, const char *const cells[]) { result_row(to, cells); }

static void show(const struct audit *a, struct result *out)
{
    CLEANUP(buf_free) struct buf text = buf_make(RESULT_MAX_BYTES);
    audit_sentences(a, &text);
    result_say(out, STR_F, STR_ARG(str_trim(buf_str(&text))));
    result_columns(out, audit_columns);
    audit_rows(a, put_row, out);
}

static void answer(struct guardian *g, const struct msg *m, const struct audit *found)
{
    CLEANUP(result_free) struct result r;
    result_init(&r);
    if (found)
        show(found, &r);
    else
        result_say(&r, "%s: " STR_F, m->from, STR_ARG(m->audit.text));
    for (size_t i = 0; i < GUARDIAN_AUDITS; i++) {
        if (g->audits[i].call == 0 || strcmp(g->audits[i].jid, m->from) != 0) continue;
        agent_answer(g->agent, g->audits[i].call, &r);
        g->audits[i].call = 0;
    }
}

enum err guardian_on_audit(struct agent *a, void *self, const struct msg *m)
{
    struct guardian *g = self;
    struct audit found;
    char text[GUARDIAN_TEXT_BYTES];
    bool good = str_is(m->audit.code, "OK");
    if (good && audit_read(m->audit.results.p, m->audit.results.n, &found) != OK) return ERR_PROTO;
    log_info(agent_log(a), "audit.heard", L_NAME("from", m->from), L_NAME("found", good ? "yes" : "no"));
    answer(g, m, good ? &found : NULL);
    if (!good || !audit_alarm(&found)) return OK;
    (void)snprintf(text, sizeof text, "an audit at %.200s proved epsilon %.4f where %.4f is accounted for", m->from,
                   found.rows[found.n - 1].epsilon_low, found.epsilon);
    return guardian_alarm(g, m->from, text);
}
