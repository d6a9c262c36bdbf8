#include "tests/support/dice.h"

enum err dice_random(void *rng, void *out, size_t n)
{
    uint8_t *p = out;
    for (size_t i = 0; i < n; i++) p[i] = (uint8_t)(rng_u64(rng) >> 56);
    return OK;
}

enum err dice_broken(void *self, void *out, size_t n)
{
    (void)self;
    (void)out;
    (void)n;
    return ERR_IO;
}
