/* People's questions: chat in plain words, and structured calls; one way to run, two ways to answer. */
#include "common/runtime/core_private.h"
#include <assert.h>
#include <string.h>

struct call_ctx {
    struct call call;
    struct result *result;
    bool kept; /* its run function said agent_later */
};

static enum err run_call(struct agent *a, void *arg)
{
    struct call_ctx *c = arg;
    a->calling = c;
    c->kept = false;
    enum err e = c->call.command->run(a, a->state, &c->call, c->result);
    a->calling = NULL;
    c->kept = c->kept && e == OK;
    return e == OK ? result_err(c->result) : e;
}

/* Checks the role and runs; the result always says something. */
static bool answered_now(struct agent *a, struct call_ctx *c)
{
    char who[200];
    assert(c->call.command != NULL); /* found by the caller */
    if (!(c->call.from_role & c->call.command->roles)) {
        c->result->code = ERR_ROLE;
        result_say(c->result, "`%s` is for: %s.", c->call.command->name,
                   role_list(c->call.command->roles, who, sizeof who));
        return true;
    }
    if (!a->ready) {
        c->result->code = ERR_STORE;
        result_say(c->result, "I cannot answer now: my state is being rebuilt. Try again in a moment.");
        return true;
    }
    a->counts.calls++;
    enum err e = core_transact(a, run_call, c);
    if (e == OK) return !c->kept;
    c->result->code = e;
    a->counts.calls_refused[e]++;
    if (c->result->text.n == 0) result_say(c->result, "%s: %s.", err_text(e), err_remedy(e));
    return true;
}

static void say_result(struct agent *a, const char *to, const struct result *r)
{
    struct buf text CLEANUP(buf_free) = buf_make(RESULT_MAX_BYTES);
    result_print_text(r, &text);
    if (text.n == 0) buf_add_z(&text, "Done.");
    if (buf_err(&text) != OK) return;
    (void)a->transport.send(a->transport.self,
                            &(struct packet){ .kind = PACKET_CHAT, .peer = to, .body = buf_str(&text) });
}

/* transport_id: of a structured call; 0: it is said to the person. */
static void answer(struct agent *a, const char *to, uint64_t transport_id, const struct result *r)
{
    struct result clean CLEANUP(result_free) = { 0 };
    if (!a->attached) return;
    r = screen_result(a->screen, r, &clean);
    if (transport_id == 0)
        say_result(a, to, r);
    else
        a->transport.answer(a->transport.self, transport_id, r);
}

/* "help", "help start", "commands": the caller's, as command.h says. */
static bool help(struct agent *a, struct str line, unsigned role, struct result *r)
{
    struct str rest = str_trim(line);
    if (str_starts(rest, "/")) rest = (struct str){ rest.p + 1, rest.n - 1 };
    struct str word = str_next(&rest, ' ');
    if (!str_is_nocase(word, "help") && !str_is_nocase(word, "commands") && !str_is(word, "?")) return false;
    struct buf text CLEANUP(buf_free) = buf_make(RESULT_MAX_BYTES);
    command_help(a->def->commands, role, str_trim(rest), &text);
    result_say(r, STR_F, STR_ARG(buf_str(&text)));
    return true;
}

static enum err keep_call(struct agent *a, const struct call *c, uint64_t transport_id)
{
    TRY(core_grow((void **)&a->calls, a->ncalls, &a->cap_calls, sizeof *a->calls));
    struct pending_call p = { .id = c->id, .transport_id = transport_id, .since_ms = agent_now_ms(a) };
    TRY(str_copy(str_of(c->from), p.from, sizeof p.from));
    a->calls[a->ncalls++] = p;
    return OK;
}

/* Strangers have one measure between them: they are many, and cost no memory. */
static bool too_fast(struct agent *a, const char *from)
{
    struct peer *p = roster_find(a->roster, str_of(from)) ? core_peer(a, from) : NULL;
    return core_too_fast(a, p ? &p->chats : &a->strangers, CORE_CHATS_PER_S, CORE_CHATS_BURST);
}

void core_on_chat(struct agent *a, const struct packet *packet)
{
    struct result r CLEANUP(result_free) = { 0 };
    struct why why = { 0 };
    const struct member *m = roster_find(a->roster, str_of(packet->peer));
    struct call_ctx c = { .result = &r };
    if (too_fast(a, packet->peer)) return;
    result_init(&r);
    a->counts.chats++;
    if (m == NULL) {
        a->counts.strangers++;
        result_say(&r, "I do not know this account. The federation's operator can add you to the roster.");
    } else if (!help(a, packet->body, m->role, &r)) {
        r.code =
            packet->body.n > COMMAND_MAX_TEXT ? ERR_INPUT : chat_parse(packet->body, a->def->commands, &c.call, &why);
        if (r.code != OK) result_say(&r, "%s", why.text[0] ? why.text : "That is too long for me. Say `help`.");
        c.call.from = packet->peer;
        c.call.from_role = m->role;
        c.call.id = core_token(a);
        if (r.code == OK && !answered_now(a, &c) && keep_call(a, &c.call, 0) == OK) return;
    }
    answer(a, packet->peer, 0, &r);
}

void core_on_invoke(struct agent *a, uint64_t call_id, const char *from, struct str command,
                    const struct arg_pair *pairs, size_t n)
{
    struct result r CLEANUP(result_free);
    struct why why = { 0 };
    struct call_ctx c = { .result = &r };
    const struct command *row = a->def->commands ? command_find(a->def->commands, command) : NULL;
    result_init(&r);
    if (too_fast(a, from))
        r.code = why_say(&why, ERR_LIMIT, "that was too much at once; ask again in a moment");
    else
        r.code = row ? call_fill(&c.call, row, pairs, n, &why)
                     : why_say(&why, ERR_ABSENT, "there is no such command; say `help`");
    if (r.code != OK) result_say(&r, "%s", why.text);
    c.call.from = from;
    c.call.from_role = core_role_of(a, from);
    c.call.id = core_token(a);
    if (r.code == OK && !answered_now(a, &c) && keep_call(a, &c.call, call_id) == OK) return;
    answer(a, from, call_id, &r);
}

/* Those that were to be asked are away, say. */
static void give_up_old_calls(struct agent *a)
{
    struct result r CLEANUP(result_free);
    result_init(&r);
    r.code = ERR_TIMEOUT;
    result_say(&r, "No answer came in %d minutes. Ask again later.", CORE_CALL_MS / 60000);
    for (size_t i = a->ncalls; i > 0; i--)
        if (agent_now_ms(a) - a->calls[i - 1].since_ms >= CORE_CALL_MS) agent_answer(a, a->calls[i - 1].id, &r);
}

static enum err too_many(struct agent *a, const struct call *c, size_t theirs)
{
    if (a->calling && &a->calling->call == c)
        result_say(
            a->calling->result,
            "%zu questions wait for their answers, %zu of them yours; more than %d, or %d of one, are not taken. "
            "Ask again when some are answered.",
            a->ncalls, theirs, CORE_MAX_CALLS, CORE_MAX_CALLS_A_PEER);
    return ERR_LIMIT;
}

enum err agent_later(struct agent *a, const struct call *c)
{
    size_t theirs = 0;
    give_up_old_calls(a);
    for (size_t i = 0; i < a->ncalls; i++) theirs += strcmp(a->calls[i].from, c->from) == 0;
    if (a->ncalls >= CORE_MAX_CALLS || theirs >= CORE_MAX_CALLS_A_PEER) return too_many(a, c, theirs);
    if (a->calling && &a->calling->call == c) a->calling->kept = true;
    return OK;
}

void agent_answer(struct agent *a, uint64_t call_id, const struct result *r)
{
    for (size_t i = 0; i < a->ncalls; i++) {
        if (a->calls[i].id != call_id) continue;
        struct pending_call p = a->calls[i];
        a->calls[i] = a->calls[--a->ncalls];
        answer(a, p.from, p.transport_id, r);
        return;
    }
}
