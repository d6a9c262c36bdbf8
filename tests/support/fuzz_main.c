/*
 * The main() of a fuzz target outside libFuzzer: feeds it every seed of its
 * corpus and prints one TAP line; a seed that breaks it ends the process, after
 * its name was written to standard error.
 */
#include "common/base/file.h"
#include <dirent.h>
#include <stdio.h>

enum { SEED_MAX_BYTES = 1 << 24, PATH_BYTES = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static enum err replay(const char *name)
{
    char path[PATH_BYTES];
    struct why why = { "" };
    struct buf seed CLEANUP(buf_free) = buf_make(SEED_MAX_BYTES);
    (void)snprintf(path, sizeof path, "%s/%s", CORPUS, name);
    (void)fprintf(stderr, "# %s\n", path);
    enum err e = file_read(path, &seed, &why);
    if (e != OK) return (void)fprintf(stderr, "# %s\n", why.text), e;
    (void)LLVMFuzzerTestOneInput(seed.p, seed.n);
    return OK;
}

int main(void)
{
    unsigned seeds = 0;
    unsigned bad = 0;
    (void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    DIR *folder = opendir(CORPUS);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.') continue;
        seeds++;
        bad += replay(entry->d_name) != OK;
    }
    if (folder != NULL) (void)closedir(folder);
    bool ok = seeds > 0 && bad == 0;
    printf("1..1\n%sok 1 - corpus::%s # %u seeds\n", ok ? "" : "not ", SUBJECT, seeds);
    return ok ? 0 : 1;
}
