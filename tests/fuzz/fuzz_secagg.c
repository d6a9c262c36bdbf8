/* Any bytes are each of secure aggregation's messages: what is accepted has one spelling, and is within its limits. */
#include "common/base/buf.h"
#include "common/privacy/secagg_decisions.h"
#include "common/privacy/secagg_header.h"
#include "common/privacy/secagg_list.h"
#include "common/privacy/secagg_message.h"
#include "common/privacy/secagg_vec.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) abort();
}

/* Parsed and encoded again, the bytes are the same. */
#define RETURNS(name)                                                                                                  \
    static void try_##name(struct bytes in)                                                                            \
    {                                                                                                                  \
        struct secagg_##name m;                                                                                        \
        struct buf again CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);                                             \
        if (secagg_##name##_parse(in, &m) != OK) return;                                                               \
        require(secagg_##name##_encode(&m, &again) == OK && str_eq(buf_str(&again), bytes_str(in)));                   \
    }
RETURNS(advert)
RETURNS(bundle)
RETURNS(delivery)
RETURNS(input)
RETURNS(request)
RETURNS(vote)
RETURNS(answer)
RETURNS(decisions)

#define LIST_RETURNS(name)                                                                                             \
    static void try_##name##s(struct bytes in)                                                                         \
    {                                                                                                                  \
        struct secagg_##name *list = NULL;                                                                             \
        size_t n = 0;                                                                                                  \
        struct buf again CLEANUP(buf_free) = buf_make(SECAGG_LIST_MAX);                                                \
        if (secagg_##name##s_parse(in, &list, &n) != OK) return;                                                       \
        require(n <= SECAGG_MEMBERS_MAX && secagg_##name##s_encode(list, n, &again) == OK);                            \
        require(str_eq(buf_str(&again), bytes_str(in)));                                                               \
        free(list);                                                                                                    \
    }
LIST_RETURNS(advert)
LIST_RETURNS(vote)

/* No two halves of the holders can both open a secret: among all, of whom some are adversaries, or among neighbours. */
static void try_header(struct bytes in)
{
    struct secagg_header h;
    struct why why;
    struct buf again CLEANUP(buf_free) = buf_make(SECAGG_HEADER_BYTES);
    if (secagg_header_parse(in, &h) != OK) return;
    require(secagg_header_encode(&h, &again) == OK && str_eq(buf_str(&again), bytes_str(in)));
    if (secagg_header_check(&h, &why) != OK) return;
    uint32_t holders = h.degree == 0 ? h.cohort + h.adversaries : h.degree;
    require(2 * h.threshold > holders && h.survivors >= SECAGG_COHORT_LEAST);
}

/* The first byte chooses the ring; the rest is a packed vector of as many elements as fit. */
static void try_vector(struct bytes in)
{
    struct secagg_vec v CLEANUP(secagg_vec_fini) = { 0 };
    struct buf again CLEANUP(buf_free) = buf_make(SIZE_MAX / 2);
    if (in.n < 2) return;
    unsigned bits = SECAGG_BITS_MIN + in.p[0] % (SECAGG_BITS_MAX - SECAGG_BITS_MIN + 1);
    struct bytes packed = { in.p + 1, in.n - 1 };
    size_t n = packed.n * 8 / bits;
    if (n == 0 || secagg_vec_init(&v, bits, n) != OK) return;
    if (secagg_vec_add_packed(&v, 0, n, packed) != OK) return;
    require(secagg_vec_pack(&v, 0, n, &again) == OK && str_eq(buf_str(&again), bytes_str(packed)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const tries[])(struct bytes in) = { try_advert,  try_bundle, try_delivery, try_input,
                                                      try_request, try_vote,   try_answer,   try_decisions,
                                                      try_header,  try_vector, try_adverts,  try_votes };
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) tries[i]((struct bytes){ data, size });
    return 0;
}
