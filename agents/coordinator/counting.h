/*
 * counting -- one question to the hospitals: how many patients are in each cell
 * of a table, by one or two columns of a task.
 *
 * The guardian, where there is one, is asked for a permit first; each hospital
 * decides for itself, and hides its small cells before it answers
 * (common/privacy/counts.h).  Nothing of it is stored: a person waits for the
 * answer, at most COUNTING_LIMIT_MS, and asks again after a restart.
 */
#pragma once
#include "agents/coordinator/tasks.h"
#include "common/privacy/counts.h"
#include "common/runtime/agent.h"
#include "common/wire/axis.h"

enum { COUNTING_MAX = 4, COUNTING_LIMIT_MS = 60000, COUNTING_WHY_BYTES = 300 };
#define COUNTING_STAGE "counting"

struct counting_site {
    char jid[ROSTER_JID_BYTES];
    char name[ROSTER_NAME_BYTES];
    bool waits;
    char why[COUNTING_WHY_BYTES]; /* why it gave no numbers; "" when it did, or has not answered */
};
struct counting {
    uint64_t number; /* of all there ever were, and what messages about it are named by: "count-<number>" */
    uint64_t call;   /* of the person who waits */
    const struct task_file *task;
    struct axis rows, columns;
    char row[CONTRACT_NAME_BYTES], column[CONTRACT_NAME_BYTES];
    struct counting_site *sites; /* owned */
    size_t nsites;
    struct counts sum;
};

struct coordinator;
struct counting_order {
    uint64_t call;
    const struct task_file *task;
    struct str row, column; /* column may be empty */
};
/* Asks the guardian, or the hospitals where there is none.  ERR_INPUT, ERR_LIMIT, ERR_ABSENT with a sentence. */
enum err counting_begin(struct coordinator *c, const struct counting_order *o, struct why *why) MUST_USE;
/* The guardian's word.  What is about none that waits means nothing. */
enum err counting_permitted(struct coordinator *c, const struct msg *m) MUST_USE;
enum err counting_denied(struct coordinator *c, const struct msg *m) MUST_USE;
void counting_free(struct counting *q); /* NULL is fine */
