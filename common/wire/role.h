/*
 * role -- who somebody is to the federation.
 *
 * A role comes from the roster, by the authenticated JID, never from what a
 * message says.  Masks of roles say who may send a message or run a command.
 */
#pragma once
#include "common/base/str.h"

#define ROLES(R)                                                                                                       \
    R(COORDINATOR, "coordinator")                                                                                      \
    R(TRAINER, "trainer")                                                                                              \
    R(GUARDIAN, "guardian")                                                                                            \
    R(SURVEILLANCE, "surveillance")                                                                                    \
    R(TREATMENT, "treatment")                                                                                          \
    R(CLINICAL, "clinical")                                                                                            \
    R(GATEWAY, "gateway")                                                                                              \
    R(OPERATOR, "operator")                                                                                            \
    R(SCIENTIST, "scientist")                                                                                          \
    R(CLINICIAN, "clinician")                                                                                          \
    R(OFFICER, "privacy-officer")                                                                                      \
    R(LEADERSHIP, "leadership")

enum role_index {
#define ROLE_ROW(name, text) ROLE_INDEX_##name,
    ROLES(ROLE_ROW)
#undef ROLE_ROW
        ROLE_COUNT
};
enum role {
    ROLE_NONE = 0,
#define ROLE_ROW(name, text) ROLE_##name = 1u << ROLE_INDEX_##name,
    ROLES(ROLE_ROW)
#undef ROLE_ROW
};
#define ROLE_PEOPLE (ROLE_OPERATOR | ROLE_SCIENTIST | ROLE_CLINICIAN | ROLE_OFFICER | ROLE_LEADERSHIP)
#define ROLE_AGENTS                                                                                                    \
    (ROLE_COORDINATOR | ROLE_TRAINER | ROLE_GUARDIAN | ROLE_SURVEILLANCE | ROLE_TREATMENT | ROLE_CLINICAL |            \
     ROLE_GATEWAY)
#define ROLE_ANYONE (ROLE_PEOPLE | ROLE_AGENTS)

const char *role_name(unsigned role);                   /* of a single role; "none" otherwise */
unsigned role_parse(struct str name);                   /* ROLE_NONE when unknown */
char *role_list(unsigned mask, char *out, size_t size); /* "operator, scientist"; returns out */
