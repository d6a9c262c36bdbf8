#include "agents/trainer/permitted.h"
#include "common/runtime/roster_log.h"

enum { PERMIT_ARENA_BYTES = 1 << 20 };

enum err permitted(struct trainer *t, struct str note, const struct permit_wish *wish, double *out_noise,
                   struct why *why)
{
    CLEANUP(arena_free) struct arena arena = arena_make(PERMIT_ARENA_BYTES);
    const struct member *guardian = roster_log_keeper(agent_roster(t->agent));
    struct permit_wish w = *wish;
    struct note_key key;
    struct permit p;
    if (out_noise) *out_noise = 0;
    if (!roster_log_guarded(agent_roster(t->agent))) return OK;
    if (t->log_alarm.text[0]) return why_say(why, ERR_REFUSED, "%s", t->log_alarm.text);
    if (guardian == NULL) return why_say(why, ERR_REFUSED, "the roster names more than one guardian");
    enum err e = roster_log_key(guardian, &key);
    if (e == ERR_ABSENT) return why_say(why, ERR_REFUSED, "the roster has no key of the guardian's signature");
    TRY(e);
    if (note.n == 0) return why_say(why, ERR_REFUSED, "this came without the guardian's permit");
    TRY(permit_open(note, &key, &arena, &p, why));
    w.jid = agent_jid(t->agent);
    w.data = settings_text(agent_settings(t->agent), "dataset");
    w.now_ms = (uint64_t)agent_wall_ms(t->agent);
    w.noise_min = t->policy.min_noise;
    TRY(permit_check(&p, &w, why));
    if (out_noise && p.noised) *out_noise = permit_site(&p, str_of(w.jid))->noise;
    return OK;
}
