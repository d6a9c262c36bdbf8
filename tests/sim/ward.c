#include "tests/sim/ward.h"
#include "common/base/file.h"
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 200, SETTINGS_BYTES = 1000, WAIT_MS = 5000, LIMIT_MS = 120000, SEED = 7 };

enum err ward_init(struct ward *w)
{
    static const struct sim_faults calm = { .delay_min_ms = 1, .delay_max_ms = 20 };
    char path[PATH_BYTES];
    (void)snprintf(w->dir, sizeof w->dir, "/tmp/himas-ward-XXXXXX");
    if (mkdtemp(w->dir) == NULL) return ERR_IO;
    (void)snprintf(path, sizeof path, "%s/tasks", w->dir);
    if (mkdir(path, 0700) != 0) return ERR_IO;
    w->sim = sim_new(w->seed ? w->seed : SEED, &calm);
    return w->sim ? OK : ERR_MEMORY;
}

static void remove_all(char *dir)
{
    FTS *all = fts_open((char *[]){ dir, NULL }, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    for (FTSENT *e; all && (e = fts_read(all)) != NULL;)
        if (e->fts_info != FTS_D) (void)remove(e->fts_path);
    if (all) (void)fts_close(all);
}

void ward_free(struct ward *w)
{
    sim_free(w->sim);
    if (w->dir[0]) remove_all(w->dir);
    *w = (struct ward){ .sim = NULL };
}

enum err ward_put(const struct ward *w, const char *name, const struct buf *text)
{
    char path[PATH_BYTES];
    TRY(buf_err(text));
    (void)snprintf(path, sizeof path, "%s/%s", w->dir, name);
    return file_write(path, buf_bytes(text), 0600, NULL);
}

enum err ward_add(struct ward *w, const struct agent_def *def, const char *name, const char *settings, struct why *why)
{
    struct buf text CLEANUP(buf_free) = buf_make(SETTINGS_BYTES);
    for (const char *p = settings; *p; p++) {
        if (*p == '@')
            buf_add_z(&text, w->dir);
        else
            buf_add(&text, p, 1);
    }
    buf_add(&text, "", 1);
    TRY(buf_err(&text));
    return sim_add(w->sim, def, name, (const char *)text.p, why);
}

void ward_wait(struct ward *w) { (void)sim_run(w->sim, WAIT_MS, NULL, NULL); }

static bool heard(struct sim *s, void *person) { return sim_heard(s, person).n > 0; }

const char *ward_ask(struct ward *w, const char *person, const char *agent, const char *words)
{
    char who[ROSTER_NAME_BYTES];
    (void)snprintf(who, sizeof who, "%s", person);
    sim_forget(w->sim, person);
    sim_say(w->sim, person, agent, words);
    (void)sim_run(w->sim, LIMIT_MS, heard, who);
    return sim_heard(w->sim, person).n ? sim_heard(w->sim, person).p : "";
}
