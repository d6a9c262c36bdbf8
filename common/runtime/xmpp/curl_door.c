#include "common/runtime/xmpp/curl_door.h"
#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

/* dlsym(3) gives an object's pointer; POSIX wants it to hold a function's. */
static bool find(void *library, const char *name, void *out)
{
    void *found = dlsym(library, name);
    memcpy(out, &found, sizeof found);
    return found != NULL;
}

static bool find_all(struct curl_door *d)
{
    bool whole = true;
#define CURL_DOOR_FIND(name) whole = find(d->library, "curl_" #name, &d->name) && whole;
    CURL_DOOR(CURL_DOOR_FIND)
#undef CURL_DOOR_FIND
    return whole;
}

/* It stays in memory: libraries behind it leave functions to be called at the end of the process. */
enum err curl_door_open(const char *file, struct curl_door *out)
{
    struct curl_door d = { .library = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) };
    if (d.library == NULL || !find_all(&d)) {
        if (d.library) (void)dlclose(d.library);
        return ERR_LIBRARY;
    }
    if (d.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        (void)dlclose(d.library);
        return ERR_MEMORY;
    }
    *out = d;
    return OK;
}

void curl_door_close(struct curl_door *d)
{
    if (d->library == NULL) return;
    d->global_cleanup();
    (void)dlclose(d->library);
    *d = (struct curl_door){ 0 };
}
