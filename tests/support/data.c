#include "tests/support/data.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *data_path(const char *name, char out[DATA_PATH_BYTES])
{
    const char *folder = getenv("HIMAS_SHARED_DATA");
    int n = folder ? snprintf(out, DATA_PATH_BYTES, "%s/%s", folder, name)
                   : snprintf(out, DATA_PATH_BYTES, "%s/../shared/data/%s", HIMAS_SOURCE_DIR, name);
    return n > 0 && n < DATA_PATH_BYTES && access(out, R_OK) == 0 ? out : NULL;
}
