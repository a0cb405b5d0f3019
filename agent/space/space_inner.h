/* space_inner.h - what a space is made of; private to agent/space.
 *   Rule for inactive parameters: one counts as zero in a constraint when zero is one of its values
 * (an amount that is not there), otherwise a constraint that names it does not apply.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SPACE_INNER_H
#define ITP_SPACE_INNER_H

#include "arena.h"
#include "expression.h"
#include "interphase/space.h"

#define ITP_FEASIBLE 1e-9 /* relative violation that still counts as none (numerics.md 2) */

typedef struct param {
    itp_param is;
    itp_expression *when; /* NULL: always active */
    int controls;         /* 1: some `when` names it */
    int zero_counts;      /* 1: inactive, it counts as 0 in constraints */
    int described;        /* 1: candidate descriptors stand for it, it has no column */
    size_t column, n_columns;
    double *codes; /* n_levels x n_columns: a label as the models see it */
    size_t *kept;  /* which of its descriptors its columns are */
    int coded;     /* 1: the last of its columns is a code, the others are descriptors */
} param;

typedef enum constraint_kind { LINEAR, NONLINEAR, CARDINALITY } constraint_kind;

/* a . point + b (LINEAR) or what(point) (NONLINEAR), and it is <= 0, < 0 or == 0; or between
 * at_least and at_most of the members are nonzero. */
typedef struct constraint {
    const char *text;
    constraint_kind kind;
    int equality, strict;
    itp_expression *what;
    double *a, b;
    double scale; /* of its value, for optimisers */
    size_t at_least, at_most, n_members, *members;
} constraint;

struct itp_space {
    itp_arena arena;
    size_t n, d, n_constraints, constraints_room, n_conditional;
    param *params;
    size_t *order; /* parameters, those that a `when` names before those that have it */
    itp_column *columns;
    unsigned n_sources;      /* > 0: the last column says whose the observation is */
    constraint *constraints; /* heap, grows */
    itp_linear linear;       /* its arrays are linear_block, heap, made anew by each refresh */
    double *linear_block;
    size_t n_nonlinear, *nonlinear; /* constraints that itp_space_nonlinear reports; heap */
    /* Candidate table. */
    size_t n_rows, n_descriptors, n_slots;
    double *rows, *row_codes, *matrix;   /* n_rows x n, x n_descriptors (standardised), x d */
    const char *const *descriptor_names; /* of the table, as given; NULL: none were */
    size_t *kept;                        /* which of them its last columns are */
    size_t *slots;                       /* hash of rows: row + 1, 0 empty */
    unsigned char *withheld;             /* n_rows; NULL: none is */
    size_t n_withheld;
};

/* One parameter on its own: value <-> [0, 1] (index of a label or level likewise). */
double itp_param_to_unit(const itp_param *p, double value);
double itp_param_from_unit(const itp_param *p, double u); /* not rounded */
double itp_param_snap(const itp_param *p, double value);  /* nearest allowed value */
size_t itp_param_count(const itp_param *p);               /* of values; 0: a continuum */
double itp_param_value(const itp_param *p, size_t i);     /* the i-th of them */
int itp_param_ordered(const itp_param *p);                /* all but CATEGORICAL */

/* active[i] from the values of the parameters that `when` names; inactive ones count as NaN. */
void itp_space_active(const itp_space *space, const double *point, int *active);

/* The values a constraint sees: inactive ones as zero. 0 when it does not apply there. */
int itp_constraint_values(const itp_space *space, const constraint *c, const double *point,
                          double *values);
/* Value of a constraint and the size of its terms there; 0 and 1 when it does not apply. */
double itp_constraint_value(const itp_space *space, const constraint *c, const double *point,
                            double *size);
/* Relative violation of one constraint at a point. */
double itp_constraint_violation(const itp_space *space, const constraint *c, const double *point);
int itp_constraint_uses(const constraint *c, size_t param);

/* Rebuilds what optimisers see (linear.c) and the columns (encode.c) after a change. */
itp_status itp_space_refresh_linear(itp_space *space);
itp_status itp_space_refresh_columns(itp_space *space);
/* Encodes the candidate rows with m descriptors each (n_rows x m, as given; constant ones drop). */
itp_status itp_space_refresh_rows(itp_space *space, size_t m, const double *descriptors);
/* Squared distance as the columns mean it: codes differ by 1, periods wrap, inactive differs by 1
 * from active. */
double itp_encoded_distance2(const itp_space *space, const double *a, const double *b);

#endif
