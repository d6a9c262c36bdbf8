/* What can be said of the guardian's policy before it runs. */
#include "agents/privacy/guardian.h"
#include <inttypes.h>

static enum err check_policy(const struct settings *s, const char *against, struct buf *said, struct why *why)
{
    CLEANUP(arena_free) struct arena arena = arena_make(GUARDIAN_ARENA_BYTES);
    struct veto v = { .set = false };
    const char *path = settings_text(s, "policy");
    (void)against;
    if (path[0] == '\0') return why_say(why, ERR_VETO, "the guardian has no policy, so everything is refused");
    TRY(veto_read(path, &arena, &v, why));
    buf_addf(said, "at least %" PRIu64 " hospitals of %" PRIu64 " records, epsilon %g in all", v.min_cohort,
             v.min_records, v.epsilon_max);
    return OK;
}

/* clang-format off */
const struct agent_check guardian_checks[] = {
    { "policy", check_policy },
    { 0 },
};
/* clang-format on */
