/* space.h - what the agent may choose: parameters, known constraints, candidate tables, and the
 * encoding of a point as the models see it. A *point* is one double a parameter, in the user's
 * unit: a number for real, integer and discrete parameters, the index of the label for categorical
 * ones, NaN for a parameter that is inactive there. An *encoded* point is d doubles as data.h
 * describes them (unit cube, codes, descriptors). Life cycle  create -> add_constraint* ->
 * set_candidates? -> (read only) -> destroy Threads     after set-up, any number of readers
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SPACE_H
#define ITP_SPACE_H

#include "interphase/data.h"
#include "interphase/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum itp_kind { ITP_REAL, ITP_INTEGER, ITP_DISCRETE, ITP_CATEGORICAL } itp_kind;
typedef enum itp_scale { ITP_LINEAR, ITP_LOG } itp_scale;

typedef struct itp_param {
    const char *name;
    const char *unit; /* UDUNITS-2; "1" for pure numbers and labels */
    itp_kind kind;
    itp_scale scale;           /* all but CATEGORICAL */
    double low, high;          /* REAL and INTEGER, both included */
    double period;             /* > 0: low and low + period are the same point; otherwise 0 */
    size_t n_levels;           /* DISCRETE and CATEGORICAL */
    const double *levels;      /* DISCRETE: ascending */
    const char *const *labels; /* CATEGORICAL: n_levels */
    size_t n_descriptors;      /* CATEGORICAL: descriptor columns instead of codes; 0: codes */
    const double *descriptors; /* n_levels x n_descriptors, as given; standardised inside */
    const char *const *descriptor_names;
    const char *when; /* active only where this condition on other parameters holds; NULL: always */
    int context;      /* 1: measured beside the outcome, not chosen: NaN in points proposed */
} itp_param;

typedef struct itp_space itp_space;

/* A space over copies of the parameters. ITP_EINVAL says which parameter and why. */
itp_status itp_space_create(itp_space **out, size_t n, const itp_param *params, itp_error *err);
void itp_space_destroy(itp_space *space);

/* Known before measuring. Linear, nonlinear, order, sum: "c1 + 2*c2 <= 3", "a < b < c", "a + b + c
 * == 1", "salt == LiFSI" only inside `when`. Equality of linear sums is held by construction; < is
 * strict. An inactive parameter counts as 0 when 0 is one of its values (an amount that is not
 * there); otherwise a constraint that names it does not apply there. ITP_EINVAL says why not. */
itp_status itp_space_add_constraint(itp_space *space, const char *expression, itp_error *err);
/* Cardinality: at least and at most so many of the named parameters are nonzero. */
itp_status itp_space_add_cardinality(itp_space *space, size_t at_least, size_t at_most, size_t n,
                                     const char *const *names, itp_error *err);
/* Choose only among these rows: n x n_params points; n x m descriptor columns (m may be 0) that the
 * models see instead of parameters marked so by `described` (n_params flags, may be NULL: none).
 * Copied. Constraints come before. Rows must be distinct (ITP_EEXISTS names two that are not) and
 * satisfy the known constraints (ITP_ERANGE names the row). Constant descriptors are left out; the
 * columns' parameter is the first one described, or n_params when there is none. */
itp_status itp_space_set_candidates(itp_space *space, size_t n, const double *points, size_t m,
                                    const double *descriptors, const char *const *descriptor_names,
                                    const int *described, itp_error *err);

/* One more coordinate, the last: a code 0 .. n-1 of whose an observation is (n >= 2). What is
 * encoded has 0, which is this campaign's own; earlier data set it themselves. Before candidates.
 */
itp_status itp_space_add_sources(itp_space *space, unsigned n);

size_t itp_space_n_params(const itp_space *space);
const itp_param *itp_space_param(const itp_space *space, size_t i); /* borrowed */
/* Index of a parameter by name, or -1. */
int itp_space_find(const itp_space *space, const char *name);

/* The encoded coordinates. d <= sum of parameters and descriptor columns. */
size_t itp_space_d(const itp_space *space);
const itp_column *itp_space_columns(const itp_space *space); /* d, borrowed */
/* What people call a column: the parameter, or the descriptor; borrowed, "" when there is none. */
const char *itp_space_column_name(const itp_space *space, size_t column);

/* point -> encoded. Exact round trip for discrete kinds; ITP_ERANGE names what is out of bounds.
 * With candidates, the point must be a row of the table when there are descriptor columns. */
itp_status itp_space_encode(const itp_space *space, const double *point, double *x, itp_error *err);
/* encoded -> the nearest point of the space (rounds integers, levels, labels; inactive become NaN).
 * Known constraints are not repaired here: see itp_space_repair. */
itp_status itp_space_decode(const itp_space *space, const double *x, double *point);

/* Inactive and context parameters become NaN, others their nearest value; an active one that is NaN
 * takes that of `fallback` (n_params). Known constraints are not looked at. */
void itp_space_snap(const itp_space *space, double *point, const double *fallback);

/* Largest violation of a known constraint at a point, relative to the sum of its terms' sizes; <=
 * 1e-9 is feasible. Bounds and levels count too. *which (may be NULL): text of that constraint,
 * borrowed, or NULL. */
double itp_space_violation(const itp_space *space, const double *point, const char **which);
/* Moves a point onto the constraints, changing it as little as it can (bounds, values, `when`,
 * cardinality, then rows and curves); with candidates, to the nearest row. ITP_ENONE: none found,
 * and the point is untouched. */
itp_status itp_space_repair(const itp_space *space, double *point);

/* Linear constraints in the encoded coordinates of REAL columns, for optimisers: rows of
 * a . x <= b (first n_le) and a . x == b (the rest); nonlinear ones are reached through
 * itp_space_nonlinear. */
typedef struct itp_linear {
    size_t n_le, n_eq, d;
    const double *a; /* (n_le + n_eq) x d */
    const double *b;
} itp_linear;
const itp_linear *itp_space_linear(const itp_space *space);
/* Constraints that are not linear in encoded coordinates (log scales and conditional parameters
 * count): value[i] <= 0 feasible, or == 0 where equality[i]; scaled to about 1; grad n x d may be
 * NULL. Returns how many there are; pass NULLs to ask only that. Cardinality is in neither list:
 * hold the zeros of a feasible start, or repair. */
size_t itp_space_nonlinear(const itp_space *space, const double *x, double *value, double *grad,
                           int *equality);

/* n feasible points: uniform on the encoded scales (rejection where it works, otherwise hit-and-run
 * with everything discrete drawn first); with candidates, rows at random. ITP_ENONE with the reason
 * in err when none could be found; points are then untouched. Points: n x n_params. */
itp_status itp_space_sample(const itp_space *space, size_t n, uint64_t seed, double *points,
                            itp_error *err);

typedef enum itp_design { ITP_DESIGN_SOBOL, ITP_DESIGN_MAXIMIN, ITP_DESIGN_RANDOM } itp_design;
/* Points `first` .. first + n - 1 of a space-filling design over the feasible part. The same (kind,
 * seed) gives one sequence, however it is cut. Candidate rows and points of a space with finitely
 * many never come twice: ITP_ENONE when they are used up, or when nothing is feasible. */
itp_status itp_space_design(const itp_space *space, itp_design kind, uint64_t seed, size_t first,
                            size_t n, double *points, itp_error *err);

/* Candidate table: rows, and their encoded matrix (rows x d, borrowed, NULL when there is no
 * table). */
size_t itp_space_n_candidates(const itp_space *space);
const double *itp_space_candidates(const itp_space *space);
const double *itp_space_candidate_point(const itp_space *space, size_t row); /* borrowed */
/* A row that is held back stays a point of the table, for something may have been measured there,
 * but designs and searches pass it over. ITP_ENOMEM. */
itp_status itp_space_withhold(itp_space *space, size_t row);
int itp_space_is_withheld(const itp_space *space, size_t row);
size_t itp_space_n_withheld(const itp_space *space);
/* Row of a point in the table, or -1. */
long itp_space_find_candidate(const itp_space *space, const double *point);

/* Number of discrete combinations, saturating at `bound` + 1; 0 when a continuous parameter exists
 * and `all` is 1. With all 0, continuous parameters are left out of the product. */
size_t itp_space_combinations(const itp_space *space, int all, size_t bound);

#ifdef __cplusplus
}
#endif
#endif
