#include "agents/coordinator/progress.h"
#include "agents/coordinator/coordinator.h"
#include "agents/coordinator/journal.h"
#include "common/crypto/seal.h"

/* Of each chunk of a model: there and back, seen here and told by the hospital; twice that for other runs' models. */
enum { MOVES_A_CHUNK = 8, MOVES_MORE = 8, WRITE_SHARE = 8 };

static uint64_t chunks_of_model(const struct run *r)
{
    struct tensor_shape shapes[MODEL_MAX_TENSORS];
    uint64_t bytes = 0;
    for (size_t i = model_shapes(&r->spec, shapes); i > 0; i--) {
        uint64_t n = sizeof(float);
        for (size_t k = 0; k < shapes[i - 1].rank; k++) n *= shapes[i - 1].dims[k];
        bytes += n;
    }
    return seal_chunks(bytes);
}

static bool counts(const struct run *r, struct site *s)
{
    if (s->allowed_phase != r->head.phase) s->prolonged = 0;
    s->allowed_phase = r->head.phase;
    return s->prolonged++ < MOVES_MORE + MOVES_A_CHUNK * chunks_of_model(r);
}

static bool site_moved(struct run *r, struct site *s)
{
    const struct hospital *h = hospitals_find(&r->home->hospitals, s->jid);
    uint64_t moved = agent_moved(r->home->agent, s->jid) + (h ? h->moves : 0);
    bool more = moved != s->moved;
    s->moved = moved;
    if (!more || site_answer(r, s) != ANSWER_ASKED || !counts(r, s)) return false;
    agent_prolong(r->home->agent, s->jid);
    return true;
}

/* The new deadline is for people and for a restart; it need not be written each time. */
enum err progress_note(struct run *r)
{
    bool any = false;
    if (!run_moves_models(r)) return OK;
    for (size_t i = 0; i < r->nsites; i++) any |= site_moved(r, &r->sites[i]);
    if (!any) return OK;
    int64_t limit = (int64_t)run_phase_limit_ms(r, r->head.state);
    int64_t deadline = agent_wall_ms(r->home->agent) + limit;
    bool worth_it = deadline - r->head.deadline_ms > limit / WRITE_SHARE;
    r->moved_ms = agent_now_ms(r->home->agent);
    if (!worth_it) return OK;
    r->head.deadline_ms = deadline;
    return journal_put_head(r);
}

uint64_t progress_left_ms(const struct run *r)
{
    uint64_t limit = run_phase_limit_ms(r, r->head.state);
    uint64_t idle = agent_now_ms(r->home->agent) - r->moved_ms;
    return r->moved_ms > 0 && idle < limit ? limit - idle : 0;
}
