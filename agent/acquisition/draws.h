/* draws.h - joint posterior draws of the outcomes at anchor points, continued to any x.
 *   Anchors are measured points that could be the best, pending points and points already chosen.
 * Their latent values under draw s are Z_s = mu + L e_s with scrambled-Sobol normals e (Joe & Kuo
 * 2008, Owen), and at a new x
 *   z_s(x) = mu(x) + w(x)' e_s + sqrt(v(x) - w'w) e_s,new,   w = L^-1 cov(anchors, x)
 * so a point joins by one row of L and nothing is factored again. Gradients go backwards: what
 * dvalue/dz is known for every draw is pulled to dvalue/dx by one triangular solve.
 * The draws are shared out among a model's members (fully Bayesian).
 * Life cycle  create -> { at | pull | extend }* -> destroy
 * Threads     extend by one; at and pull by many, each with its own work array
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_DRAWS_H
#define ITP_DRAWS_H

#include "view.h"

typedef struct itp_draws itp_draws;

/*   n_draws  at least the number of members
 *   b, x     anchors, b x d;  measured  the first so many of them are measured points
 *   purpose  names the random stream */
itp_status itp_draws_create(itp_draws **out, const itp_view *view, size_t n_draws, size_t b,
                            const double *x, size_t measured, const char *purpose);
void itp_draws_destroy(itp_draws *draws);

/* x becomes an anchor whose draws are those that `at` gave for it. */
itp_status itp_draws_extend(itp_draws *draws, const double *x);

size_t itp_draws_count(const itp_draws *draws);   /* n_draws */
size_t itp_draws_anchors(const itp_draws *draws); /* b */

/* Latent values at anchor j under draw s of all outcomes into z (m). */
void itp_draws_anchor(const itp_draws *draws, size_t j, size_t s, double *z);

/* Latent values at x: z is m x n_draws. What pull needs stays in `work`
 * (itp_draws_work doubles) when `grad` is 1. */
itp_status itp_draws_at(const itp_draws *draws, const double *x, double *z, int grad, double *work);
/* grad (d) += sum over draws and outcomes of g (m x n_draws) dz/dx, after `at` with grad 1. */
void itp_draws_pull(const itp_draws *draws, const double *g, double *work, double *grad);
size_t itp_draws_work(const itp_draws *draws);

/* ln mean over draws of exp f at x, and its gradient (d, may be NULL), in one pass: what every
 * acquisition over joint draws is. f gives the logarithm of what draw s gains at latent outcomes z
 * (m), -INFINITY for nothing, and fills dz (m; NULL: not wanted); spare: m doubles. */
typedef double itp_draw_value(const void *context, size_t s, const double *z, double *dz,
                              double *spare);
double itp_draws_log_mean(const itp_draws *draws, const double *x, itp_draw_value *f,
                          const void *context, double *grad, double *work);
size_t itp_draws_log_mean_work(const itp_draws *draws);

#endif
