/*
 * home -- what lies where in a federation's folder.
 *
 *   federation.yaml        what `himas up` was told; edit it and run `himas up` again
 *   roster.yaml            who is who: JID, role, public keys; signed in roster.yaml.sig by federation.key
 *   tasks/                 the task documents the coordinator knows
 *   broker/                the private broker (broker-config/broker.sh); broker/secrets/NAME.password
 *   agents/NAME/           config.yaml, identity.key, store.db, and of a hospital records.csv and policy.yaml
 *   logs/NAME.log          what each process said
 *   run/                   lock and list of the running processes
 */
#pragma once
#include "common/base/err.h"
#include <stdbool.h>
#include <stddef.h>

enum { HOME_PATH_BYTES = 1024 };

struct home {
    char root[HOME_PATH_BYTES - 256]; /* absolute */
};
/* A path inside the folder, made on the stack: home_at(&l, "agents/%s/config.yaml", name).text */
struct path {
    char text[HOME_PATH_BYTES];
};
struct path home_at(const struct home *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The folder need not exist.  ERR_INPUT when the path is too long. */
enum err home_open(const char *folder, struct home *out, struct why *why) MUST_USE;
bool home_exists(const struct home *l); /* `himas up` was here */
/* ERR_ABSENT, with what to do, when home_exists() is false. */
enum err home_need(const struct home *l, struct why *why) MUST_USE;
/* May a federation be made there?  ERR_INPUT when the folder has other things in it, and no federation; ERR_IO when it
 * cannot be read. */
enum err home_may_become(const struct home *l, struct why *why) MUST_USE;
/* mkdir of the folder and all above it; fine when it is there.  mode 0700. */
enum err home_folder(const char *path, struct why *why) MUST_USE;
/* What may still be written on the folder's disk; HUGE_VAL where its file system does not count.  ERR_IO. */
enum err home_room(const char *folder, double *out_bytes, struct why *why) MUST_USE;
/* An absolute path of one that is relative to `folder` (or to where we are, when NULL). */
enum err home_absolute(const char *folder, const char *path, char *out, size_t size, struct why *why) MUST_USE;
/* The folder part of a path, "." when there is none. */
const char *home_folder_of(const char *path, char *out, size_t size);
