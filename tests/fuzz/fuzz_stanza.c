/* Whatever a broker may hand us: the first bytes are a stanza, as libstrophe's parser gives it. */
#include "common/runtime/xmpp/disco.h"
#include "common/runtime/xmpp/presence.h"
#include "common/runtime/xmpp/upload.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const sizes[] = { "small", "large", NULL };
static const struct argument args[] = {
    { "a", ARG_COUNT, ARG_REQUIRED, 0, 100, "apples", NULL, NULL, "how many" },
    { "size", ARG_CHOICE, ARG_OPTIONAL, 0, 0, NULL, sizes, "small", "how large" },
    { NULL },
};
static const struct command commands[] = {
    { "ping", ROLE_OPERATOR, NULL, "answers", NULL, NULL },
    { "add", ROLE_OPERATOR, args, "adds", NULL, NULL },
    { NULL },
};

struct agent_of {
    struct adhoc *adhoc;
    struct buf out;
};

static unsigned role_of(void *self, const char *bare)
{
    (void)self;
    return bare[0] == 'x' ? ROLE_NONE : ROLE_OPERATOR;
}

static void invoke(void *self, uint64_t call_id, const char *from, struct str command, const struct arg_pair *pairs,
                   size_t n)
{
    struct agent_of *a = self;
    struct result r CLEANUP(result_free);
    result_init(&r);
    result_say(&r, "%s " STR_F, from, STR_ARG(command));
    for (size_t i = 0; i < n; i++) result_field(&r, "value", STR_F, STR_ARG(pairs[i].value));
    adhoc_answer(a->adhoc, call_id, &r, &a->out);
}

static void tell(void *to, const char *bare, bool online)
{
    struct buf *b = to;
    buf_addf(b, "%s %d", bare, online);
}

static void answer(xmpp_stanza_t *s)
{
    struct agent_of a = { .out = buf_make(STANZA_MAX_OUT_BYTES) };
    struct adhoc_agent agent = { .self = &a, .commands = commands, .role_of = role_of, .invoke = invoke };
    if (adhoc_new(&agent, &a.adhoc) != OK) abort();
    disco_answer(a.adhoc, "me@h/agent", s, 1, &a.out);
    if (a.out.n == 0) abort(); /* every request is answered */
    buf_free(&a.out);
    adhoc_free(a.adhoc);
}

static void read_answer(xmpp_stanza_t *s)
{
    struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
    struct result r CLEANUP(result_free);
    struct slot slot;
    result_init(&r);
    if (form_read_result(s, &r) == OK && r.err != OK) abort();
    if (upload_read_slot(s, &arena, &slot) == OK && !str_starts(slot.put, "https://")) abort();
}

static void read_message(xmpp_stanza_t *s)
{
    struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
    struct buf out CLEANUP(buf_free) = buf_make(1 << 20);
    struct message m;
    if (stanza_read_message(s, &arena, &m) != MESSAGE_PACKET) return;
    if (m.packet.body.n == 0 || m.packet.body.n > MSG_MAX_BYTES) abort();
    stanza_write_message(&out, &m.packet, "1");
}

static void look(xmpp_stanza_t *s)
{
    struct buf told CLEANUP(buf_free) = buf_make(4096);
    struct presence_list *p = presence_new();
    read_message(s);
    answer(s);
    read_answer(s);
    presence_handle(p, s, tell, &told);
    presence_doubt(p);
    presence_settle(p, tell, &told);
    presence_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
    if (!text || !ctx) abort();
    memcpy(text, data, size);
    text[size] = '\0';
    xmpp_stanza_t *s = xmpp_stanza_new_from_string(ctx, text);
    if (s) look(s);
    if (s) (void)xmpp_stanza_release(s);
    xmpp_ctx_free(ctx);
    free(text);
    return 0;
}
