#include "common/privacy/fft.h"
#include <fftw3.h>
#include <stdint.h>
#include <stdlib.h>

struct fft_plans {
    fftw_plan forward;
    fftw_plan backward;
};

size_t fft_size(size_t least)
{
    static const size_t odd[] = { 1, 3, 5, 9, 15 };
    size_t best = 0;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        size_t size = 2 * odd[i];
        while (size < least && size <= SIZE_MAX / 4) size *= 2;
        if (best == 0 || size < best) best = size;
    }
    return best;
}

static enum err make_plans(struct fft *f)
{
    fftw_complex *spectrum = (fftw_complex *)(void *)f->spectrum;
    fftw_make_planner_thread_safe(); /* puts the planner's lock in place, the first time */
    f->plans->forward = fftw_plan_dft_r2c_1d((int)f->n, f->real, spectrum, FFTW_ESTIMATE | FFTW_PRESERVE_INPUT);
    f->plans->backward = fftw_plan_dft_c2r_1d((int)f->n, spectrum, f->real, FFTW_ESTIMATE | FFTW_DESTROY_INPUT);
    return f->plans->forward && f->plans->backward ? OK : ERR_MEMORY;
}

enum err fft_init(struct fft *f, size_t n)
{
    if (n == 0 || n % 2 != 0 || n > FFT_MAX_SIZE) return ERR_LIMIT;
    struct fft made = { .n = n };
    made.real = calloc(n, sizeof *made.real);
    made.spectrum = calloc(n + 2, sizeof *made.spectrum);
    made.plans = calloc(1, sizeof *made.plans);
    enum err e = made.real && made.spectrum && made.plans ? make_plans(&made) : ERR_MEMORY;
    if (e != OK) fft_fini(&made);
    if (e == OK) *f = made;
    return e;
}

void fft_fini(struct fft *f)
{
    if (f->plans) {
        fftw_destroy_plan(f->plans->forward); /* takes NULL */
        fftw_destroy_plan(f->plans->backward);
    }
    free(f->plans);
    free(f->spectrum);
    free(f->real);
    *f = (struct fft){ .n = 0 };
}

void fft_forward(struct fft *f) { fftw_execute(f->plans->forward); }

void fft_backward(struct fft *f) { fftw_execute(f->plans->backward); }
