#include "tests/unit/common/runtime/xmpp/reading.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct reading reading_of(const char *text)
{
    struct reading r = { .ctx = xmpp_ctx_new(NULL, NULL) };
    r.stanza = xmpp_stanza_new_from_string(r.ctx, text);
    cr_assert(r.stanza, "%.200s", text);
    return r;
}

void reading_end(struct reading *r)
{
    (void)xmpp_stanza_release(r->stanza);
    xmpp_ctx_free(r->ctx);
}

static const char *const sizes[] = { "small", "large", NULL };
static const struct argument add_args[] = {
    { "a", ARG_COUNT, ARG_REQUIRED, 0, 100, "apples", NULL, NULL, "how many" },
    { "size", ARG_CHOICE, ARG_OPTIONAL, 0, 0, NULL, sizes, "small", "how large <&>" },
    { "day", ARG_DATE, ARG_OPTIONAL, 0, 0, NULL, NULL, NULL, "which day" },
    { NULL },
};
static const struct command commands[] = {
    { "ping", ROLE_OPERATOR | ROLE_OFFICER, NULL, "answers", NULL, NULL },
    { "add", ROLE_OPERATOR, add_args, "adds apples", NULL, NULL },
    { "audit", ROLE_OFFICER, NULL, "for the officer", NULL, NULL },
    { NULL },
};

static unsigned role_of(void *self, const char *bare)
{
    (void)self;
    return strncmp(bare, "officer@", 8) == 0 ? ROLE_OFFICER : ROLE_OPERATOR;
}

static void invoke(void *self, uint64_t call_id, const char *from, struct str command, const struct arg_pair *pairs,
                   size_t n)
{
    struct toy *t = self;
    struct buf said CLEANUP(buf_free) = buf_make(sizeof t->said - 1);
    buf_addf(&said, STR_F "(", STR_ARG(command));
    for (size_t i = 0; i < n; i++)
        buf_addf(&said, "%s" STR_F "=" STR_F, i ? "," : "", STR_ARG(pairs[i].name), STR_ARG(pairs[i].value));
    buf_add_z(&said, ")");
    (void)snprintf(t->said, sizeof t->said, STR_F, STR_ARG(buf_str(&said)));
    (void)snprintf(t->from, sizeof t->from, "%s", from);
    t->call_id = call_id;
    t->calls++;
}

struct adhoc *toy_commands(struct toy *t)
{
    struct adhoc *a = NULL;
    *t = (struct toy){ 0 };
    cr_assert_eq(
        adhoc_new(&(struct adhoc_agent){ .self = t, .commands = commands, .role_of = role_of, .invoke = invoke }, &a),
        OK);
    return a;
}
