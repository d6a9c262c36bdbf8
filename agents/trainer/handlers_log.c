/* The transparency log: what the guardian shows of it is judged (witness.h), kept, and cosigned.  What a log showed
 * that cannot both be true stays here as evidence, and stops training: permits of such a guardian are worth nothing. */
#include "agents/trainer/permitted.h"
#include "agents/trainer/witness.h"
#include "common/runtime/roster_log.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { KEPT_MAX_BYTES = 8192, TEXT_BYTES = 400 };

const char *trainer_log_key(char out[LOG_KEY_BYTES], const char *what, const struct note_key *log)
{
    (void)snprintf(out, LOG_KEY_BYTES, "log/%08" PRIx32 "/%s", log->id, what);
    return out;
}

static enum err read_kept(struct agent *a, const char *what, const struct note_key *log, struct buf *out)
{
    char key[LOG_KEY_BYTES];
    enum err e = agent_get(a, trainer_log_key(key, what, log), out);
    return e == ERR_ABSENT ? OK : e;
}

static enum err keep(struct agent *a, const char *what, const struct note_key *log, struct str text)
{
    char key[LOG_KEY_BYTES];
    return agent_put(a, trainer_log_key(key, what, log), str_bytes(text));
}

/* ---- answering ---- */

/* The run's coordinator counts it, too: without a quorum it publishes no model. */
static enum err answer(struct trainer *t, const struct msg *m, struct msg *said)
{
    TRY(agent_reply(t->agent, m, said));
    return m->run[0] ? agent_send(t->agent, t->coordinator, said) : OK;
}

static enum err refuse(struct trainer *t, const struct msg *m, uint64_t size, enum err code, const char *text)
{
    struct msg said = msg_make(MSG_LOG_COSIGN, m);
    said.log_cosign.size = size;
    said.log_cosign.code = str_of(err_name(code));
    said.log_cosign.text = str_of(text);
    return answer(t, m, &said);
}

static enum err cosign(struct trainer *t, const struct msg *m, const struct witness_found *f)
{
    CLEANUP(buf_free) struct buf note = buf_make(KEPT_MAX_BYTES);
    const struct sign_key *mine = agent_sign_key(t->agent);
    struct msg said = msg_make(MSG_LOG_COSIGN, m);
    struct note_key me;
    TRY(note_key_make(str_of(agent_jid(t->agent)), NOTE_COSIGN, mine->public_key, &me));
    buf_add_str(&note, m->log_checkpoint.note);
    TRY(note_cosign(&me, mine, (uint64_t)agent_wall_ms(t->agent) / 1000, f->text, &note));
    said.log_cosign.size = f->size;
    said.log_cosign.note = buf_str(&note);
    said.log_cosign.code = STR("OK");
    return answer(t, m, &said);
}

/* ---- judging ---- */

enum err trainer_keep_evidence(struct trainer *t, const struct note_key *log, struct str kept, struct str shown)
{
    TRY(keep(t->agent, "evidence/kept", log, kept));
    TRY(keep(t->agent, "evidence/shown", log, shown));
    log_error(agent_log(t->agent), "log.fraud", L_NAME("of", log->name));
    return keep(t->agent, "alarm", log, str_of(t->log_alarm.text));
}

static enum err accuse(struct trainer *t, const struct msg *m, const struct note_key *log, struct str kept,
                       const struct witness_found *f)
{
    (void)why_say(&t->log_alarm, ERR_CRYPTO, "%.60s's log is not to be trusted: %.300s", log->name, f->why.text);
    TRY(keep(t->agent, "evidence/proof", log, m->log_checkpoint.proof));
    TRY(trainer_keep_evidence(t, log, kept, m->log_checkpoint.note));
    return refuse(t, m, f->kept_size, ERR_CRYPTO, t->log_alarm.text);
}

static enum err judge(struct trainer *t, const struct msg *m, const struct note_key *log)
{
    CLEANUP(buf_free) struct buf kept = buf_make(KEPT_MAX_BYTES);
    struct witness_found f;
    TRY(read_kept(t->agent, "kept", log, &kept));
    const struct witness_case c = { buf_str(&kept), log, &m->log_checkpoint };
    TRY(witness_judge(&c, &f));
    if (witness_is_fraud(f.verdict)) return accuse(t, m, log, buf_str(&kept), &f);
    if (f.verdict != WITNESS_SIGNS) return refuse(t, m, f.kept_size, ERR_STATE, f.why.text);
    TRY(keep(t->agent, "kept", log, m->log_checkpoint.note));
    TRY(cosign(t, m, &f));
    return trainer_log_moved(t, log);
}

static enum err log_key(const struct agent *a, const char *from, struct note_key *out)
{
    const struct member *guardian = roster_log_keeper(agent_roster(a));
    return guardian && strcmp(guardian->jid, from) == 0 ? roster_log_key(guardian, out) : ERR_ROLE;
}

enum err trainer_on_log_checkpoint(struct agent *a, void *self, const struct msg *m)
{
    struct trainer *t = self;
    struct note_key log;
    enum err e = log_key(a, m->from, &log);
    if (e == ERR_ABSENT) return refuse(t, m, 0, e, "the roster here has no `sign` key of the log's keeper");
    TRY(e);
    if (t->log_alarm.text[0]) return refuse(t, m, 0, ERR_CRYPTO, t->log_alarm.text);
    return judge(t, m, &log);
}

enum err trainer_tell_log(struct trainer *t, const struct msg *about, const char *kind)
{
    const struct member *guardian = roster_log_keeper(agent_roster(t->agent));
    bool of_run = about->type == MSG_RUN_DECLINE;
    struct msg m = msg_make(MSG_LOG_ENTRY, about);
    if (guardian == NULL) return OK;
    m.log_entry.kind = str_of(kind);
    m.log_entry.code = of_run ? about->run_decline.code : about->round_decline.code;
    m.log_entry.text = of_run ? about->run_decline.text : about->round_decline.text;
    return agent_send(t->agent, guardian->jid, &m);
}

enum err trainer_guardian_key(const struct trainer *t, struct note_key *out)
{
    const struct member *guardian = roster_log_keeper(agent_roster(t->agent));
    return guardian ? roster_log_key(guardian, out) : ERR_ABSENT;
}

enum err trainer_load_log(struct trainer *t)
{
    CLEANUP(buf_free) struct buf text = buf_make(TEXT_BYTES);
    struct note_key log;
    enum err e = trainer_guardian_key(t, &log);
    if (e != OK) return e == ERR_ABSENT ? OK : e;
    TRY(read_kept(t->agent, "alarm", &log, &text));
    if (text.n > 0) (void)why_say(&t->log_alarm, ERR_CRYPTO, STR_F, STR_ARG(buf_str(&text)));
    return trainer_ask_again(t, &log);
}
