/*
 * services -- the list of a federation's processes, as kept in run/services.yaml
 * by the supervisor and read by up, down and status; and the rule by which
 * one that ended is started again.
 */
#pragma once
#include "common/base/arena.h"
#include "common/base/buf.h"

enum { SERVICES_MAX = 256, SERVICE_NAME_BYTES = 64 };
enum service_state { SERVICE_WAITING, SERVICE_RUNNING, SERVICE_FAILED, SERVICE_ENDED };

struct service {
    char name[SERVICE_NAME_BYTES];
    enum service_state state;
    uint64_t pid;
    uint64_t restarts;   /* since `himas up` */
    uint64_t exit_code;  /* of its last end; 128 + n after signal n */
    uint64_t started_ms; /* monotonic clock of this machine */
    uint64_t due_ms;     /* when it is started again, while waiting */
    uint64_t quick_ends; /* ends in a row that came soon after the start */
};
struct services {
    struct service items[SERVICES_MAX];
    size_t n;
};

const char *service_state_name(enum service_state state);
void services_print(const struct services *s, struct buf *out); /* YAML */
enum err services_parse(struct str text, const char *source, struct services *out, struct why *why) MUST_USE;
const struct service *services_find(const struct services *s, const char *name); /* NULL when absent */

/* The process ended.  A wrong setting, policy, command line or file will not mend itself: FAILED.  Else WAITING, due
 * after a pause that doubles from 200 ms to 15 s while it keeps ending within a minute. */
void service_ended(struct service *s, uint64_t exit_code, uint64_t now_ms);
