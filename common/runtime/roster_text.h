/*
 * roster_text -- a roster made of parts of others, written as roster_parse reads it.
 */
#pragma once
#include "common/runtime/roster.h"

/* Members of a roster. */
struct roster_part {
    const struct roster *of; /* NULL: nobody */
    bool only_enrolled;      /* the others are left out */
    bool mark_enrolled;      /* all are from now on */
};
struct roster_plan {
    uint64_t version;
    struct roster_part parts[2]; /* who is in both is taken from the first */
    const struct roster *before; /* whose revoked stay revoked, and are left out; NULL: nobody's */
    const struct roster *pardon; /* except these members; NULL: none */
    const char *revoke;          /* a JID; NULL: none */
};

void roster_text(const struct roster_plan *plan, struct buf *out);
/* A line, for a list of members. */
void roster_text_member(const struct member *m, bool enrolled, struct buf *out);
