#include "common/wire/msg.h"
#include <assert.h>

#define FIELD_SINCE(T, kind, name, min, max, doc, since, ...)                                                          \
    { #name, FIELD_KIND_##kind, offsetof(struct msg, T.name), (min), (max), (doc), (since) },
#define FIELD_ROW(T, kind, name, min, max, ...) FIELD_SINCE(T, kind, name, min, max, __VA_ARGS__, 0, 0)
#define ROW(NAME, name, type, since, roles, delivery, doc)                                                             \
    static const struct msg_field fields_##name[] = { SCHEMA_##NAME(FIELD_ROW, name){ 0 } };
SCHEMA_MESSAGES(ROW)
#undef ROW

static const struct msg_desc table[MSG_COUNT] = {
#define ROW(NAME, name, type, since, roles, delivery, doc)                                                             \
    [MSG_##NAME] = { (type),                                                                                           \
                     (since),                                                                                          \
                     (roles),                                                                                          \
                     DELIVERY_##delivery,                                                                              \
                     (doc),                                                                                            \
                     fields_##name,                                                                                    \
                     sizeof fields_##name / sizeof fields_##name[0] - 1 },
    SCHEMA_MESSAGES(ROW)
#undef ROW
};

const struct msg_desc *msg_desc(enum msg_type type)
{
    return type > MSG_NONE && type < MSG_COUNT ? &table[type] : NULL;
}

enum msg_type msg_type_of(struct str name)
{
    for (enum msg_type t = MSG_NONE + 1; t < MSG_COUNT; t++)
        if (str_is(name, table[t].name)) return t;
    return MSG_NONE;
}

struct blob *msg_blob(struct msg *m)
{
    const struct msg_desc *d = msg_desc(m->type);
    for (size_t i = 0; d && i < d->nfields; i++)
        if (d->fields[i].kind == FIELD_KIND_blob) return (struct blob *)(void *)((char *)m + d->fields[i].offset);
    return NULL;
}

struct msg msg_make(enum msg_type type, const struct msg *about)
{
    struct msg m = { .type = type };
    if (about == NULL) return m;
    m.round = about->round;
    for (size_t i = 0; i < sizeof m.run; i++) m.run[i] = about->run[i];
    for (size_t i = 0; i < sizeof m.stage; i++) m.stage[i] = about->stage[i];
    return m;
}

/* FIPA ACL performatives (SC00037J), which SPADE agents match on. */
const char *msg_performative(enum msg_type type)
{
    static const char *const words[MSG_COUNT] = {
        [MSG_ERROR] = "not-understood", [MSG_RUN_INVITE] = "cfp",       [MSG_RUN_ACCEPT] = "propose",
        [MSG_RUN_DECLINE] = "refuse",   [MSG_ROUND_DECLINE] = "refuse", [MSG_STATS_ASK] = "query-ref",
        [MSG_ROUND_START] = "request",  [MSG_EVALUATE] = "query-ref",   [MSG_FEED_SUBSCRIBE] = "subscribe",
        [MSG_PERMIT_ASK] = "request",   [MSG_PERMIT] = "agree",         [MSG_PERMIT_DENY] = "refuse",
    };
    assert((unsigned)type < MSG_COUNT);
    return words[type] ? words[type] : "inform";
}
