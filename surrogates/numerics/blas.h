/* blas.h - how many threads BLAS may use: a function of n alone.
 *   OpenBLAS sums in another order with another number of threads, and on shared cores its threads
 * wait for each other for seconds. So one thread is the rule; only a factorisation of at least
 * ITP_BLAS_LARGE rows, run when none of our own threads work, may take two.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_BLAS_H
#define ITP_BLAS_H

#include <stddef.h>

#define ITP_BLAS_LARGE 1500 /* rows; below, a second thread was measured to gain little or lose */

/* One BLAS thread from here on. Call before work is spread over our own threads. */
void itp_blas_serial(void);

/* Threads for one factorisation of n rows that has the machine to itself; itp_blas_serial after. */
void itp_blas_for(size_t n);

/* Name of the kernel that BLAS chose for this CPU ("Haswell"); static. Part of what bits depend on.
 */
const char *itp_blas_kernel(void);

#endif
