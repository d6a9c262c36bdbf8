/* The disk under the agent's store, and the store. */
#include "cli/doctor.h"
#include "cli/supervisor.h"
#include "common/base/file.h"
#include "common/runtime/store.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEST_BYTES = 64 * 1024, PROGRAM_BYTES = 64 };
#define LEAST_FREE_BYTES (64.0 * 1024 * 1024)

/* ---- disk ---- */

static enum err write_something(const char *folder, struct why *why)
{
    char path[HOME_PATH_BYTES + 64];
    CLEANUP(buf_free) struct buf text = buf_make(TEST_BYTES);
    if (!buf_grow(&text, TEST_BYTES)) return ERR_MEMORY;
    (void)snprintf(path, sizeof path, "%s/.himas-doctor-%ld", folder, (long)getpid());
    enum err e = file_write(path, buf_bytes(&text), 0600, why);
    (void)unlink(path);
    return e;
}

void doctor_disk(struct patient *p, struct finding *f)
{
    char folder[HOME_PATH_BYTES];
    char free_text[DRAW_BYTES];
    double room = 0;
    struct why why = { "" };
    (void)home_folder_of(p->store, folder, sizeof folder);
    if (home_room(folder, &room, &why) != OK) {
        doctor_wrong(f, ERR_IO, &why, "make the folder, or correct `store`");
        return;
    }
    (void)draw_bytes(room, free_text);
    enum err e = write_something(folder, &why);
    if (e == OK && room < LEAST_FREE_BYTES)
        e = why_say(&why, ERR_IO, "the disk of %.250s is nearly full: %s left", folder, free_text);
    if (e == OK)
        doctor_fine(f, "%s free in %s", free_text, folder);
    else
        doctor_wrong(f, e, &why,
                     room < LEAST_FREE_BYTES ? "the disk is full: free some space, or put `store` on another disk"
                                             : "the agent's user must be able to write there");
}

/* ---- store ---- */

/* SQLite locks by fcntl(2), so the kernel knows who holds it; 0: nobody. */
static pid_t holder_of(const char *path)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool known = fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    if (fd >= 0) (void)close(fd);
    return known ? lock.l_pid : 0;
}

/* The first word of its command line, without the folder. */
static void program_of(pid_t pid, char out[PROGRAM_BYTES])
{
    char path[PROGRAM_BYTES];
    char words[HOME_PATH_BYTES] = "";
    (void)snprintf(path, sizeof path, "/proc/%ld/cmdline", (long)pid);
    FILE *file = fopen(path, "re");
    size_t n = file ? fread(words, 1, sizeof words - 1, file) : 0;
    if (file) (void)fclose(file);
    words[n] = '\0';
    const char *slash = strrchr(words, '/');
    (void)snprintf(out, PROGRAM_BYTES, "%.60s", *words ? (slash ? slash + 1 : words) : "a program");
}

/* In a folder of `himas up` the supervisor knows which process should hold it. */
static bool is_ours(const struct patient *p, pid_t pid, const char *program)
{
    struct services *all = p->at_home ? calloc(1, sizeof *all) : NULL;
    size_t n = strlen("himas-");
    bool ours = strncmp(program, "himas-", n) == 0 && strcmp(program + n, p->kind) == 0;
    if (all && supervisor_pid(&p->home) && supervisor_services(&p->home, all, NULL) == OK) {
        const struct service *s = services_find(all, p->name);
        if (s && s->state == SERVICE_RUNNING) ours = (pid_t)s->pid == pid;
    }
    free(all);
    return ours;
}

static enum err count_key(void *to, const char *key, struct bytes value)
{
    (void)key;
    (void)value;
    ++*(size_t *)to;
    return OK;
}

static enum err read_all(const char *path, size_t *out_keys, struct why *why)
{
    struct store *s = NULL;
    size_t keys = 0;
    TRY(store_open_file(path, STORE_PROCESS_SAFE, &s, why));
    enum err e = store_scan(s, "", count_key, &keys);
    store_close(s);
    if (e != OK) return why_say(why, ERR_STORE, "%s: the store is damaged; put it aside and restore a copy", path);
    *out_keys = keys;
    return OK;
}

static void judge_holder(const struct patient *p, pid_t pid, struct finding *f)
{
    char program[PROGRAM_BYTES];
    char remedy[DOCTOR_REMEDY_BYTES];
    struct why why;
    program_of(pid, program);
    if (is_ours(p, pid, program)) {
        doctor_fine(f, "in use by the running agent, process %ld", (long)pid);
        return;
    }
    (void)why_say(&why, ERR_STORE, "%s: another process holds this store: %s, process %ld", p->store, program,
                  (long)pid);
    (void)snprintf(remedy, sizeof remedy, "stop process %ld; one agent has one store", (long)pid);
    doctor_wrong(f, ERR_STORE, &why, remedy);
}

void doctor_store(struct patient *p, struct finding *f)
{
    struct why why = { "" };
    size_t keys = 0;
    pid_t pid = holder_of(p->store);
    if (access(p->store, F_OK) != 0) {
        doctor_fine(f, "%s is not there yet; the agent makes it", p->store);
        return;
    }
    if (pid) {
        judge_holder(p, pid, f);
        return;
    }
    enum err e = read_all(p->store, &keys, &why);
    if (e == OK)
        doctor_fine(f, "%zu entries in %s", keys, p->store);
    else
        doctor_wrong(f, e, &why, "without a copy the privacy officer decides: the ledger of the budget is in it");
}
