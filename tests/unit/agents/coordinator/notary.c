#include "tests/unit/agents/coordinator/notary.h"
#include "common/crypto/logbook.h"
#include "common/privacy/permit.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NOTE_BYTES = 4000, SIZE = 2 };

/* ---- what it is asked ---- */

static enum err begin(struct agent *a, void *self, struct why *why)
{
    (void)why;
    ((struct notary *)self)->agent = a;
    return OK;
}

static enum err key_of(const struct notary *n, const struct sign_key *secret, struct note_key *out)
{
    return note_key_make(str_of(agent_jid(n->agent)), NOTE_ED25519, secret->public_key, out);
}

static enum err on_permit_ask(struct agent *a, void *self, const struct msg *m)
{
    struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
    struct buf note CLEANUP(buf_free) = buf_make(2 * PERMIT_MAX_BYTES);
    struct msg said = msg_make(MSG_PERMIT, m);
    struct note_key key;
    struct permit p;
    TRY(permit_parse(m->permit_ask.request, &arena, &p, NULL));
    p.serial = 1;
    p.expires_ms = UINT64_C(1) << 52;
    TRY(key_of(self, agent_sign_key(a), &key));
    TRY(permit_sign(&p, &key, agent_sign_key(a), &note));
    said.permit.note = buf_str(&note);
    return agent_reply(a, m, &said);
}

static enum err on_model(struct agent *a, void *self, const struct msg *m)
{
    struct notary *n = self;
    (void)a;
    n->round = m->round;
    (void)snprintf(n->run, sizeof n->run, "%s", m->run);
    (void)snprintf(n->coordinator, sizeof n->coordinator, "%s", m->from);
    return str_copy(m->log_model.sha256, n->sha256, sizeof n->sha256);
}

static enum err on_entry(struct agent *a, void *self, const struct msg *m)
{
    struct notary *n = self;
    (void)a;
    n->begun += str_is(m->log_entry.kind, "run");
    return OK;
}

static enum err ignore(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    (void)self;
    (void)m;
    return OK;
}

/* ---- the log ---- */

static enum err leaves(const struct notary *n, struct str kind, struct buf *entry, struct merkle_hash out[SIZE])
{
    char sha256[sizeof n->sha256];
    memcpy(sha256, n->sha256, sizeof sha256);
    if (str_is(kind, "hash")) sha256[63] = sha256[63] == '0' ? '1' : '0';
    buf_addf(entry, "model run=%s%s round=%" PRIu64 " sha256=%s by=%s%s", n->run, str_is(kind, "run") ? "0" : "",
             n->round + str_is(kind, "round"), sha256, str_is(kind, "sender") ? "x" : "", n->coordinator);
    TRY(buf_err(entry));
    TRY(merkle_leaf(bytes_of("roster", 6), &out[0]));
    return merkle_leaf(buf_bytes(entry), &out[1]);
}

static enum err sign_point(const struct notary *n, const struct note_checkpoint *c, bool foreign, struct buf *out)
{
    struct buf text CLEANUP(buf_free) = buf_make(NOTE_BYTES);
    struct sign_key secret = *agent_sign_key(n->agent);
    struct note_key key;
    if (foreign) TRY(sign_generate(agent_random_fn, n->agent, &secret));
    TRY(key_of(n, &secret, &key));
    TRY(note_checkpoint_print(c, &text));
    return note_sign(&key, &secret, buf_str(&text), out);
}

static struct note_checkpoint point_of(const struct notary *n)
{
    return (struct note_checkpoint){ .origin = str_of(agent_jid(n->agent)), .size = SIZE };
}

static enum err prove(const struct notary *n, struct str kind, struct buf *out)
{
    struct buf entry CLEANUP(buf_free) = buf_make(NOTE_BYTES);
    struct buf note CLEANUP(buf_free) = buf_make(NOTE_BYTES);
    struct note_checkpoint c = point_of(n);
    struct merkle_hash leaf[SIZE];
    TRY(leaves(n, kind, &entry, leaf));
    TRY(merkle_node(&leaf[0], &leaf[1], &c.root));
    TRY(sign_point(n, &c, str_is(kind, "foreign"), &note));
    const struct merkle_proof proof = { 1, { leaf[str_is(kind, "outside")] } };
    return logbook_put_proof(&(struct logbook_cut){ 1, buf_str(&entry), &proof, buf_str(&note) }, out);
}

/* ---- what it is told ---- */

static struct msg about(const struct notary *n, enum msg_type type)
{
    struct msg m = msg_make(type, NULL);
    (void)snprintf(m.run, sizeof m.run, "%s", n->run);
    m.round = n->round;
    return m;
}

static enum err run_prove(struct agent *a, void *self, const struct call *c, struct result *out)
{
    const struct notary *n = self;
    struct buf proof CLEANUP(buf_free) = buf_make(LOGBOOK_PROOF_MAX_BYTES);
    struct msg m = about(n, MSG_LOG_PROOF);
    struct str kind = call_text(c, "kind");
    if (str_is(kind, "garbage"))
        buf_add_z(&proof, "it is in it\n");
    else
        TRY(prove(n, kind, &proof));
    m.log_proof.proof = buf_str(&proof);
    result_say(out, "proven");
    return agent_send(a, n->coordinator, &m);
}

static enum err run_show(struct agent *a, void *self, const struct call *c, struct result *out)
{
    const struct notary *n = self;
    struct buf entry CLEANUP(buf_free) = buf_make(NOTE_BYTES);
    struct buf note CLEANUP(buf_free) = buf_make(NOTE_BYTES);
    struct msg m = about(n, MSG_LOG_CHECKPOINT);
    struct note_checkpoint p = point_of(n);
    struct merkle_hash leaf[SIZE];
    const struct member *who = roster_by_name(agent_roster(a), call_text(c, "hospital"));
    TRY(leaves(n, STR("right"), &entry, leaf));
    TRY(merkle_node(&leaf[0], &leaf[1], &p.root));
    p.size += str_is(call_text(c, "log"), "longer");
    p.root.b[0] ^= !str_is(call_text(c, "log"), "same");
    TRY(sign_point(n, &p, false, &note));
    m.log_checkpoint.note = buf_str(&note);
    result_say(out, "shown");
    return who ? agent_send(a, who->jid, &m) : ERR_ABSENT;
}

static const struct argument prove_args[] = { { "kind", ARG_TEXT, ARG_REQUIRED, 1, 20, .doc = "what it proves" },
                                              { 0 } };
static const struct argument show_args[] = { { "hospital", ARG_TEXT, ARG_REQUIRED, 1, 40, .doc = "to whom" },
                                             { "log", ARG_TEXT, ARG_REQUIRED, 1, 20, .doc = "which log" },
                                             { 0 } };
static const struct command commands[] = { { "prove", ROLE_OFFICER, prove_args, "proves", NULL, run_prove },
                                           { "show", ROLE_OFFICER, show_args, "shows", NULL, run_show },
                                           { 0 } };
static const struct agent_handler handlers[] = { { MSG_PERMIT_ASK, on_permit_ask, MSG_PERMIT },
                                                 { MSG_LOG_MODEL, on_model, MSG_NONE },
                                                 { MSG_LOG_ENTRY, on_entry, MSG_NONE },
                                                 { MSG_ROUND_REPORT, ignore, MSG_NONE },
                                                 { MSG_ERROR, ignore, MSG_NONE },
                                                 { 0 } };
const struct agent_def notary_agent = { .name = "notary",
                                        .role = ROLE_GUARDIAN,
                                        .doc = "permits, proves and shows",
                                        .peers = ROLE_TRAINER | ROLE_COORDINATOR,
                                        .state_size = sizeof(struct notary),
                                        .init = begin,
                                        .handlers = handlers,
                                        .commands = commands };
