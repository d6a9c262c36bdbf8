/*
 * himas-privacy -- what training with noise costs, how much noise a budget asks
 * for, and what a trained model gives away: himas privacy epsilon, himas
 * privacy sigma, himas privacy audit.
 *
 * A composition: the command line with common/privacy, and with the trainer for
 * an audit without an agent.
 */
#include "cli/privacy_audit.h"
#include "cli/visit.h"
#include "common/privacy/pld.h"
#include "common/privacy/search.h"
#include "common/privacy/secure_plan.h"
#include "common/wire/result.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CELL_BYTES = 80 };

/* In shares (docs/TASK.md, `distributed`) a step is a round's secure sum, and a few more are reckoned with. */
static bool in_shares(const struct call *call) { return cli_flag(call, "distributed"); }
static uint64_t releases(const struct call *call)
{
    uint64_t steps = call_u64(call, "steps");
    return in_shares(call) ? secure_plan_sums(steps) : steps;
}

static void say_what(const struct call *call, struct result *r)
{
    result_say(r, in_shares(call)
                      ? "Sum of discrete Gaussian shares, of a Poisson sample; one unit more or less; upper "
                        "bound, at the least number of honest survivors."
                      : "Poisson-subsampled Gaussian; one record more or less; upper bounds.");
    result_field(r, "q", "%g", call_f64(call, "q"));
    result_field(r, "steps", "%llu", (unsigned long long)call_u64(call, "steps"));
    if (in_shares(call)) result_field(r, "sums reckoned with", "%llu", (unsigned long long)releases(call));
    result_field(r, "delta", "%g", call_f64(call, "delta"));
}

static enum err need_range(const struct call *call, struct why *why)
{
    if (call_f64(call, "q") <= 0) return why_say(why, ERR_USAGE, "--q must be above 0: with 0 nothing is released");
    if (call_f64(call, "delta") <= 0) return why_say(why, ERR_USAGE, "--delta must be above 0");
    return OK;
}

/* ---- epsilon ---- */

static void add_row(struct result *r, const char *method, double value, const char *note)
{
    char shown[CELL_BYTES];
    (void)snprintf(shown, sizeof shown, "%.4f", value);
    const char *cells[] = { method, shown, note, NULL };
    result_row(r, cells);
}

static enum err epsilons(const struct call *call, struct result *r)
{
    static const char *const columns[] = { "method", "epsilon", "by", NULL };
    char note[CELL_BYTES];
    double delta = call_f64(call, "delta"), order = 0, tight = 0;
    const struct privacy_event e = { .mechanism = in_shares(call) ? PRIVACY_DISTRIBUTED : PRIVACY_SUBSAMPLED_GAUSSIAN,
                                     .noise = call_f64(call, "sigma"),
                                     .rate = call_f64(call, "q"),
                                     .steps = releases(call) };
    const struct pld_list list = { .events = &e, .n = 1, .interval = call_f64(call, "interval") };
    struct accountant a = accountant_make();
    TRY(accountant_add(&a, &e));
    double renyi = accountant_renyi(&a, delta, &order);
    if (!in_shares(call)) TRY(pld_epsilon(&list, delta, &tight));
    result_columns(r, columns);
    (void)snprintf(note, sizeof note, "order %g", order);
    add_row(r, "RDP", accountant_round_up(renyi), note);
    if (in_shares(call)) return OK; /* nobody knows the loss distribution of such a sum */
    (void)snprintf(note, sizeof note, "interval %g", list.interval);
    add_row(r, "PLD", accountant_round_up(tight), note);
    return OK;
}

static enum err tell_epsilon(const struct cli *cli, const struct call *call, struct result *r, struct why *why)
{
    (void)cli;
    TRY(need_range(call, why));
    if (call_f64(call, "sigma") <= 0) return why_say(why, ERR_USAGE, "--sigma must be above 0");
    say_what(call, r);
    result_field(r, "sigma", "%g", call_f64(call, "sigma"));
    return epsilons(call, r);
}

/* ---- sigma ---- */

static enum err add_found(struct result *r, const char *method, enum err e, const struct search_found *found,
                          struct why *why)
{
    char sigma[CELL_BYTES], epsilon[CELL_BYTES];
    if (e == ERR_LIMIT) return why_say(why, ERR_USAGE, "no noise is enough for this epsilon and delta");
    TRY(e);
    (void)snprintf(sigma, sizeof sigma, "%.6f", ceil(found->noise * 1e6) / 1e6);
    (void)snprintf(epsilon, sizeof epsilon, "%.4f", accountant_round_up(found->epsilon));
    const char *cells[] = { method, sigma, epsilon, NULL };
    result_row(r, cells);
    return OK;
}

static enum err tell_sigma(const struct cli *cli, const struct call *call, struct result *r, struct why *why)
{
    static const char *const columns[] = { "method", "sigma", "epsilon", NULL };
    struct search_found found = { 0, 0 };
    const struct search_goal goal = { .epsilon = call_f64(call, "epsilon"),
                                      .delta = call_f64(call, "delta"),
                                      .rate = call_f64(call, "q"),
                                      .steps = releases(call),
                                      .interval = call_f64(call, "interval"),
                                      .distributed = in_shares(call) };
    (void)cli;
    TRY(need_range(call, why));
    if (goal.epsilon <= 0) return why_say(why, ERR_USAGE, "--epsilon must be above 0");
    say_what(call, r);
    result_columns(r, columns);
    enum err e = search_noise_renyi(&goal, &found);
    TRY(add_found(r, "RDP", e, &found, why));
    if (goal.distributed) return OK;
    e = search_noise_pld(&goal, &found);
    return add_found(r, "PLD", e, &found, why);
}

/* ---- the program ---- */

static const struct way {
    const char *subcommand;
    enum err (*tell)(const struct cli *cli, const struct call *call, struct result *r, struct why *why);
} ways[] = { { "privacy epsilon", tell_epsilon }, { "privacy sigma", tell_sigma }, { "privacy audit", privacy_audit } };

static enum err run(const struct cli *cli, const struct cli_call *call, struct why *why)
{
    struct result r;
    const struct way *way = ways;
    while (strcmp(way->subcommand, call->call.command->name) != 0) way++;
    result_init(&r);
    enum err e = way->tell(cli, &call->call, &r, why);
    if (e == OK) e = visit_put(cli, &r, why);
    result_free(&r);
    return e;
}

int main(int argc, char **argv) { return cli_group_main(argc, argv, "privacy", run); }
