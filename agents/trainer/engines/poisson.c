#include "agents/trainer/engines/poisson.h"

enum { CHOICE_WORDS = 1024 };

/* Each unit by itself: never more often than the rate says. */
static size_t choose(const struct training_privacy *p, const uint32_t words[CHOICE_WORDS], size_t first, size_t n,
                     uint32_t *out)
{
    uint64_t limit = (uint64_t)(p->rate * 0x1p32);
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        out[count] = (uint32_t)(first + i);
        count += words[i] < limit;
    }
    return count;
}

/* Units drawn become rows: one of each, all alike likely. */
static enum err draw_rows(const struct training_privacy *p, struct stream *stream, uint32_t *chosen, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t first = p->starts[chosen[i]];
        uint32_t rows = p->starts[chosen[i] + 1] - first;
        uint32_t word = 0;
        if (rows > 1) TRY(stream_read(stream, &word, sizeof word));
        chosen[i] = first + (uint32_t)((uint64_t)word * rows >> 32);
    }
    return OK;
}

enum err poisson_rows(const struct training_privacy *p, struct stream *stream, uint32_t *out_rows, size_t *out_n)
{
    uint32_t words[CHOICE_WORDS];
    size_t count = 0;
    for (size_t at = 0; at < p->nunits; at += CHOICE_WORDS) {
        size_t n = p->nunits - at < CHOICE_WORDS ? p->nunits - at : CHOICE_WORDS;
        TRY(stream_read(stream, words, n * sizeof *words));
        count += choose(p, words, at, n, out_rows + count);
    }
    TRY(draw_rows(p, stream, out_rows, count));
    *out_n = count;
    return OK;
}
