#include "common/privacy/fft.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

Test(fft, sizes)
{
    static const struct {
        size_t least, size;
    } rows[] = { { 0, 2 }, { 2, 2 }, { 3, 4 }, { 5, 6 }, { 7, 8 }, { 17, 18 }, { 21, 24 }, { 25, 30 }, { 1000, 1024 } };
    for (size_t i = 0; i < COUNT(rows); i++)
        cr_expect_eq(fft_size(rows[i].least), rows[i].size, "%zu: %zu", rows[i].least, fft_size(rows[i].least));
    for (size_t n = 1; n < 5000; n++) cr_expect(fft_size(n) >= n && fft_size(n) <= n + n / 3 + 2, "%zu", n);
}

Test(fft, a_shifted_point_and_back)
{
    struct fft f CLEANUP(fft_fini);
    cr_assert_eq(fft_init(&f, 12), OK);
    f.real[1] = 2;
    fft_forward(&f);
    for (size_t k = 0; k <= 6; k++) {
        double angle = -2 * M_PI * (double)k / 12;
        cr_expect(fabs(f.spectrum[2 * k] - 2 * cos(angle)) < 1e-15, "%zu", k);
        cr_expect(fabs(f.spectrum[2 * k + 1] - 2 * sin(angle)) < 1e-15, "%zu", k);
    }
    cr_expect_eq(f.real[1], 2);
    fft_backward(&f);
    for (size_t i = 0; i < 12; i++) cr_expect(fabs(f.real[i] - (i == 1 ? 24 : 0)) < 1e-13, "%zu", i);
}

Test(fft, limits_and_memory)
{
    static const size_t sizes[] = { 0, 1, 7, (size_t)FFT_MAX_SIZE + 2 };
    struct fft f = { .n = 0 };
    bool done = false;
    for (size_t i = 0; i < COUNT(sizes); i++) cr_expect_eq(fft_init(&f, sizes[i]), ERR_LIMIT, "%zu", sizes[i]);
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        enum err e = fft_init(&f, 16);
        cr_expect(e == OK || (e == ERR_MEMORY && f.n == 0));
        done = e == OK;
    }
    fft_fini(&f);
    fft_fini(&f);
}

/* Plans are made and dropped on several threads at once. */
static void *work(void *self)
{
    size_t *wrong = self;
    for (size_t i = 0; i < 200; i++) {
        struct fft f CLEANUP(fft_fini) = { .n = 0 };
        if (fft_init(&f, fft_size(100 + 37 * i)) != OK) return ++*wrong, NULL;
        f.real[3] = 1;
        fft_forward(&f);
        fft_backward(&f);
        *wrong += fabs(f.real[3] - (double)f.n) > 1e-9 * (double)f.n;
    }
    return NULL;
}

Test(fft, threads)
{
    pthread_t threads[4];
    size_t wrong[4] = { 0 };
    for (size_t i = 0; i < 4; i++) cr_assert_eq(pthread_create(&threads[i], NULL, work, &wrong[i]), 0);
    for (size_t i = 0; i < 4; i++) cr_assert_eq(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < 4; i++) cr_expect_eq(wrong[i], 0);
}
