#include "cli/home.h"
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { FOLDER_MODE = 0700 };

struct path home_at(const struct home *l, const char *format, ...)
{
    struct path out;
    int n = snprintf(out.text, sizeof out.text, "%s/", l->root);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(out.text + n, sizeof out.text - (size_t)n, format, args);
    va_end(args);
    return out;
}

enum err home_absolute(const char *folder, const char *path, char *out, size_t size, struct why *why)
{
    char here[HOME_PATH_BYTES] = "";
    const char *base = folder ? folder : ".";
    bool needs_here = path[0] != '/' && base[0] != '/';
    if (needs_here && !getcwd(here, sizeof here)) return why_say(why, ERR_IO, "where are we: %s", strerror(errno));
    bool skip_base = path[0] == '/' || strcmp(base, ".") == 0;
    int n = snprintf(out, size, "%s%s%s%s%s", here, needs_here ? "/" : "", skip_base ? "" : base, skip_base ? "" : "/",
                     path);
    if (n < 0 || (size_t)n >= size) return why_say(why, ERR_INPUT, "the path %s is too long", path);
    return OK;
}

const char *home_folder_of(const char *path, char *out, size_t size)
{
    const char *slash = strrchr(path, '/');
    (void)snprintf(out, size, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    return out;
}

enum err home_open(const char *folder, struct home *out, struct why *why)
{
    TRY(home_absolute(NULL, folder, out->root, sizeof out->root, why));
    size_t n = strlen(out->root);
    while (n > 1 && out->root[n - 1] == '/') out->root[--n] = '\0';
    return OK;
}

bool home_exists(const struct home *l) { return access(home_at(l, "federation.yaml").text, R_OK) == 0; }

enum err home_need(const struct home *l, struct why *why)
{
    if (home_exists(l)) return OK;
    return why_say(why, ERR_ABSENT, "there is no federation in %s; run `himas up` first, or say --data FOLDER",
                   l->root);
}

/* What a federation begins with; an `up` that was cut off left some of it. */
static bool is_ours(const char *name)
{
    static const char *const names[] = { ".",   "..",    "agents",         "broker",      "logs",
                                         "run", "tasks", "federation.key", "roster.yaml", "roster.yaml.sig" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

enum err home_may_become(const struct home *l, struct why *why)
{
    enum err e = OK;
    if (home_exists(l)) return OK;
    DIR *dir = opendir(l->root);
    if (dir == NULL) return errno == ENOENT ? OK : why_say(why, ERR_IO, "%s: %s", l->root, strerror(errno));
    for (const struct dirent *d = readdir(dir); d && e == OK; d = readdir(dir))
        if (!is_ours(d->d_name))
            e = why_say(why, ERR_INPUT,
                        "%s is no federation's folder and has other things in it (%.80s); name a new folder: "
                        "--data FOLDER",
                        l->root, d->d_name);
    (void)closedir(dir);
    return e;
}

enum err home_folder(const char *path, struct why *why)
{
    char part[HOME_PATH_BYTES];
    size_t n = strlen(path);
    if (n >= sizeof part) return why_say(why, ERR_INPUT, "the path %s is too long", path);
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0') continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, FOLDER_MODE) != 0 && errno != EEXIST)
            return why_say(why, ERR_IO, "cannot make the folder %s: %s", part, strerror(errno));
    }
    return OK;
}

enum err home_room(const char *folder, double *out_bytes, struct why *why)
{
    struct statvfs fs;
    if (statvfs(folder, &fs) != 0) return why_say(why, ERR_IO, "%s: %s", folder, strerror(errno));
    *out_bytes = fs.f_blocks ? (double)fs.f_bavail * (double)fs.f_frsize : HUGE_VAL;
    return OK;
}
