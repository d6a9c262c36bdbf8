#include "common/privacy/norm_bound.h"
#include <math.h>

#define CHANCE 1e-12
#define CHANCES 2     /* in one update: who is drawn, and the noise */
#define ROUNDED 1.001 /* float32, and noise on a grid */
#define SHARES_ROUNDED                                                                                                 \
    1.01 /* a clip is 2^10 roots of the length, in units: rounding moves a vector by a thousandth of it */
#define MEAN_STEP 0x1p-11 /* half of an update's coarsest unit in a sum without noise in shares (secure_plan.h) */
#define NOISE_MOST 2      /* times what is permitted; more noise is no reason for any norm */
#define ADAM_BETA1 0.9    /* of the engine's optimizer */
#define ADAM_BETA2 0.999

static double chance_log(void) { return -log(CHANCE / CHANCES); }

/*
 * The norm of n Gaussian numbers is a Lipschitz function with mean at most sqrt(n), so it passes sqrt(n) + t with
 * chance exp(-t^2 / 2) (Boucheron, Lugosi & Massart 2013, theorem 5.6).  Discrete Gaussians are subgaussian with the
 * same variance (Canonne, Kamath & Steinke 2020, corollary 17), and the square of such a vector's norm passes n + 2
 * sqrt(n t) + 2 t with chance exp(-t) (Hsu, Kakade & Zhang 2012, theorem 1), which is less than this one's square.
 */
static double gaussian_norm(uint64_t numbers) { return sqrt((double)numbers) + sqrt(2 * chance_log()); }

/* None of n Laplace numbers of scale b, a deviation of b times the root of 2, passes b log(n / chance), by a union
 * bound; so together they are no longer than that times the root of n. */
static double laplace_norm(uint64_t numbers)
{
    return (log((double)numbers) + chance_log()) / sqrt(2) * sqrt((double)numbers);
}

/* A number of independent draws with this mean passes mean + t with chance exp(-t^2 / (2 (mean + t / 3))): Bernstein's
 * inequality (Boucheron, Lugosi & Massart 2013, corollary 2.11), solved for t. */
static double draws(double mean, double rate)
{
    double third = chance_log() / 3;
    return fmin(mean / rate, mean + third + sqrt(third * third + 2 * mean * chance_log()));
}

/*
 * Adam moves no number by more than the learning rate times this in a step, whatever the gradients: its mean is at most
 * (1 - b1) sqrt(sum (b1^2/b2)^i) sqrt(square / (1 - b2)), by Cauchy and Schwarz, and the correction of the two for
 * their beginning makes earlier steps smaller.
 */
static double adam_step(void)
{
    return (1 - ADAM_BETA1) / sqrt((1 - ADAM_BETA2) * (1 - ADAM_BETA1 * ADAM_BETA1 / ADAM_BETA2));
}

static double permitted_noise(const struct permit *p, const struct permit_site *s, const struct norm_seen *seen)
{
    return fmin(seen->deviation, NOISE_MOST * permit_deviation(p, s));
}

/*
 * With d the way from the start, each step makes of it (1 - rate (decay + mu)) d - rate (gradient + decay start), so as
 * long as that factor is not beyond -1, all steps together go no farther than their lengths, and their noises, which
 * are independent, add up as squares.  With a chance of 1, or one the task names, how many there are is not told,
 * and one stands for them: who is drawn is at most all, and the noise is over the expected number.
 */
static double steps_bound(const struct permit *p, const struct permit_site *s, const struct norm_seen *seen)
{
    const struct permit_training *t = &p->training;
    const double steps = (double)s->steps;
    const double pulled = t->learning_rate * t->weight_decay * steps * seen->start;
    const bool some = s->rate < 1 && t->batch > 0;
    const double expected = some ? (double)t->batch : s->rate;
    const double drawn = some ? draws(steps * expected, s->rate) : steps;
    if (t->learning_rate * (t->weight_decay + (t->adam ? 0 : t->proximal_mu)) > 2) return INFINITY;
    if (t->adam) return ROUNDED * (t->learning_rate * adam_step() * steps * sqrt((double)seen->numbers) + pulled);
    double noise = permitted_noise(p, s, seen) * sqrt(steps) * gaussian_norm(seen->numbers);
    return ROUNDED * (t->learning_rate * (p->clip * drawn + noise) / expected + pulled);
}

/* The clipped update's norm is at most the clip, in L2 and so, for Laplace, in L1, too. */
double norm_bound_update(const struct permit *p, const struct permit_site *s, const struct norm_seen *seen)
{
    if (!p->noised || seen->numbers == 0) return INFINITY;
    if (p->mechanism == PRIVACY_GAUSSIAN)
        return ROUNDED * (p->clip + permitted_noise(p, s, seen) * gaussian_norm(seen->numbers));
    if (p->mechanism == PRIVACY_LAPLACE)
        return ROUNDED * (p->clip + permitted_noise(p, s, seen) * laplace_norm(seen->numbers));
    return p->mechanism == PRIVACY_SUBSAMPLED_GAUSSIAN ? steps_bound(p, s, seen) : INFINITY;
}

/*
 * A step along the mean gradient, over the expected number of patients.  How many of them are whose is told to nobody
 * in a secure sum: no more are drawn than at the highest rate of a hospital, no fewer expected than at the lowest.
 */
static double patients_bound(const struct permit *p, const struct norm_seen *seen)
{
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < p->nsites; i++) {
        least = fmin(least, p->sites[i].rate);
        most = fmax(most, p->sites[i].rate);
    }
    const double all = (double)seen->patients;
    if (!(least * all > 0)) return 0; /* of nobody there is no sum */
    return p->training.learning_rate * p->clip * draws(most * all, most) / (least * all);
}

double norm_bound_mean(const struct permit *p, const struct norm_seen *seen)
{
    double most = 0;
    if (!p->noised || seen->numbers == 0 || p->nsites == 0) return INFINITY;
    if (p->mechanism == PRIVACY_DISTRIBUTED)
        return SHARES_ROUNDED * (p->patients ? patients_bound(p, seen) : p->clip) +
               seen->deviation * gaussian_norm(seen->numbers);
    for (size_t i = 0; i < p->nsites; i++) {
        struct norm_seen one = *seen;
        one.deviation = permit_deviation(p, &p->sites[i]);
        most = fmax(most, norm_bound_update(p, &p->sites[i], &one));
    }
    return most + MEAN_STEP * sqrt((double)seen->numbers);
}
