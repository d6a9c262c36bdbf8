/*
 * form -- XEP-0004 data forms: what a command asks for, what it was given,
 * what it answered; with XEP-0122 data types and ranges.
 */
#pragma once
#include "common/runtime/xmpp/stanza.h"
#include "common/wire/command.h"
#include "common/wire/result.h"

enum {
    FORM_MAX_NAME = 256,               /* bytes of a field's name or a title */
    FORM_MAX_FIELDS = 64,              /* of a submitted form */
    FORM_MAX_VALUE = 16 * 1024,        /* bytes of one value of a form we read */
    FORM_MAX_ANSWER_BYTES = 192 * 1024 /* of a result's table; longer ones are cut, and say so */
};
#define FORM_SPADE_TITLE "spade:x:metadata"

/* SPADE's metadata form with performative, ontology "himas" and _thread_node; NULL and "" are left out. */
void form_write_metadata(struct buf *out, const char *performative, const char *thread);

/* The form that asks for a command's arguments. */
void form_write_arguments(struct buf *out, const struct command *command);
/* Reads a submitted form into pairs; empty values are left out, of several the first counts.  Texts live in the arena.
 * ERR_PROTO when it is no form of this type, ERR_LIMIT above FORM_MAX_FIELDS or FORM_MAX_VALUE. */
enum err form_read_pairs(xmpp_stanza_t *x, struct arena *arena, struct arg_pair pairs[FORM_MAX_FIELDS], size_t *out_n)
    MUST_USE;
/* The caller's side of it. */
void form_write_pairs(struct buf *out, const struct arg_pair *pairs, size_t n);

/* An answer: its sentences as a <note>, then a result form when it has values, a table, or an error's code (a hidden
 * field `code`).  A table too long for a stanza is cut and the note says so. */
void form_write_result(struct buf *out, const struct result *r);
/* The caller's side: adds the note and form inside <command> to *out.  ERR_PROTO, ERR_LIMIT, ERR_MEMORY. */
enum err form_read_result(xmpp_stanza_t *command, struct result *out) MUST_USE;
