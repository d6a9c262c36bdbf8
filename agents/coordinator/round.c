/*
 * The protocol of a run.  A hospital's answer, or its going away, is recorded as a fact and then is CHANGED; the first
 * row that fits decides.
 */
#include "agents/coordinator/round.h"
#include "agents/coordinator/ask.h"
#include "agents/coordinator/close.h"
#include "agents/coordinator/coordinator.h"
#include "agents/coordinator/journal.h"
#include "agents/coordinator/merge.h"
#include "agents/coordinator/permitting.h"
#include "agents/coordinator/publish.h"
#include "agents/coordinator/secure_round.h"
#include "agents/coordinator/secure_stages.h"
#include "agents/coordinator/standardise.h"
#include "agents/coordinator/unmask.h"
#include <stdio.h>

/* ---- guards: questions about the run ---- */

static bool still_waiting(const void *self) { return run_still_waiting(self); }
static bool too_few(const void *self) { return run_too_few(self); }
static bool finished(const void *self) { return run_finished(self); }
static bool finished_and_logged(const void *self) { return run_finished(self) && publish_is_logged(self); }
static bool not_signed(const void *self) { return !publish_is_signed(self); }
static bool secure(const void *self) { return ((const struct run *)self)->task.aggregation.secure; }
static bool sum_too_few(const void *self) { return secure(self) && run_too_few(self); }
static bool solvable(const void *self)
{
    const struct run *r = self;
    return r->secure != NULL && secure_round_solvable(r->secure);
}
static bool pause_wanted(const void *self) { return ((const struct run *)self)->head.pause_wanted; }
static bool nothing_trained(const void *self) { return ((const struct run *)self)->head.round == 0; }
static bool scored_round(const void *self) { return run_scores_round(self); }
static bool scored_in_sum(const void *self) { return secure(self) && run_scores_round(self); }
static bool moments_needed(const void *self) { return ((const struct run *)self)->task.scale == SCALE_MOMENTS; }

/* ---- actions: what is done on the way ---- */

static enum err begin_round(struct run *r)
{
    r->head.round++;
    r->head.attempts = r->head.sum_scored = 0;
    r->head.scoring = false;
    r->head.round_ms = agent_wall_ms(r->home->agent);
    return secure(r) ? secure_ask_permit(r) : permitting_ask(r);
}

static enum err invite(void *self)
{
    TRY(publish_begin(self));
    return ask_to_join(self);
}
static enum err collect_moments(void *self) { return ask_moments(self); }
static enum err standardise_plainly(void *self)
{
    TRY(standardise_by_ranges(self));
    return begin_round(self);
}
static enum err standardise_fully(void *self)
{
    TRY(standardise_by_moments(self));
    return begin_round(self);
}
static enum err sum_again(void *self) { return secure_ask_permit(self); }
static enum err ask_shares(void *self) { return secure_ask_shares(self); }
static enum err ask_masked(void *self) { return secure_ask_training(self); }
static enum err ask_votes(void *self) { return secure_ask_votes(self); }
static enum err ask_answers(void *self) { return secure_ask_answers(self); }
static enum err unmask(void *self) { return unmask_begin(self); }
static enum err sum_scores(void *self)
{
    struct run *r = self;
    r->head.scoring = true;
    r->head.attempts = 0;
    r->broken.text[0] = '\0';
    TRY(secure_ask_permit(r));
    return secure_begin(r);
}
static enum err merge(void *self) { return merge_begin(self); }
static enum err evaluate(void *self) { return ask_evaluation(self); }
static enum err next_round(void *self)
{
    TRY(close_round(self));
    return begin_round(self);
}
static enum err rest(void *self) { return close_round(self); }
static enum err go_on(void *self) { return begin_round(self); }
static enum err hand_out(void *self) { return ask_training(self); }
static enum err begin_sum(void *self) { return secure_begin(self); }
static enum err report_denied(void *self) { return close_failed(self, CLOSE_DENIED); }
static enum err publish(void *self)
{
    TRY(close_round(self));
    return close_done(self);
}
static enum err enter_log(void *self)
{
    TRY(close_round(self));
    return permitting_ask_publish(self);
}
static enum err publish_signed(void *self) { return close_done(self); }
static enum err report_unlogged(void *self) { return close_failed(self, CLOSE_UNLOGGED); }
static enum err give_up(void *self) { return close_failed(self, CLOSE_TOO_FEW); }
static enum err report_broken(void *self) { return close_failed(self, CLOSE_BROKEN); }
static enum err abandon(void *self) { return close_aborted(self); }

/* clang-format off */
static const struct fsm_edge edges[] = {
    /*       in               on              if               do                     then            */
    { FSM_ROW(RUN_PLANNED,     EVENT_START,    NULL,            invite,                RUN_INVITING)    },

    { FSM_ROW(RUN_INVITING,    EVENT_CHANGED,  still_waiting,   NULL,                  RUN_INVITING)    },
    { FSM_ROW(RUN_INVITING,    EVENT_CHANGED,  too_few,         give_up,               RUN_FAILED)      },
    { FSM_ROW(RUN_INVITING,    EVENT_CHANGED,  moments_needed,  collect_moments,       RUN_STATISTICS)  },
    { FSM_ROW(RUN_INVITING,    EVENT_CHANGED,  NULL,            standardise_plainly,   RUN_PERMITTING)  },
    { FSM_ROW(RUN_INVITING,    EVENT_DEADLINE, too_few,         give_up,               RUN_FAILED)      },
    { FSM_ROW(RUN_INVITING,    EVENT_DEADLINE, moments_needed,  collect_moments,       RUN_STATISTICS)  },
    { FSM_ROW(RUN_INVITING,    EVENT_DEADLINE, NULL,            standardise_plainly,   RUN_PERMITTING)  },
    { FSM_ROW(RUN_INVITING,    EVENT_PAUSE,    NULL,            NULL,                  RUN_PAUSED)      },

    { FSM_ROW(RUN_STATISTICS,  EVENT_CHANGED,  still_waiting,   NULL,                  RUN_STATISTICS)  },
    { FSM_ROW(RUN_STATISTICS,  EVENT_CHANGED,  too_few,         give_up,               RUN_FAILED)      },
    { FSM_ROW(RUN_STATISTICS,  EVENT_CHANGED,  NULL,            standardise_fully,     RUN_PERMITTING)  },
    { FSM_ROW(RUN_STATISTICS,  EVENT_DEADLINE, too_few,         give_up,               RUN_FAILED)      },
    { FSM_ROW(RUN_STATISTICS,  EVENT_DEADLINE, NULL,            standardise_fully,     RUN_PERMITTING)  },
    { FSM_ROW(RUN_STATISTICS,  EVENT_PAUSE,    NULL,            NULL,                  RUN_PAUSED)      },

    { FSM_ROW(RUN_PERMITTING,  EVENT_PERMITTED, secure,         begin_sum,             RUN_KEYS)        },
    { FSM_ROW(RUN_PERMITTING,  EVENT_PERMITTED, NULL,           hand_out,              RUN_TRAINING)    },
    { FSM_ROW(RUN_PERMITTING,  EVENT_DEADLINE, NULL,            report_denied,         RUN_FAILED)      },
    { FSM_ROW(RUN_PERMITTING,  EVENT_PAUSE,    NULL,            NULL,                  RUN_PERMITTING)  },
    { FSM_ROW(RUN_PERMITTING,  EVENT_RESUME,   NULL,            NULL,                  RUN_PERMITTING)  },

    { FSM_ROW(RUN_KEYS,        EVENT_CHANGED,  still_waiting,  NULL,                  RUN_KEYS)        },
    { FSM_ROW(RUN_KEYS,        EVENT_CHANGED,  too_few,        give_up,               RUN_FAILED)      },
    { FSM_ROW(RUN_KEYS,        EVENT_CHANGED,  NULL,           ask_shares,            RUN_SHARES)      },
    { FSM_ROW(RUN_KEYS,        EVENT_DEADLINE, too_few,        give_up,               RUN_FAILED)      },
    { FSM_ROW(RUN_KEYS,        EVENT_DEADLINE, NULL,           ask_shares,            RUN_SHARES)      },
    { FSM_ROW(RUN_KEYS,        EVENT_BROKEN,   NULL,           report_broken,         RUN_FAILED)      },
    { FSM_ROW(RUN_KEYS,        EVENT_LOST,     NULL,           sum_again,             RUN_PERMITTING)  },
    { FSM_ROW(RUN_KEYS,        EVENT_PAUSE,    NULL,           NULL,                  RUN_KEYS)        },
    { FSM_ROW(RUN_KEYS,        EVENT_RESUME,   NULL,           NULL,                  RUN_KEYS)        },

    { FSM_ROW(RUN_SHARES,      EVENT_CHANGED,  still_waiting,  NULL,                  RUN_SHARES)      },
    { FSM_ROW(RUN_SHARES,      EVENT_CHANGED,  too_few,        sum_again,             RUN_PERMITTING)  },
    { FSM_ROW(RUN_SHARES,      EVENT_CHANGED,  NULL,           ask_masked,            RUN_TRAINING)    },
    { FSM_ROW(RUN_SHARES,      EVENT_DEADLINE, too_few,        sum_again,             RUN_PERMITTING)  },
    { FSM_ROW(RUN_SHARES,      EVENT_DEADLINE, NULL,           ask_masked,            RUN_TRAINING)    },
    { FSM_ROW(RUN_SHARES,      EVENT_LOST,     NULL,           sum_again,             RUN_PERMITTING)  },
    { FSM_ROW(RUN_SHARES,      EVENT_PAUSE,    NULL,           NULL,                  RUN_SHARES)      },
    { FSM_ROW(RUN_SHARES,      EVENT_RESUME,   NULL,           NULL,                  RUN_SHARES)      },

    { FSM_ROW(RUN_TRAINING,    EVENT_CHANGED,  still_waiting,   NULL,                  RUN_TRAINING)    },
    { FSM_ROW(RUN_TRAINING,    EVENT_CHANGED,  sum_too_few,    sum_again,             RUN_PERMITTING)  },
    { FSM_ROW(RUN_TRAINING,    EVENT_CHANGED,  too_few,         give_up,               RUN_FAILED)      },
    { FSM_ROW(RUN_TRAINING,    EVENT_CHANGED,  secure,         ask_votes,             RUN_CONSISTENCY) },
    { FSM_ROW(RUN_TRAINING,    EVENT_CHANGED,  NULL,            merge,                 RUN_AGGREGATING) },
    { FSM_ROW(RUN_TRAINING,    EVENT_DEADLINE, sum_too_few,    sum_again,             RUN_PERMITTING)  },
    { FSM_ROW(RUN_TRAINING,    EVENT_DEADLINE, too_few,         give_up,               RUN_FAILED)      },
    { FSM_ROW(RUN_TRAINING,    EVENT_DEADLINE, secure,         ask_votes,             RUN_CONSISTENCY) },
    { FSM_ROW(RUN_TRAINING,    EVENT_DEADLINE, NULL,            merge,                 RUN_AGGREGATING) },
    { FSM_ROW(RUN_TRAINING,    EVENT_LOST,     NULL,           sum_again,             RUN_PERMITTING)  },
    { FSM_ROW(RUN_TRAINING,    EVENT_PAUSE,    NULL,            NULL,                  RUN_TRAINING)    },
    { FSM_ROW(RUN_TRAINING,    EVENT_RESUME,   NULL,            NULL,                  RUN_TRAINING)    },

    { FSM_ROW(RUN_CONSISTENCY, EVENT_CHANGED,  still_waiting,  NULL,                  RUN_CONSISTENCY) },
    { FSM_ROW(RUN_CONSISTENCY, EVENT_CHANGED,  too_few,        sum_again,             RUN_PERMITTING)  },
    { FSM_ROW(RUN_CONSISTENCY, EVENT_CHANGED,  NULL,           ask_answers,           RUN_UNMASKING)   },
    { FSM_ROW(RUN_CONSISTENCY, EVENT_DEADLINE, too_few,        sum_again,             RUN_PERMITTING)  },
    { FSM_ROW(RUN_CONSISTENCY, EVENT_DEADLINE, NULL,           ask_answers,           RUN_UNMASKING)   },
    { FSM_ROW(RUN_CONSISTENCY, EVENT_LOST,     NULL,           sum_again,             RUN_PERMITTING)  },
    { FSM_ROW(RUN_CONSISTENCY, EVENT_PAUSE,    NULL,           NULL,                  RUN_CONSISTENCY) },
    { FSM_ROW(RUN_CONSISTENCY, EVENT_RESUME,   NULL,           NULL,                  RUN_CONSISTENCY) },

    { FSM_ROW(RUN_UNMASKING,   EVENT_CHANGED,  solvable,       unmask,                RUN_AGGREGATING) },
    { FSM_ROW(RUN_UNMASKING,   EVENT_CHANGED,  still_waiting,  NULL,                  RUN_UNMASKING)   },
    { FSM_ROW(RUN_UNMASKING,   EVENT_CHANGED,  NULL,           sum_again,             RUN_PERMITTING)  },
    { FSM_ROW(RUN_UNMASKING,   EVENT_DEADLINE, NULL,           sum_again,             RUN_PERMITTING)  },
    { FSM_ROW(RUN_UNMASKING,   EVENT_LOST,     NULL,           sum_again,             RUN_PERMITTING)  },
    { FSM_ROW(RUN_UNMASKING,   EVENT_PAUSE,    NULL,           NULL,                  RUN_UNMASKING)   },
    { FSM_ROW(RUN_UNMASKING,   EVENT_RESUME,   NULL,           NULL,                  RUN_UNMASKING)   },

    { FSM_ROW(RUN_AGGREGATING, EVENT_SCORED,   NULL,            NULL,                  RUN_EVALUATING)  },
    { FSM_ROW(RUN_AGGREGATING, EVENT_MERGED,   scored_in_sum,   sum_scores,            RUN_KEYS)        },
    { FSM_ROW(RUN_AGGREGATING, EVENT_MERGED,   scored_round,    evaluate,              RUN_EVALUATING)  },
    { FSM_ROW(RUN_AGGREGATING, EVENT_MERGED,   pause_wanted,    rest,                  RUN_PAUSED)      },
    { FSM_ROW(RUN_AGGREGATING, EVENT_MERGED,   NULL,            next_round,            RUN_PERMITTING)  },
    { FSM_ROW(RUN_AGGREGATING, EVENT_BROKEN,   NULL,            report_broken,         RUN_FAILED)      },
    { FSM_ROW(RUN_AGGREGATING, EVENT_DEADLINE, NULL,            report_broken,         RUN_FAILED)      },
    { FSM_ROW(RUN_AGGREGATING, EVENT_LOST,     NULL,            sum_again,             RUN_PERMITTING)  },
    { FSM_ROW(RUN_AGGREGATING, EVENT_PAUSE,    NULL,            NULL,                  RUN_AGGREGATING) },
    { FSM_ROW(RUN_AGGREGATING, EVENT_RESUME,   NULL,            NULL,                  RUN_AGGREGATING) },

    { FSM_ROW(RUN_EVALUATING,  EVENT_CHANGED,  still_waiting,   NULL,                  RUN_EVALUATING)  },
    { FSM_ROW(RUN_EVALUATING,  EVENT_CHANGED,  finished_and_logged, enter_log,          RUN_PUBLISHING)  },
    { FSM_ROW(RUN_EVALUATING,  EVENT_CHANGED,  finished,        publish,               RUN_DONE)        },
    { FSM_ROW(RUN_EVALUATING,  EVENT_CHANGED,  pause_wanted,    rest,                  RUN_PAUSED)      },
    { FSM_ROW(RUN_EVALUATING,  EVENT_CHANGED,  NULL,            next_round,            RUN_PERMITTING)  },
    { FSM_ROW(RUN_EVALUATING,  EVENT_DEADLINE, finished_and_logged, enter_log,          RUN_PUBLISHING)  },
    { FSM_ROW(RUN_EVALUATING,  EVENT_DEADLINE, finished,        publish,               RUN_DONE)        },
    { FSM_ROW(RUN_EVALUATING,  EVENT_DEADLINE, pause_wanted,    rest,                  RUN_PAUSED)      },
    { FSM_ROW(RUN_EVALUATING,  EVENT_DEADLINE, NULL,            next_round,            RUN_PERMITTING)  },
    { FSM_ROW(RUN_EVALUATING,  EVENT_PAUSE,    NULL,            NULL,                  RUN_EVALUATING)  },
    { FSM_ROW(RUN_EVALUATING,  EVENT_RESUME,   NULL,            NULL,                  RUN_EVALUATING)  },

    { FSM_ROW(RUN_PUBLISHING,  EVENT_CHANGED,  still_waiting,   NULL,                  RUN_PUBLISHING)  },
    { FSM_ROW(RUN_PUBLISHING,  EVENT_CHANGED,  not_signed,      give_up,               RUN_FAILED)      },
    { FSM_ROW(RUN_PUBLISHING,  EVENT_CHANGED,  NULL,            publish_signed,        RUN_DONE)        },
    { FSM_ROW(RUN_PUBLISHING,  EVENT_DEADLINE, not_signed,      give_up,               RUN_FAILED)      },
    { FSM_ROW(RUN_PUBLISHING,  EVENT_DEADLINE, NULL,            publish_signed,        RUN_DONE)        },
    { FSM_ROW(RUN_PUBLISHING,  EVENT_BROKEN,   NULL,            report_unlogged,       RUN_FAILED)      },
    { FSM_ROW(RUN_PUBLISHING,  EVENT_PAUSE,    NULL,            NULL,                  RUN_PUBLISHING)  },
    { FSM_ROW(RUN_PUBLISHING,  EVENT_RESUME,   NULL,            NULL,                  RUN_PUBLISHING)  },

    { FSM_ROW(RUN_PAUSED,      EVENT_RESUME,   nothing_trained, invite,                RUN_INVITING)    },
    { FSM_ROW(RUN_PAUSED,      EVENT_RESUME,   NULL,            go_on,                 RUN_PERMITTING)  },

    { FSM_ROW(FSM_ANY,         EVENT_DENIED,   NULL,            report_denied,         RUN_FAILED)      },
    { FSM_ROW(FSM_ANY,         EVENT_ABORT,    NULL,            abandon,               RUN_ABORTED)     },
};
/* clang-format on */

static const char *const events[EVENT_COUNT] = {
    [EVENT_START] = "start",   [EVENT_CHANGED] = "changed", [EVENT_DEADLINE] = "deadline",   [EVENT_SCORED] = "scored",
    [EVENT_MERGED] = "merged", [EVENT_BROKEN] = "broken",   [EVENT_PAUSE] = "pause",         [EVENT_LOST] = "lost",
    [EVENT_RESUME] = "resume", [EVENT_ABORT] = "abort",     [EVENT_PERMITTED] = "permitted", [EVENT_DENIED] = "denied",
};
static const struct fsm machine = {
    .name = "run",
    .edges = edges,
    .nedges = sizeof edges / sizeof *edges,
    .states = run_state_names,
    .nstates = RUN_STATES,
    .events = events,
    .nevents = EVENT_COUNT,
    .initial = RUN_PLANNED,
    .deadline = EVENT_DEADLINE,
    .resting = 1u << RUN_PLANNED | 1u << RUN_PAUSED,
    .final = 1u << RUN_DONE | 1u << RUN_FAILED | 1u << RUN_ABORTED,
};

const struct fsm *round_fsm(void) { return &machine; }
const char *round_event_name(unsigned event) { return event < EVENT_COUNT ? events[event] : "unknown"; }

/* ---- stepping ---- */

/* States in which nobody is asked: without a guardian, or where there is nothing to ask it for (the next state says
 * why), and where a secure sum told the scores.  EVENT_COUNT: it is none of them. */
static enum run_event passing(const struct run *r)
{
    bool unasked = !permitting_wanted(r) || r->broken.text[0] || r->head.scoring;
    if (r->head.state == RUN_PERMITTING && unasked) return EVENT_PERMITTED;
    return run_passes_scores(r) ? EVENT_CHANGED : EVENT_COUNT;
}

static enum err enter(struct run *r)
{
    uint64_t limit = run_phase_limit_ms(r, r->head.state);
    r->head.phase++;
    r->moved_ms = 0;
    r->head.entered_ms = agent_wall_ms(r->home->agent);
    r->head.deadline_ms = limit ? r->head.entered_ms + (int64_t)limit : 0;
    if (run_over(r)) r->home->counts.runs_ended[r->head.state]++;
    if (r->head.state == RUN_FAILED && r->head.round > 0) r->home->counts.rounds_failed++;
    run_recount(r);
    if (passing(r) == EVENT_COUNT) TRY(feed_tell_phase(r));
    return coordinator_arm(r);
}

static enum err step(struct run *r, enum run_event event, struct site *site)
{
    unsigned from = r->head.state;
    if (run_over(r)) return ERR_STATE;
    if (event == EVENT_DEADLINE && run_lost_sum(r)) event = EVENT_LOST;
    TRY(fsm_step(&machine, r, &r->head.state, event, NULL));
    if (site) TRY(journal_put_site(r, site));
    TRY(journal_add(r, from, event, site));
    if (r->head.state != from || event == EVENT_LOST) TRY(enter(r));
    return journal_put_head(r);
}

enum err round_step(struct run *r, enum run_event event, struct site *site)
{
    TRY(step(r, event, site));
    for (enum run_event next = passing(r); next != EVENT_COUNT; next = passing(r)) TRY(step(r, next, NULL));
    return OK;
}
