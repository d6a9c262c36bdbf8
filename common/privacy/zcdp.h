/*
 * zcdp -- zero-concentrated differential privacy (Bun & Steinke 2016): rdp(a)
 * <= rho a at every order.  rho adds up over releases.
 *
 * Answers err to the safe side: epsilon up, rho of a target down.
 */
#pragma once

double zcdp_of_gaussian(double noise); /* 1 / (2 noise^2); the discrete Gaussian too (Canonne, Kamath & Steinke 2020) */
double zcdp_of_pure(double epsilon);   /* epsilon tanh(epsilon / 2), at most epsilon^2 / 2 */

/* rho + 2 sqrt(rho ln(1/delta)): Bun & Steinke 2016, proposition 1.3.  Loose; for comparison. */
double zcdp_epsilon_standard(double rho, double delta);
/* Canonne, Kamath & Steinke 2020, corollary 13: the least over all orders.  INFINITY when delta is not positive. */
double zcdp_epsilon(double rho, double delta);
/* The largest rho, to 1e-12 of it, whose zcdp_epsilon at this delta is at most epsilon; 0 when there is none. */
double zcdp_rho(double epsilon, double delta);
