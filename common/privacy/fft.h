/*
 * fft -- real numbers to their spectrum and back, over buffers of its own.
 *
 * THREADS: each fft belongs to one thread at a time.  Making and dropping one
 * may happen on several threads at once: FFTW's planner, which is shared by
 * the process, then takes FFTW's own lock (FFTW manual, "Thread safety").
 * Transforms themselves take no lock.
 */
#pragma once
#include "common/base/err.h"

enum { FFT_MAX_SIZE = 1 << 24 };

struct fft_plans;
struct fft {
    size_t n;     /* real numbers */
    double *real; /* n */
    /* Frequencies 0 .. n/2, real and imaginary parts in turn: n + 2 numbers. */
    double *spectrum;
    struct fft_plans *plans;
};

size_t fft_size(size_t least); /* the next size, even, that is quick to transform */

/* n numbers, all zero.  ERR_LIMIT: odd, 0 or too many; ERR_MEMORY. */
enum err fft_init(struct fft *f, size_t n) MUST_USE;
void fft_fini(struct fft *f); /* a zeroed fft is fine */

void fft_forward(struct fft *f);  /* real to spectrum; real is kept */
void fft_backward(struct fft *f); /* spectrum to real; the spectrum is lost.  Back and forth multiplies by n. */
