/*
 * federation -- what `himas up` makes, as one YAML document.
 *
 *   domain: himas.local
 *   hospitals: [hospital-a, hospital-b, hospital-c]
 *   tasks: [tasks/breast-cancer.yaml]        paths are relative to the document
 *   records:
 *     file: breast-cancer.csv                dealt out to the hospitals by rows, once
 *     split: iid                             or dirichlet: label skew, small alpha is extreme
 *     alpha: 0.5
 *     seed: 1
 *   policy: policy.yaml                      the first policy of each hospital; later ones are the hospital's own
 *   guardian: yes                            a privacy guardian without whose permit no round is trained
 *   people:
 *     - {name: operator, roles: [operator, scientist]}
 *   settings:                                added to the agents' config.yaml
 *     coordinator: {log_level: debug}
 *     trainer: {}
 *     guardian: {}
 */
#pragma once
#include "cli/home.h"
#include "common/base/buf.h"
#include "common/wire/doc.h"

enum {
    FEDERATION_MAX_HOSPITALS = 100,
    FEDERATION_MAX_TASKS = 16,
    FEDERATION_MAX_PEOPLE = 16,
    FEDERATION_MAX_SETTINGS = 32,
    FEDERATION_NAME_BYTES = 48,
    FEDERATION_MAX_BYTES = 1 << 18
};
enum federation_split { SPLIT_IID, SPLIT_DIRICHLET };

struct federation_person {
    char name[FEDERATION_NAME_BYTES];
    unsigned roles;
};
struct federation_setting {
    char agent[16]; /* coordinator, trainer or guardian */
    char name[64];
    char value[256];
};
struct federation {
    char domain[128];
    char hospitals[FEDERATION_MAX_HOSPITALS][FEDERATION_NAME_BYTES];
    size_t nhospitals;
    char tasks[FEDERATION_MAX_TASKS][HOME_PATH_BYTES]; /* absolute */
    size_t ntasks;
    struct {
        char file[HOME_PATH_BYTES]; /* absolute; "" when every hospital brings its own */
        unsigned split;             /* enum federation_split */
        double alpha;
        uint64_t seed;
    } records;
    char policy[HOME_PATH_BYTES]; /* absolute */
    bool guardian;
    struct federation_person people[FEDERATION_MAX_PEOPLE];
    size_t npeople;
    struct federation_setting settings[FEDERATION_MAX_SETTINGS];
    size_t nsettings;
};

/* Three hospitals, one operator, no task and no records. */
void federation_default(struct federation *f);
void federation_name_hospitals(struct federation *f, size_t n); /* hospital-a, hospital-b ... */

/* Keys that are absent leave *f as it is.  ERR_SETTING with file, line and key. */
enum err federation_read(const char *path, struct federation *f, struct why *why) MUST_USE;
enum err federation_parse(const struct doc *d, const char *folder, struct federation *f, struct why *why) MUST_USE;
/* ERR_SETTING unless there is a hospital, names are names, and none is used twice. */
enum err federation_check(const struct federation *f, struct why *why) MUST_USE;
void federation_print(const struct federation *f, struct buf *out); /* the document, read back the same */
