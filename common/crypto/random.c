#include "common/crypto/random.h"
#include "common/base/rng.h"

enum err random_os(void *self, void *out, size_t n)
{
    (void)self;
    return os_random(out, n);
}
