/* What lies on this machine: the clock its files were written by, secrets, permissions, who is who. */
#include "cli/doctor.h"
#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/runtime/keys.h"
#include "common/runtime/roster_trust.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLACK_S = 120, PASSWORD_MAX_BYTES = 1024 };

/* A file from the future was written by a clock that this one has fallen behind. */
void doctor_clock(struct patient *p, struct finding *f)
{
    const char *const files[] = { p->config, p->roster_file, p->ca_file, p->identity, p->password_file };
    int64_t now_ms = clock_wall_ms();
    char ours[CLOCK_STAMP_BYTES], theirs[CLOCK_STAMP_BYTES];
    struct why what;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct stat st;
        if (stat(files[i], &st) != 0 || (int64_t)st.st_mtime * 1000 <= now_ms + SLACK_S * 1000) continue;
        (void)why_say(&what, ERR_SETTING, "this machine's clock is behind: it says %s, but %.150s was written %s",
                      clock_stamp(now_ms, ours), files[i], clock_stamp((int64_t)st.st_mtime * 1000, theirs));
        doctor_wrong(f, ERR_SETTING, &what, "set this machine's clock, best by NTP");
        return;
    }
    doctor_fine(f, "%s", clock_stamp(now_ms, ours));
}

/* ---- secrets ---- */

void doctor_secrets(struct patient *p, struct finding *f)
{
    CLEANUP(secret_buf_free) struct buf password = buf_make(PASSWORD_MAX_BYTES);
    struct keys_halves keys;
    struct why why = { "" };
    enum err e = secret_read_file(p->password_file, PASSWORD_MAX_BYTES, &password, &why);
    if (e == OK && password.n == 0) e = why_say(&why, ERR_SETTING, "%s: there is no password in it", p->password_file);
    if (e == OK) e = keys_public(p->identity, &keys, &why);
    if (e == OK)
        doctor_fine(f, "password and identity are their owner's alone");
    else
        doctor_wrong(f, e, &why, "each is a file of mode 0600 that belongs to the agent's user");
}

/* ---- permissions ---- */

static enum err must_be_readable(const char *path, struct why *why)
{
    if (access(path, R_OK) == 0) return OK;
    return why_say(why, ERR_IO, "%s cannot be read: %s", path, strerror(errno));
}

/* By those who may also pass all of its folders. */
static bool others_read(const char *path)
{
    char here[HOME_PATH_BYTES], above[HOME_PATH_BYTES];
    struct stat st;
    if (!path[0] || !realpath(path, here) || stat(here, &st) != 0 || !(st.st_mode & S_IROTH)) return false;
    while (strcmp(home_folder_of(here, above, sizeof above), "") != 0) {
        if (stat(above, &st) != 0 || !(st.st_mode & S_IXOTH)) return false;
        memcpy(here, above, sizeof here);
    }
    return true;
}

static enum err must_be_private(const char *path, struct why *why)
{
    if (!others_read(path)) return OK;
    return why_say(why, ERR_SETTING, "%s can be read by every user of this machine", path);
}

static enum err must_be_writable(const struct patient *p, struct why *why)
{
    char folder[HOME_PATH_BYTES];
    const char *wanted = access(p->store, F_OK) == 0 ? p->store : home_folder_of(p->store, folder, sizeof folder);
    if (access(wanted, W_OK) == 0) return OK;
    return why_say(why, ERR_IO, "%s cannot be written: %s", wanted, strerror(errno));
}

void doctor_files(struct patient *p, struct finding *f)
{
    const char *const readable[] = { p->ca_file, p->roster_file, p->records[0] ? p->records : p->config };
    const char *const secret[] = { p->store, p->records };
    struct why why = { "" };
    char remedy[DOCTOR_REMEDY_BYTES];
    enum err e = OK;
    for (size_t i = 0; e == OK && i < sizeof readable / sizeof *readable; i++) e = must_be_readable(readable[i], &why);
    if (e == OK) e = must_be_writable(p, &why);
    for (size_t i = 0; e == OK && i < sizeof secret / sizeof *secret; i++) {
        e = must_be_private(secret[i], &why);
        (void)snprintf(remedy, sizeof remedy, "run: chmod o= %.250s", secret[i]);
    }
    if (e == OK)
        doctor_fine(f, "what must be readable is, and by nobody else");
    else
        doctor_wrong(f, e, &why, e == ERR_SETTING ? remedy : "correct the path, or its owner and mode");
}

/* ---- who is who ---- */

static bool is_same(const char mine[KEYS_HEX_BYTES], bool has, const uint8_t theirs[ROSTER_KEY_BYTES],
                    char shown[KEYS_HEX_BYTES])
{
    (void)snprintf(shown, KEYS_HEX_BYTES, "none");
    for (size_t i = 0; has && i < ROSTER_KEY_BYTES; i++)
        (void)snprintf(shown + 2 * i, KEYS_HEX_BYTES - 2 * i, "%02x", theirs[i]);
    return strcmp(mine, shown) == 0;
}

static enum err compare_keys(const struct patient *p, const struct member *m, struct finding *f, struct why *why)
{
    struct keys_halves mine;
    char theirs[KEYS_HEX_BYTES];
    char remedy[DOCTOR_REMEDY_BYTES];
    TRY(keys_public(p->identity, &mine, why));
    const char *ours = mine.key;
    if (is_same(mine.key, m->has_key, m->key, theirs)) ours = mine.sign;
    if (ours == mine.sign && is_same(mine.sign, m->has_sign, m->sign, theirs)) return OK;
    (void)why_say(why, ERR_CRYPTO, "the roster's key of %.100s (%.8s...) is not that of %.150s (%.8s...)", m->jid,
                  theirs, p->identity, ours);
    (void)snprintf(remedy, sizeof remedy, "put the keys that `himas keys show %.180s` prints into everybody's roster",
                   p->identity);
    doctor_wrong(f, ERR_CRYPTO, why, remedy);
    return OK;
}

void doctor_roster(struct patient *p, struct finding *f)
{
    struct why why = { "" };
    enum err e = roster_trust_read(p->roster_file, p->roster_key, NULL, &p->roster, &why);
    const struct member *m = e == OK ? roster_find(p->roster, str_of(p->jid)) : NULL;
    if (e == OK && !m) e = why_say(&why, ERR_SETTING, "%s is not in the roster %.200s", p->jid, p->roster_file);
    if (e == OK) e = compare_keys(p, m, f, &why);
    if (e != OK)
        doctor_wrong(f, e, &why, "ask the roster's keeper for the present roster");
    else if (f->state != DOCTOR_WRONG)
        doctor_fine(f, "%zu members; its key of %s is ours", roster_count(p->roster), p->jid);
}
