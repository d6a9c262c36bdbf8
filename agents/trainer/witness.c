#include "agents/trainer/witness.h"
#include "common/crypto/merkle_text.h"
#include <inttypes.h>
#include <string.h>

bool witness_is_fraud(enum witness_verdict v) { return v == WITNESS_SPLIT || v == WITNESS_ROLLBACK; }

struct shown {
    struct note note;
    struct note_checkpoint point;
};

static enum err read_note(struct str text, const struct note_key *log, struct shown *out)
{
    struct note_seen seen;
    TRY(note_parse(text, &out->note, NULL));
    TRY(note_checkpoint_parse(out->note.text, &out->point, NULL));
    TRY(note_verify(&out->note, log, 1, &seen));
    return seen.valid && str_is(out->point.origin, log->name) ? OK : ERR_CRYPTO;
}

static enum err say(struct witness_found *f, enum witness_verdict v, const char *sentence)
{
    f->verdict = v;
    (void)why_say(&f->why, ERR_CRYPTO, "%s", sentence);
    return OK;
}

static enum err judge_shorter(const struct shown *kept, const struct shown *next, struct witness_found *f)
{
    if (note_checkpoint_time_ms(&next->point) <= note_checkpoint_time_ms(&kept->point))
        return say(f, WITNESS_OLD, "a newer checkpoint was signed here");
    f->verdict = WITNESS_ROLLBACK;
    (void)why_say(&f->why, ERR_CRYPTO,
                  "rollback: the log had %" PRIu64 " entries when it was last signed here, and later shows %" PRIu64,
                  kept->point.size, next->point.size);
    return OK;
}

static enum err judge_next(const struct witness_case *c, const struct shown *kept, const struct shown *next,
                           struct witness_found *f)
{
    struct merkle_proof proof;
    struct str rest = c->shown->proof;
    bool same_size = next->point.size == kept->point.size;
    if (next->point.size < kept->point.size) return judge_shorter(kept, next, f);
    if (same_size && memcmp(&next->point.root, &kept->point.root, sizeof kept->point.root) == 0) return OK;
    if (same_size) return say(f, WITNESS_SPLIT, "split view: the log signed two different pasts of the same length");
    if (c->shown->from != kept->point.size)
        return say(f, WITNESS_BEHIND, "the proof does not begin at the checkpoint that is kept here");
    enum err e = merkle_proof_parse(&rest, &proof);
    if (e == OK) e = note_checkpoint_follows(&kept->point, &next->point, &proof, NULL);
    if (e == ERR_MEMORY) return e;
    return e == OK ? OK : say(f, WITNESS_SPLIT, "split view: the log does not show that what was signed here is in it");
}

enum err witness_judge(const struct witness_case *c, struct witness_found *out)
{
    struct witness_found f = { .verdict = WITNESS_SIGNS };
    struct shown kept = { .point = { .size = 0 } };
    struct shown next;
    enum err e = c->kept.n > 0 ? read_note(c->kept, c->log, &kept) : OK;
    if (e != OK) return e == ERR_MEMORY ? e : ERR_STORE;
    f.kept_size = kept.point.size;
    e = read_note(c->shown->note, c->log, &next);
    if (e == ERR_MEMORY) return e;
    if (e != OK) {
        TRY(say(&f, WITNESS_FALSE, "this is no checkpoint that the log has signed"));
    } else {
        f.text = next.note.text;
        f.size = next.point.size;
        if (c->kept.n > 0) TRY(judge_next(c, &kept, &next, &f));
    }
    *out = f;
    return OK;
}
