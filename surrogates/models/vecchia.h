/* vecchia.h - Vecchia's approximation (Katzfuss & Guinness 2021) of a Gaussian likelihood:
 *   log p(z) = sum_i log p(z_i | z_c(i)),  c(i) the NEIGHBOURS nearest of the sites before i,
 * with sites ordered from coarse to fine and distances in the kernel's own scaled features. Each
 * term is a small exact model: w = K_cc^-1 k_ci, s_i = k_ii + v_i - k'w, r = z_i - w'z_c,
 *   d log p_i = q (dk_ii + dv_i - 2 w'dk_ci + w'dK_cc w) + (r/s)(a'dk_ci - a'dK_cc w),
 * q = (r^2/s - 1)/(2 s), a = K_cc^-1 z_c. Linear in n, in time and in memory.
 * Life cycle  init -> { arrange -> eval }* -> deinit
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_VECCHIA_H
#define ITP_VECCHIA_H

#include "kernel.h"

enum { ITP_VECCHIA_NEIGHBOURS = 30 };

typedef struct itp_vecchia {
    const itp_kernel *kernel; /* borrowed */
    size_t n, d;
    const double *x;      /* borrowed, n x d: sites */
    double *z, *known;    /* n, in coarse-to-fine order: outcomes, known noise variances */
    double *sorted;       /* n x d: x in that order */
    size_t *order;        /* place in the order -> site */
    size_t *neighbour;    /* n x NEIGHBOURS, places, nearest first */
    unsigned char *count; /* n: neighbours there are */
    unsigned threads;
} itp_vecchia;

itp_status itp_vecchia_init(itp_vecchia *self, const itp_kernel *kernel, size_t n, size_t d,
                            const double *x, unsigned threads);
void itp_vecchia_deinit(itp_vecchia *self);

/* Order and neighbours for these lengthscales; z and known (n, by site) are taken with them. */
itp_status itp_vecchia_arrange(itp_vecchia *self, const double *theta, const double *z,
                               const double *known);

/* Log likelihood at theta and sigma^2, and its gradient: n_params, then d/d ln sigma^2. */
double itp_vecchia_eval(const itp_vecchia *self, const double *theta, double noise, double *grad);

#endif
