#include "tests/bench/anatomy.h"
#include "tests/bench/place.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LINE_BYTES = 1024, ARGUMENTS_BYTES = 8192 };

static FILE *open_of(const char *pid, const char *name)
{
    char path[LINE_BYTES];
    (void)snprintf(path, sizeof path, "/proc/%s/%s", pid, name);
    return fopen(path, "r");
}

static void read_sizes(const char *pid, struct anatomy *out)
{
    const struct {
        const char *row;
        double *to;
    } rows[] = { { "Rss:", &out->rss }, { "Pss:", &out->pss }, { "Private_Dirty:", &out->dirty } };
    char line[LINE_BYTES];
    FILE *f = open_of(pid, "smaps_rollup");
    if (f == NULL) report_die("process %s has ended", pid);
    while (fgets(line, sizeof line, f))
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            if (strncmp(line, rows[i].row, strlen(rows[i].row)) == 0)
                *rows[i].to = strtod(line + strlen(rows[i].row), NULL) / 1024;
    (void)fclose(f);
}

struct anatomy anatomy_of(int pid)
{
    char name[16];
    char line[LINE_BYTES];
    struct anatomy a = { 0 };
    (void)snprintf(name, sizeof name, "%d", pid);
    read_sizes(name, &a);
    FILE *f = open_of(name, "maps");
    while (f && fgets(line, sizeof line, f))
        if (strstr(line, "r-xp") && strstr(line, ".so")) a.libraries++;
    if (f) (void)fclose(f);
    return a;
}

static bool has_argument(const char *pid, const char *argument)
{
    char text[ARGUMENTS_BYTES] = "";
    FILE *f = open_of(pid, "cmdline");
    if (f == NULL) return false;
    size_t n = fread(text, 1, sizeof text - 1, f);
    (void)fclose(f);
    for (size_t at = 0; at < n; at += strlen(text + at) + 1)
        if (strcmp(text + at, argument) == 0) return true;
    return false;
}

int anatomy_find(const char *argument)
{
    int found = 0;
    DIR *all = opendir("/proc");
    if (all == NULL) report_die("no /proc");
    for (struct dirent *d = readdir(all); d && !found; d = readdir(all))
        if (has_argument(d->d_name, argument)) found = (int)strtol(d->d_name, NULL, 10);
    (void)closedir(all);
    return found;
}

static double mb_of(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0) report_die("no file %s", path);
    return (double)st.st_size / (1 << 20);
}

struct anatomy_file anatomy_file(const char *path, const char *folder)
{
    char copy[LINE_BYTES];
    (void)snprintf(copy, sizeof copy, "%s/stripped", folder);
    place_shell("strip -o %s %s", copy, path);
    return (struct anatomy_file){ .mb = mb_of(path), .stripped_mb = mb_of(copy) };
}
