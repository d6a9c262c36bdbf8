#include "tests/support/permits.h"

struct permit permit_sample(const struct permit_site *sites, size_t nsites)
{
    return (struct permit){ .run = "toy-1",
                            .round = 3,
                            .sum = 2,
                            .rounds = 4,
                            .task = "toy",
                            .document = PERMIT_SAMPLE_HASH,
                            .model = PERMIT_SAMPLE_HASH,
                            .noised = true,
                            .mechanism = PRIVACY_GAUSSIAN,
                            .clip = 2,
                            .epsilon = 1,
                            .delta = 1e-5,
                            .training = { true, .125, .5, .25, 16 },
                            .sites = sites,
                            .nsites = nsites,
                            .serial = 7,
                            .issued_ms = 1000,
                            .expires_ms = 2000,
                            .covered = 2,
                            .lasts = 4 };
}
