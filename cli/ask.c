#include "cli/commands.h"
#include "cli/visit.h"
#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 128, MAX_TEXT = COMMAND_MAX_TEXT };

/* ---- the coordinator's command of the same name ---- */

static size_t given(const struct call *call, struct arg_pair *out)
{
    size_t n = 0;
    for (const struct argument *a = call->command->args; a && a->name; a++)
        if (call_has(call, a->name)) out[n++] = (struct arg_pair){ str_of(a->name), call_text(call, a->name) };
    return n;
}

enum err run_thin(const struct cli *cli, const struct cli_call *call, struct why *why)
{
    struct arg_pair pairs[COMMAND_MAX_ARGS];
    CLEANUP(visit_close) struct visit v = { .client = NULL };
    size_t n = given(&call->call, pairs);
    TRY(visit_open(cli, &v, why));
    return visit_print(cli, &v, "coordinator", str_of(call->call.command->name), pairs, n, why);
}

/* ---- any command of any agent ---- */

/* What was said after AGENT: words, then pairs with names.  The names of words are their positions. */
struct question {
    char agent[NAME_BYTES];
    struct str words[CLI_MAX_PAIRS];
    size_t nwords;
    struct arg_pair pairs[2 * CLI_MAX_PAIRS];
    size_t npairs;
    char positions[CLI_MAX_PAIRS][8];
};

static enum err take(const struct cli_call *call, struct question *q, struct why *why)
{
    for (size_t i = 0; i < call->npairs; i++) {
        const struct arg_pair *p = &call->pairs[i];
        if (p->name.n)
            q->pairs[q->npairs++] = *p;
        else
            q->words[q->nwords++] = p->value;
    }
    if (q->nwords < 2)
        return why_say(why, ERR_USAGE,
                       "say whom and what: himas ask AGENT COMMAND; `himas ask coordinator help` lists");
    return str_copy(q->words[0], q->agent, sizeof q->agent);
}

/* The first `words` words after the agent are the command; the others are arguments by position. */
static size_t arrange(struct question *q, size_t words, char name[NAME_BYTES])
{
    size_t n = q->npairs;
    size_t used = 0;
    for (size_t i = 1; i <= words; i++)
        used += (size_t)snprintf(name + used, used < NAME_BYTES ? NAME_BYTES - used : 0, "%s" STR_F, i > 1 ? " " : "",
                                 STR_ARG(q->words[i]));
    for (size_t i = words + 1; i < q->nwords; i++) {
        (void)snprintf(q->positions[i], sizeof q->positions[i], "%zu", i - words);
        q->pairs[n++] = (struct arg_pair){ str_of(q->positions[i]), q->words[i] };
    }
    return n;
}

/* Names may have two words, so the longer reading is tried first. */
static enum err find_answer(const struct visit *v, struct question *q, struct result *out, struct why *why)
{
    char name[NAME_BYTES] = "";
    enum err e = ERR_ABSENT;
    for (size_t words = q->nwords > 2 ? 2 : 1; words > 0 && e == ERR_ABSENT; words--) {
        size_t n = arrange(q, words, name);
        e = visit_call(v, q->agent, str_of(name), q->pairs, n, out, why);
    }
    return e;
}

static enum err ask(const struct cli *cli, const struct visit *v, struct question *q, struct why *why)
{
    struct result r;
    TRY(find_answer(v, q, &r, why));
    enum err e = visit_refusal(&r, why);
    if (e == OK) e = visit_put(cli, &r, why);
    result_free(&r);
    return e;
}

/* As one says it in a chat: "help runs show". */
static enum err chat(const struct cli *cli, const struct visit *v, const struct question *q, struct why *why)
{
    char jid[VISIT_JID_BYTES];
    struct result r;
    CLEANUP(buf_free) struct buf line = buf_make(MAX_TEXT);
    CLEANUP(buf_free) struct buf answer = buf_make(1 << 20);
    for (size_t i = 1; i < q->nwords; i++) buf_addf(&line, "%s" STR_F, i > 1 ? " " : "", STR_ARG(q->words[i]));
    TRY(buf_err(&line));
    TRY(client_say(v->client, visit_jid(v, q->agent, jid), buf_str(&line), VISIT_ASK_MS, &answer, why));
    result_init(&r);
    result_say(&r, STR_F, STR_ARG(str_trim(buf_str(&answer))));
    enum err e = visit_put(cli, &r, why);
    result_free(&r);
    return e;
}

enum err run_ask(const struct cli *cli, const struct cli_call *call, struct why *why)
{
    struct question q = { .nwords = 0 };
    CLEANUP(visit_close) struct visit v = { .client = NULL };
    TRY(take(call, &q, why));
    TRY(visit_open(cli, &v, why));
    return str_is(q.words[1], "help") ? chat(cli, &v, &q, why) : ask(cli, &v, &q, why);
}
