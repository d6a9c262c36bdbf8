/*
 * doctor -- what is wrong around an agent, in one line with its remedy.
 *
 * doctor.c has the ordered table of checks.  A check looks at one thing, says
 * what it found, and may give a fact that later ones stand on; what cannot be
 * looked at is skipped.  The first that is wrong is the diagnosis.
 */
#pragma once
#include "cli/cli.h"
#include "cli/home.h"
#include "common/runtime/enrol.h"
#include "common/runtime/roster.h"
#include "common/runtime/xmpp/client.h"

enum { DOCTOR_REMEDY_BYTES = 320, DOCTOR_MAX_TASKS = 16, DOCTOR_SAID_BYTES = 1 << 16 };

/* What later checks stand on. */
enum doctor_fact {
    HAS_SETTINGS = 1,
    HAS_ROSTER = 2,
    FINDS_HOST = 4,
    FINDS_PORT = 8,
    HEARS_XMPP = 16,
    IS_IN = 32,
    IS_QUICK = 64,
};

struct patient {
    const struct cli *cli;
    struct home home;
    bool at_home;                /* the folder is one of `himas up` */
    char name[ROSTER_JID_BYTES]; /* as it is told */
    char config[HOME_PATH_BYTES];
    char tasks[DOCTOR_MAX_TASKS][HOME_PATH_BYTES]; /* documents its records must serve */
    size_t ntasks;
    unsigned facts;
    /* from the settings */
    char jid[ROSTER_JID_BYTES];
    const char *domain; /* in jid */
    char host[ROSTER_JID_BYTES];
    uint64_t port;
    bool resumes;        /* stream_management */
    const char *kind;    /* "trainer", "guardian", "coordinator": its program is himas-<kind> */
    const char *instead; /* what to do about settings that cannot be read; NULL: what the error says */
    char roster_key[ENROL_KEY_TEXT_BYTES];
    char password_file[HOME_PATH_BYTES], ca_file[HOME_PATH_BYTES], roster_file[HOME_PATH_BYTES];
    char identity[HOME_PATH_BYTES], store[HOME_PATH_BYTES], records[HOME_PATH_BYTES];
    struct buf said; /* lines of the agent's own --check */
    struct roster *roster;
    int socket; /* to the broker, before login; -1 */
    struct client *client;
};
void patient_fini(struct patient *p);

enum doctor_state { DOCTOR_OK, DOCTOR_NOTE, DOCTOR_WRONG, DOCTOR_SKIPPED };
struct finding {
    enum doctor_state state;
    enum err code;
    struct why what;
    char remedy[DOCTOR_REMEDY_BYTES];
};
void doctor_fine(struct finding *f, const char *format, ...) PRINTF(2, 3);
void doctor_skip(struct finding *f, const char *format, ...) PRINTF(2, 3);
/* Wrong: with that remedy, or the error's own when it is NULL. */
void doctor_wrong(struct finding *f, enum err code, const struct why *what, const char *remedy);
/* Worth knowing, but nothing fails of it. */
void doctor_note(struct finding *f, const struct why *what, const char *remedy);

typedef void doctor_fn(struct patient *p, struct finding *f);
doctor_fn doctor_settings, doctor_policy, doctor_records, doctor_task; /* doctor_agent.c */
doctor_fn doctor_clock, doctor_secrets, doctor_files, doctor_roster;   /* doctor_files.c */
doctor_fn doctor_disk, doctor_store;                                   /* doctor_store.c */
doctor_fn doctor_host, doctor_port, doctor_greeting, doctor_login;     /* doctor_link.c */
doctor_fn doctor_time, doctor_modules, doctor_peers;                   /* doctor_broker.c */
doctor_fn doctor_guardian;                                             /* doctor_guardian.c */
doctor_fn doctor_upload, doctor_pace, doctor_stanza;                   /* doctor_load.c */
