#include "tests/sim/crooked.h"
#include "agents/coordinator/global.h"
#include "agents/coordinator/secure_round.h"
#include "common/base/file.h"
#include "common/crypto/encode.h"
#include "common/learn/safetensors.h"
#include "common/privacy/permit.h"
#include "common/privacy/secagg_list.h"
#include "common/runtime/roster_log.h"
#include "tests/sim/keeper.h"
#include "tests/support/secagg_world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct agent_def trainer_agent;

enum { MODEL_BYTES = 1 << 16, LIMIT_MS = 120000, ROUND = 1, LAST = CROOKED_SITES - 1 };
static const char *const names[CROOKED_SITES] = { "hospital-0", "hospital-1", "hospital-2", "hospital-3" };

struct crooked { /* the agent's state */
    struct agent *agent;
    enum mischief mischief;
    struct run run;
    struct buf model, other_model, adverts, old_adverts, request;
    struct buf permits[2], proofs[2]; /* for the model and for the other one; empty without a guardian */
    struct secure_round *sum;
    uint64_t number;
    unsigned in; /* answers of the present stage */
    bool cheated;
    struct crooked_end end;
};

/* ---- words ---- */

static const struct member *who(const struct crooked *c, size_t i)
{
    return roster_by_name(agent_roster(c->agent), str_of(names[i]));
}

static size_t place_of(const struct crooked *c, const char *jid)
{
    size_t i = 0;
    while (i < LAST && strcmp(who(c, i)->jid, jid) != 0) i++;
    return i;
}

static struct msg word(const struct crooked *c, enum msg_type type, const char *stage)
{
    struct msg m = msg_make(type, NULL);
    (void)snprintf(m.run, sizeof m.run, "%s", c->run.id);
    (void)snprintf(m.stage, sizeof m.stage, "%s", stage);
    m.round = ROUND;
    return m;
}

static enum err tell(struct crooked *c, size_t i, enum msg_type type, const char *stage, const struct buf *bytes)
{
    struct msg m = word(c, type, stage);
    m.secure_header.sum = c->number;
    msg_blob(&m)->data = buf_bytes(bytes);
    return agent_send(c->agent, who(c, i)->jid, &m);
}

static enum err send_model(struct crooked *c, size_t i, bool other)
{
    struct msg m = word(c, MSG_ROUND_START, "training");
    m.round_start.model.data = buf_bytes(other ? &c->other_model : &c->model);
    m.round_start.permit = buf_str(&c->permits[other]);
    m.round_start.proof = buf_str(&c->proofs[other]);
    return agent_send(c->agent, who(c, i)->jid, &m);
}

static enum err tell_all(struct crooked *c, enum msg_type type, const char *stage, const struct buf *bytes)
{
    for (size_t i = 0; i < CROOKED_SITES; i++) TRY(tell(c, i, type, stage, bytes));
    return OK;
}

/* ---- stage 1 ---- */

static enum err send_header(struct crooked *c, size_t i, const struct secagg_header *h, size_t listed)
{
    struct msg m = word(c, MSG_SECURE_HEADER, "keys");
    struct buf bytes CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);
    struct buf list CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    char header_hex[1000], signature_hex[2 * ED25519_SIGNATURE_BYTES + 1];
    TRY(secagg_header_encode(h, &bytes));
    TRY(secagg_header_sign(h, agent_sign_key(c->agent), signature));
    hex_encode(buf_bytes(&bytes), header_hex);
    hex_encode(bytes_of(signature, sizeof signature), signature_hex);
    for (size_t k = 0; k < listed; k++) buf_addf(&list, "%s\n", c->sum->jids[k]);
    m.secure_header.sum = c->number;
    m.secure_header.header = str_of(header_hex);
    m.secure_header.signature = str_of(signature_hex);
    m.secure_header.members = buf_str(&list);
    return agent_send(c->agent, who(c, i)->jid, &m);
}

static enum err spoil_header(const struct crooked *c, struct secagg_header *h)
{
    struct secagg_member members[CROOKED_SITES];
    struct secagg_roster roster = { members, CROOKED_SITES };
    memcpy(members, c->sum->members, sizeof members);
    if (c->mischief == LOW_THRESHOLD) h->threshold = 2;
    if (c->mischief == ONE_HONEST) h->adversaries = CROOKED_SITES - 1;
    if (c->mischief == ONE_HONEST) h->survivors = h->threshold = CROOKED_SITES;
    if (c->mischief == SMALL_COHORT) h->cohort = h->survivors = h->threshold = 2;
    if (c->mischief != FALSE_IDENTITY) return OK;
    memset(members[LAST].identity, 7, ED25519_KEY_BYTES);
    return secagg_roster_hash(&roster, h->roster_sha256);
}

static enum err begin_sum(struct crooked *c)
{
    struct secure_round_of of = { .run = &c->run, .number = ++c->number };
    struct why why = { "" };
    secure_round_free(c->sum);
    c->in = 0;
    c->sum = secure_round_new(CROOKED_SITES);
    if (c->sum == NULL) return ERR_MEMORY;
    for (size_t i = 0; i < CROOKED_SITES; i++) secure_round_add(c->sum, who(c, i)->jid, who(c, i)->sign);
    TRY(hash_of(buf_bytes(&c->model), of.model_sha256));
    TRY(secure_round_plan(c->sum, &of, &why));
    struct secagg_header h = c->sum->header;
    TRY(spoil_header(c, &h));
    for (size_t i = 0; i < CROOKED_SITES; i++)
        TRY(send_header(c, i, &h, c->mischief == SMALL_COHORT ? 2 : CROOKED_SITES));
    if (c->mischief != TWO_HEADERS) return OK;
    h.model_sha256[0] ^= 1;
    return send_header(c, LAST, &h, CROOKED_SITES);
}

/* ---- the guardian, who permits both models ---- */

static enum err ask_permit(struct crooked *c, const struct buf *model)
{
    struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
    struct buf text CLEANUP(buf_free) = buf_make(PERMIT_MAX_BYTES);
    struct msg m = word(c, MSG_PERMIT_ASK, "permitting");
    struct permit p = { .round = ROUND,
                        .sum = 1,
                        .rounds = 1,
                        .purpose = c->run.task.purpose,
                        .training = { .learning_rate = c->run.task.train.learning_rate,
                                      .batch = c->run.task.train.batch },
                        .nsites = CROOKED_SITES };
    struct permit_site *sites = arena_array(&arena, CROOKED_SITES, sizeof *sites);
    if (sites == NULL) return ERR_MEMORY;
    for (size_t i = 0; i < CROOKED_SITES; i++) {
        sites[i] = (struct permit_site){ .records = 1, .data = PERMIT_DATA };
        (void)snprintf(sites[i].jid, sizeof sites[i].jid, "%s", who(c, i)->jid);
    }
    p.sites = sites;
    (void)snprintf(p.run, sizeof p.run, "%s", c->run.id);
    (void)snprintf(p.task, sizeof p.task, "toy");
    (void)snprintf(p.document, sizeof p.document, "%s", c->run.head.digest);
    TRY(agent_sha256(buf_bytes(model), p.model));
    permit_print(&p, &text);
    TRY(buf_err(&text));
    m.permit_ask.request = buf_str(&text);
    return agent_send(c->agent, roster_log_keeper(agent_roster(c->agent))->jid, &m);
}

static enum err ask_permits(struct crooked *c)
{
    if (!roster_log_guarded(agent_roster(c->agent))) return begin_sum(c);
    TRY(ask_permit(c, &c->model));
    return ask_permit(c, &c->other_model);
}

static enum err hear_permit(struct agent *a, void *self, const struct msg *m)
{
    struct crooked *c = self;
    struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
    char model[PERMIT_DIGEST_BYTES];
    struct note_key key;
    struct permit p;
    TRY(roster_log_key(roster_log_keeper(agent_roster(a)), &key));
    TRY(permit_open(m->permit.note, &key, &arena, &p, NULL));
    TRY(agent_sha256(buf_bytes(&c->model), model));
    size_t other = strcmp(p.model, model) != 0;
    buf_add_str(&c->permits[other], m->permit.note);
    buf_add_str(&c->proofs[other], m->permit.proof);
    return c->permits[0].n > 0 && c->permits[1].n > 0 ? begin_sum(c) : OK;
}

/* ---- stages 2 to 5 ---- */

static enum err share(struct crooked *c)
{
    struct why why = { "" };
    struct buf false_adverts CLEANUP(buf_free) = buf_make(SECAGG_LIST_MAX);
    struct secagg_advert list[CROOKED_SITES];
    buf_clear(&c->adverts);
    TRY(secure_round_begin_sharing(c->sum, &c->adverts, &why));
    memcpy(list, c->sum->adverts, sizeof list);
    if (c->mischief == REPLAYED_KEYS && c->number == 1) {
        buf_add_str(&c->old_adverts, buf_str(&c->adverts));
        return begin_sum(c);
    }
    if (c->mischief == REPLAYED_KEYS) return tell_all(c, MSG_SECURE_SESSION, "shares", &c->old_adverts);
    if (c->mischief == SWAPPED_KEY) memset(list[0].mask_key, 9, X25519_BYTES);
    TRY(secagg_adverts_encode(list, c->mischief == SHRUNKEN_LIST ? 2 : CROOKED_SITES, &false_adverts));
    for (size_t i = 0; i < CROOKED_SITES; i++)
        TRY(tell(c, i, MSG_SECURE_SESSION, "shares",
                 i == LAST || c->mischief == SHRUNKEN_LIST ? &false_adverts : &c->adverts));
    return OK;
}

static enum err train(struct crooked *c)
{
    struct why why = { "" };
    TRY(secure_round_end_sharing(c->sum, &why));
    for (size_t i = 0; i < CROOKED_SITES; i++) {
        struct buf shares CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);
        TRY(secure_round_delivery(c->sum, (uint32_t)i + 1, &shares));
        TRY(tell(c, i, MSG_SECURE_DELIVERY, "training", &shares));
        TRY(send_model(c, i, i == LAST && c->mischief == OTHER_MODEL));
    }
    return OK;
}

/* Of the last hospital it is said that it dropped out, too, or instead. */
static enum err false_request(const struct crooked *c, bool both, struct buf *out)
{
    struct secagg_request r;
    TRY(secagg_server_request(c->sum->server, &r));
    r.dropped = (struct secagg_set){ .n = 1, .ids = { LAST + 1 } };
    if (!both) r.survivors.n--;
    return secagg_request_encode(&r, out);
}

static enum err ask_votes(struct crooked *c)
{
    struct why why = { "" };
    struct buf other CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);
    TRY(secure_round_end_inputs(c->sum, &c->request, &why));
    TRY(false_request(c, c->mischief == BOTH_SHARES, &other));
    for (size_t i = 0; i < CROOKED_SITES; i++) {
        bool cheat = c->mischief == BOTH_SHARES || (c->mischief == SPLIT_VIEW && i < 2);
        TRY(tell(c, i, MSG_SECURE_REQUEST, "consistency", cheat ? &other : &c->request));
    }
    return OK;
}

static enum err ask_answers(struct crooked *c)
{
    struct buf votes CLEANUP(buf_free) = buf_make(SECAGG_LIST_MAX);
    TRY(secure_round_votes(c->sum, &votes));
    return tell_all(c, MSG_SECURE_VOTES, "unmasking", &votes);
}

static enum err after(struct crooked *c)
{
    struct buf other CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);
    if (c->cheated || c->mischief < OTHER_HALF) return OK;
    c->cheated = true;
    if (c->mischief == OTHER_HALF) {
        TRY(false_request(c, false, &other));
        for (size_t i = 0; i < LAST; i++) TRY(tell(c, i, MSG_SECURE_REQUEST, "consistency", &other));
    }
    for (size_t i = 0; c->mischief == REPLAYED_SUM && i < CROOKED_SITES; i++)
        TRY(send_header(c, i, &c->sum->header, CROOKED_SITES));
    return OK;
}

/* ---- hearing ---- */

static enum err read_blob(struct crooked *c, const struct blob *b, struct buf *out)
{
    uint64_t n = agent_blob_bytes(c->agent, b);
    uint8_t *to = buf_grow(out, (size_t)n);
    return to ? agent_blob_read(c->agent, b, 0, (size_t)n, to) : buf_err(out);
}

static void overhear(struct crooked *c, struct crooked_site *s, struct bytes bytes)
{
    struct secagg_answer a CLEANUP(secagg_answer_wipe) = { .n = 0 };
    if (secagg_answer_parse(bytes, &a) != OK) return;
    for (size_t k = 0; k < a.n && a.shares[k].about <= CROOKED_SITES; k++) {
        unsigned *halves = &s->halves[a.shares[k].about];
        unsigned half = 1u << a.shares[k].half;
        c->end.both_halves += *halves != 0 && *halves != half;
        *halves |= half;
    }
}

/* With a split view votes differ, and a coordinator that cheats does not mind. */
static enum err keep(struct crooked *c, size_t i, const struct msg *m, struct bytes bytes)
{
    struct why why = { "" };
    uint32_t from = (uint32_t)i + 1;
    struct buf input CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);
    if (m->type == MSG_SECURE_KEYS) return secure_round_take_keys(c->sum, from, bytes, &why);
    if (m->type == MSG_SECURE_SHARES) return secure_round_take_shares(c->sum, from, bytes, &why);
    if (m->type == MSG_SECURE_VOTE) return (void)!secure_round_take_vote(c->sum, from, bytes, &why), OK;
    if (m->type == MSG_SECURE_ANSWER) return overhear(c, &c->end.sites[i], bytes), OK;
    uint8_t *to = buf_grow(&input, m->secure_input.input.n / 2);
    TRY(hex_decode(m->secure_input.input, to, input.n));
    const struct secagg_packed packed = world_packed(&bytes);
    return secure_round_take_input(c->sum, from, buf_bytes(&input), &packed, &why);
}

static enum err hear(struct agent *a, void *self, const struct msg *m)
{
    static enum err (*const next[MSG_COUNT])(struct crooked * c) = {
        [MSG_SECURE_KEYS] = share,       [MSG_SECURE_SHARES] = train, [MSG_SECURE_INPUT] = ask_votes,
        [MSG_SECURE_VOTE] = ask_answers, [MSG_SECURE_ANSWER] = after,
    };
    struct crooked *c = self;
    struct buf bytes CLEANUP(buf_free) = buf_make(MODEL_BYTES);
    struct msg copy = *m;
    size_t i = place_of(c, m->from);
    (void)a;
    if (c->end.sites[i].got[m->type]++ > 0 && m->type != MSG_SECURE_KEYS) return OK;
    TRY(read_blob(c, msg_blob(&copy), &bytes));
    if (keep(c, i, m, buf_bytes(&bytes)) != OK) return OK;
    if (++c->in < CROOKED_SITES) return OK;
    c->in = 0;
    return next[m->type](c);
}

static enum err hear_decline(struct agent *a, void *self, const struct msg *m)
{
    struct crooked *c = self;
    struct crooked_site *s = &c->end.sites[place_of(c, m->from)];
    (void)a;
    /* The first word counts, but for one that only follows from another, and may come before it. */
    if (s->got[m->type]++ > 0 && strcmp(s->code, "ERR_STATE") != 0) return OK;
    (void)snprintf(s->code, sizeof s->code, STR_F, STR_ARG(m->round_decline.code));
    (void)snprintf(s->text, sizeof s->text, STR_F, STR_ARG(m->round_decline.text));
    return OK;
}

static enum err hear_accept(struct agent *a, void *self, const struct msg *m)
{
    struct crooked *c = self;
    (void)a;
    if (c->end.sites[place_of(c, m->from)].got[m->type]++ > 0 || ++c->in < CROOKED_SITES) return OK;
    return ask_permits(c);
}

static enum err hear_join(struct agent *a, void *self, const struct msg *m)
{
    struct crooked *c = self;
    struct msg invite = word(c, MSG_RUN_INVITE, "inviting");
    (void)a;
    invite.round = 0;
    invite.run_invite.task = buf_str(&c->run.text);
    invite.run_invite.digest = str_of(c->run.head.digest);
    return c->end.sites[place_of(c, m->from)].got[m->type]++ ? OK : agent_send(c->agent, m->from, &invite);
}

static enum err ignore(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    (void)self;
    (void)m;
    return OK;
}

/* ---- the agent ---- */

static enum err crooked_init(struct agent *a, void *self, struct why *why)
{
    struct crooked *c = self;
    struct buf task CLEANUP(buf_free) = buf_make(TASK_MAX_BYTES);
    CLEANUP(tensor_set_drop) struct tensor_set *weights = NULL;
    c->agent = a;
    c->mischief = (enum mischief)settings_u64(agent_settings(a), "mischief");
    c->model = buf_make(MODEL_BYTES);
    c->other_model = buf_make(MODEL_BYTES);
    for (size_t i = 0; i < 2; i++) c->permits[i] = c->proofs[i] = buf_make(2 * PERMIT_MAX_BYTES);
    c->adverts = buf_make(SECAGG_LIST_MAX);
    c->old_adverts = buf_make(SECAGG_LIST_MAX);
    c->request = buf_make(SECAGG_MESSAGE_MAX);
    TRY(file_read(settings_text(agent_settings(a), "task"), &task, why));
    TRY(run_init(&c->run, buf_str(&task), why));
    TRY(agent_sha256(buf_bytes(&task), c->run.head.digest));
    (void)snprintf(c->run.id, sizeof c->run.id, "toy-1");
    c->run.head.quorum = c->run.task.rounds.quorum;
    TRY(model_init(&c->run.spec, 3, &weights));
    TRY(safetensors_encode(weights, NULL, 0, &c->model));
    buf_add_str(&c->other_model, buf_str(&c->model));
    TRY(buf_err(&c->other_model));
    c->other_model.p[c->other_model.n - 1] ^= 1;
    return OK;
}

static void crooked_fini(void *self)
{
    struct crooked *c = self;
    secure_round_free(c->sum);
    run_fini(&c->run);
    buf_free(&c->model);
    buf_free(&c->other_model);
    for (size_t i = 0; i < 2; i++) {
        buf_free(&c->permits[i]);
        buf_free(&c->proofs[i]);
    }
    buf_free(&c->adverts);
    buf_free(&c->old_adverts);
    buf_free(&c->request);
}

static const struct setting settings[] = { { "task", SET_PATH, NULL, 1, 200, "the task" },
                                           { "mischief", SET_COUNT, "0", 0, MISCHIEFS, "what it does" },
                                           { 0 } };
static const struct agent_handler handlers[] = {
    { MSG_JOIN, hear_join, MSG_NONE },           { MSG_HEARTBEAT, ignore, MSG_NONE },
    { MSG_RUN_ACCEPT, hear_accept, MSG_NONE },   { MSG_PERMIT, hear_permit, MSG_NONE },
    { MSG_RUN_DECLINE, hear_decline, MSG_NONE }, { MSG_ROUND_DECLINE, hear_decline, MSG_NONE },
    { MSG_SECURE_KEYS, hear, MSG_NONE },         { MSG_SECURE_SHARES, hear, MSG_NONE },
    { MSG_SECURE_INPUT, hear, MSG_NONE },        { MSG_SECURE_VOTE, hear, MSG_NONE },
    { MSG_SECURE_ANSWER, hear, MSG_NONE },       { 0 },
};
static const struct agent_def crooked_agent = {
    .name = "coordinator",
    .role = ROLE_COORDINATOR,
    .doc = "cheats",
    .peers = ROLE_TRAINER | ROLE_GUARDIAN,
    .state_size = sizeof(struct crooked),
    .init = crooked_init,
    .fini = crooked_fini,
    .settings = settings,
    .handlers = handlers,
};

static enum err add_agents(struct sim *s, const struct federation_files *files, enum mischief mischief, bool guarded,
                           struct why *why)
{
    char text[400];
    (void)snprintf(text, sizeof text, "task: %s/tasks/toy.yaml\nmischief: %d\n", files->dir, (int)mischief);
    TRY(sim_add(s, &crooked_agent, "coordinator", text, why));
    for (size_t i = 0; i < CROOKED_SITES; i++) {
        (void)snprintf(text, sizeof text, "records: %s/records-%zu.csv\npolicy: %s/policy.yaml\n", files->dir, i,
                       files->dir);
        TRY(sim_add(s, &trainer_agent, names[i], text, why));
    }
    if (guarded) TRY(sim_add(s, &keeper_agent, "guardian", "", why));
    return sim_start(s, why);
}

/* "refusal by=hospital-0@sim.local run=..." */
static enum err read_entry(void *to, const char *key, struct bytes entry)
{
    struct crooked_end *end = to;
    (void)key;
    for (size_t i = 0; i < CROOKED_SITES; i++) {
        char begins[60];
        char *logged = end->sites[i].logged;
        (void)snprintf(begins, sizeof begins, "refusal by=%s@", names[i]);
        size_t n = strlen(logged);
        if (str_starts(bytes_str(entry), begins))
            (void)snprintf(logged + n, sizeof end->sites[i].logged - n, STR_F "\n", STR_ARG(bytes_str(entry)));
    }
    return OK;
}

static enum err look_back(struct sim *s, bool guarded, struct crooked_end *out, struct why *why)
{
    *out = ((const struct crooked *)core_state(sim_agent(s, "coordinator")))->end;
    if (!guarded) return OK;
    TRY(store_scan(sim_store(s, "guardian"), "log/entry/", read_entry, out));
    return keeper_check(sim_store(s, "guardian"), why);
}

enum err crooked_run(const struct federation_files *files, enum mischief mischief, bool guarded,
                     struct crooked_end *out, struct why *why)
{
    struct sim *s = sim_new(5, &(struct sim_faults){ .delay_min_ms = 1, .delay_max_ms = 20 });
    if (s == NULL) return ERR_MEMORY;
    enum err e = add_agents(s, files, mischief, guarded, why);
    if (e == OK) {
        (void)sim_run(s, LIMIT_MS, NULL, NULL);
        e = look_back(s, guarded, out, why);
    }
    sim_free(s);
    return e;
}
