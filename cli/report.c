/* himas report hipaa: gathers a federation's files and test results for hipaa.c. */
#include "cli/commands.h"
#include "cli/hipaa.h"
#include "cli/home.h"
#include "cli/visit.h"
#include "common/base/file.h"
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_MAX = 4 << 20, REPORT_MAX = 4 << 20, NAME_BYTES = 128 };

/* Everything that is read, in one place that frees it. */
struct folder {
    struct arena arena;
    struct hipaa_source *sources;
    size_t nsources;
    struct hipaa_test *tests;
    size_t ntests;
    struct roster *roster;
};

static void folder_free(struct folder *d)
{
    arena_free(&d->arena);
    free(d->sources);
    free(d->tests);
    roster_free(d->roster);
}

static enum err read_text(struct folder *d, const char *path, struct str *out, struct why *why)
{
    struct buf text CLEANUP(buf_free) = buf_make(FILE_MAX);
    TRY(file_read(path, &text, why));
    const char *copy = arena_z(&d->arena, buf_str(&text));
    if (copy == NULL) return ERR_MEMORY;
    *out = str_of(copy);
    return OK;
}

/* "…/agents/hospital-a/config.yaml" to "hospital-a". */
static const char *name_of(struct folder *d, const char *path)
{
    const char *end = strrchr(path, '/');
    const char *begin = end;
    while (begin && begin > path && begin[-1] != '/') begin--;
    return end ? arena_z(&d->arena, (struct str){ begin, (size_t)(end - begin) }) : path;
}

static enum err add_source(struct folder *d, enum hipaa_kind kind, const char *path, struct why *why)
{
    struct stat about;
    struct hipaa_source s = { .kind = kind, .name = name_of(d, path) };
    struct hipaa_source *more = realloc(d->sources, (d->nsources + 1) * sizeof *more);
    if (more == NULL || s.name == NULL) {
        if (more) d->sources = more;
        return ERR_MEMORY;
    }
    d->sources = more;
    TRY(read_text(d, path, &s.text, why));
    if (stat(path, &about) == 0) s.mode = about.st_mode & 0777;
    d->sources[d->nsources++] = s;
    return OK;
}

static enum err add_results(struct folder *d, enum hipaa_kind unused, const char *path, struct why *why)
{
    struct str text;
    (void)unused;
    TRY(read_text(d, path, &text, why));
    return hipaa_read_tap(text, &d->tests, &d->ntests);
}

static enum err each(struct folder *d, const char *pattern, enum hipaa_kind kind,
                     enum err (*add)(struct folder *, enum hipaa_kind, const char *, struct why *), struct why *why)
{
    glob_t found;
    enum err e = OK;
    if (glob(pattern, 0, NULL, &found) != 0) return OK; /* none is a gap, not an error */
    for (size_t i = 0; i < found.gl_pathc && e == OK; i++) e = add(d, kind, found.gl_pathv[i], why);
    globfree(&found);
    return e;
}

static enum err gather(const struct home *h, const char *results, struct folder *d, struct why *why)
{
    char pattern[HOME_PATH_BYTES + 8];
    TRY(each(d, home_at(h, "broker/*.cfg.lua").text, HIPAA_BROKER, add_source, why));
    TRY(each(d, home_at(h, "agents/*/config.yaml").text, HIPAA_AGENT, add_source, why));
    TRY(each(d, home_at(h, "agents/*/policy.yaml").text, HIPAA_POLICY, add_source, why));
    TRY(roster_read(home_at(h, "roster.yaml").text, &d->roster, why));
    if (results[0] == '\0') return OK;
    (void)snprintf(pattern, sizeof pattern, "%s/*.tap", results);
    TRY(each(d, pattern, HIPAA_BROKER, add_results, why));
    return d->ntests > 0 ? OK : why_say(why, ERR_ABSENT, "--results: there are no test results (*.tap) in %s", results);
}

static enum err put(const struct cli *cli, const struct cli_call *call, const struct buf *page, struct why *why)
{
    char path[HOME_PATH_BYTES];
    struct result r CLEANUP(result_free);
    result_init(&r);
    (void)cli_text(&call->call, "out", path, sizeof path);
    if (path[0] == '\0') return cli_put(page, why);
    TRY(file_write(path, buf_bytes(page), 0600, why));
    result_field(&r, "report", "%s", path);
    return visit_put(cli, &r, why);
}

enum err run_report_hipaa(const struct cli *cli, const struct cli_call *call, struct why *why)
{
    struct home h;
    char results[HOME_PATH_BYTES];
    struct folder d CLEANUP(folder_free) = { .arena = arena_make(64 << 20) };
    struct buf page CLEANUP(buf_free) = buf_make(REPORT_MAX);
    TRY(home_open(cli->data, &h, why));
    TRY(home_need(&h, why));
    (void)cli_text(&call->call, "results", results, sizeof results);
    TRY(gather(&h, results, &d, why));
    hipaa_print(&(struct hipaa_facts){ d.sources, d.nsources, d.tests, d.ntests, results[0] != '\0', d.roster, h.root },
                &page);
    TRY(buf_err(&page));
    return put(cli, call, &page, why);
}
