/* sobol.h - Owen-scrambled Sobol points in up to thousands of dimensions.
 *   Direction numbers of Joe & Kuo 2008 (set new-joe-kuo-6, the first ITP_SOBOL_TABLE dimensions).
 * Further dimensions repeat the table under scrambles and orders of their own (Latin supercube
 * sampling, Owen 1998), each block of them as good as the first. The scrambling is Owen's nested
 * uniform one (1995), bit by bit from a hash of (seed, dimension, leading bits): the first 2^k
 * points put exactly one in each interval of 2^-k in each dimension, and every point is uniform.
 * Threads     one sequence, one thread
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SOBOL_H
#define ITP_SOBOL_H

#include <stddef.h>
#include <stdint.h>

#include "interphase/status.h"

#define ITP_SOBOL_TABLE 481 /* the first, and all primitive polynomials of degree 1 to 12 */

typedef struct itp_sobol itp_sobol;

itp_status itp_sobol_create(itp_sobol **out, size_t dims, uint64_t seed);
void itp_sobol_destroy(itp_sobol *sobol);

/* The next point: dims values strictly inside (0, 1). At most 2^32 points. */
void itp_sobol_next(itp_sobol *sobol, double *point);

/* The next point through the inverse normal distribution function. */
void itp_sobol_next_normal(itp_sobol *sobol, double *point);

/* The table: for each dimension from the second on, the polynomial's inner coefficients a, then
 * m_1 .. m_degree. Dimensions are ordered by degree; ITP_SOBOL_DEGREES[s] have degree s + 1. */
extern const uint16_t itp_sobol_table[];
extern const unsigned itp_sobol_degrees[12];

#endif
