/*
 * msg -- a message in memory, made from the schema.
 */
#pragma once
#include "common/base/arena.h"
#include "common/wire/manifest.h"
#include "common/wire/schema.h"

enum { MSG_ID_BYTES = 48, MSG_RUN_BYTES = 64, MSG_STAGE_BYTES = 32, MSG_MAX_ACKS = 32, MSG_MAX_BYTES = 64 * 1024 };
#define MSG_MAX_ROUND 1000000

struct vec {
    const double *p;
    size_t n;
};
/* An attachment: its bytes, or the key in the agent's store whose value they are, so that long ones need not be in
 * memory.  Agents fill one of the two, and read by agent_blob_* (agent.h); the runtime seals, moves and checks, through
 * the manifest. */
struct blob {
    struct bytes data;
    const char *kept; /* NULL: in data */
    char sha256[65];  /* of the bytes, set by the runtime once it knows; "" */
    const struct manifest *manifest;
};

enum msg_type {
    MSG_NONE,
#define ROW(NAME, name, type, since, roles, delivery, doc) MSG_##NAME,
    SCHEMA_MESSAGES(ROW)
#undef ROW
        MSG_COUNT
};

#define FIELD_u64(name) uint64_t name;
#define FIELD_f64(name) double name;
#define FIELD_str(name) struct str name;
#define FIELD_text(name) struct str name;
#define FIELD_vec(name) struct vec name;
#define FIELD_blob(name) struct blob name;
#define FIELD(T, kind, name, min, max, ...) FIELD_##kind(name)
#define ROW(NAME, name, type, since, roles, delivery, doc)                                                             \
    struct msg_##name {                                                                                                \
        SCHEMA_##NAME(FIELD, name) char unused;                                                                        \
    };
SCHEMA_MESSAGES(ROW)
#undef ROW
#undef FIELD

struct msg {
    enum msg_type type;
    uint64_t version;               /* of the schema it came in, or is to go out in; 0: SCHEMA_VERSION */
    char id[MSG_ID_BYTES];          /* "<epoch>-<number>", hex and decimal; made by the runtime; "" on PLAIN messages */
    char in_reply_to[MSG_ID_BYTES]; /* "" or the id this answers */
    char run[MSG_RUN_BYTES];        /* "" outside runs */
    uint64_t round;                 /* 0 outside rounds */
    char stage[MSG_STAGE_BYTES];    /* "" or the run's state the sender was in */
    int64_t sent_at_ms;             /* wall clock of the sender; set by the runtime */
    uint64_t ttl_ms;                /* 0: as long as it takes; else not worth delivering later */
    struct str acks[MSG_MAX_ACKS];  /* ids the sender has handled */
    size_t nacks;
    const char *from; /* authenticated bare JID; set by the runtime on receipt, never encoded */
    unsigned from_role;
    union {
#define ROW(NAME, name, type, since, roles, delivery, doc) struct msg_##name name;
        SCHEMA_MESSAGES(ROW)
#undef ROW
    };
};

enum field_kind { FIELD_KIND_u64, FIELD_KIND_f64, FIELD_KIND_str, FIELD_KIND_text, FIELD_KIND_vec, FIELD_KIND_blob };
struct msg_field {
    const char *name;
    enum field_kind kind;
    size_t offset; /* in struct msg */
    double min;
    double max;
    const char *doc;
    unsigned since; /* version of the schema; 0: as old as its message */
};
enum delivery { DELIVERY_PLAIN, DELIVERY_ACKED };
struct msg_desc {
    const char *name; /* on the wire */
    unsigned since;   /* version of the schema */
    unsigned roles;   /* who may send it */
    enum delivery delivery;
    const char *doc;
    const struct msg_field *fields;
    size_t nfields;
};

const struct msg_desc *msg_desc(enum msg_type type); /* NULL for MSG_NONE and out of range */
enum msg_type msg_type_of(struct str name);          /* MSG_NONE when unknown */
/* The message's attachment, or NULL: a message has one at most. */
struct blob *msg_blob(struct msg *m);
/* A new message of the type, zeroed; run, round and stage copied from `about` when it is not NULL. */
struct msg msg_make(enum msg_type type, const struct msg *about);
/* SPADE's performative for the message: "request", "inform", "refuse" ... */
const char *msg_performative(enum msg_type type);
