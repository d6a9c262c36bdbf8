/*
 * gaussian -- the Gaussian mechanism, exactly: its delta, its epsilon, and the
 * noise it needs (Balle & Wang 2018, "Improving the Gaussian mechanism for
 * differential privacy", theorem 8):
 *
 *     delta = Phi(1/(2s) - eps s) - e^eps Phi(-1/(2s) - eps s)
 *
 * sigma is in units of the L2 sensitivity.  Every answer errs to the safe
 * side: delta and epsilon up, sigma up.  The classical sqrt(2 ln(1.25/delta))/eps
 * is too small a noise at large epsilon and is not here.
 */
#pragma once

double gaussian_delta(double sigma, double epsilon); /* 1 when sigma is not positive */
double gaussian_epsilon(double sigma, double delta); /* 0 when no budget is used, INFINITY when none is enough */
double gaussian_sigma(double epsilon, double delta); /* the least noise; INFINITY when none is enough */
