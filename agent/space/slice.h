/* slice.h - a space with everything discrete held fixed: what is left is a box of free parameters
 * with linear rows (a polytope) and constraints of other kinds on top. Private to agent/space.
 *   Held fixed: what has countable values, what cardinality made zero, what is inactive, and the
 * outcome of every comparison in a `when`. So the constraints that apply never change in a slice.
 * Life cycle  init -> { project | walk }* -> deinit          Threads  one owner
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SLICE_H
#define ITP_SLICE_H

#include "project.h"
#include "space_inner.h"
#include "stream.h"

typedef struct slice {
    const itp_space *space;
    size_t k;        /* free parameters */
    size_t *free;    /* k, their indices */
    polytope rows;   /* in shares of the free ranges; the box is the last 2 k rows */
    size_t n_curved; /* constraints that are not rows here */
    size_t *curved;
    int flat;            /* 1: shares are on linear scales even of parameters on a log scale */
    int curved_equality; /* 1: one of those is an equality */
    double *base;        /* n: the fixed values; free ones are overwritten */
    double *centre;      /* k: a point with room around it; valid when centred */
    double radius;       /* of a ball around it, in shares */
    double *q;           /* n_q x k, orthonormal: directions that equalities forbid */
    size_t n_q;
    size_t *only;  /* per row: its one column, or k when it names several; after itp_slice_centre */
    double *shape; /* k x k, lower: directions are drawn as shape times noise; NULL: all alike */
    double *memory;
} slice;

/* Cuts the space at `point` (snapped; NaN where inactive). zeroed (n, may be NULL): 1 where a
 * parameter must stay as it is although it is free by kind. relaxed: 1 frees INTEGER and DISCRETE
 * parameters too, between low and high (n each, values; NULL: their ranges). flat: 1 measures
 * shares on linear scales throughout, so that every linear constraint is a row. */
typedef struct slice_options {
    const int *zeroed;
    int relaxed;
    int flat;
    const double *low, *high;
} slice_options;
itp_status itp_slice_init(slice *s, const itp_space *space, const double *point,
                          const slice_options *options);
void itp_slice_deinit(slice *s);

/* A point with room around it, if there is one; rows that hold everywhere become equalities.
 * ITP_ENONE: the rows alone leave nothing. */
itp_status itp_slice_centre(slice *s);

/* Whether free parameter j is measured on a log scale here. */
int itp_slice_is_log(const slice *s, size_t j);
/* Free shares u (k) -> the whole point (n), and back. */
void itp_slice_point(const slice *s, const double *u, double *point);
void itp_slice_shares(const slice *s, const double *point, double *u);

/* Worst relative violation of everything at u. */
double itp_slice_violation(const slice *s, const double *u);

/* Moves u onto rows and curved constraints, as little as it can. ITP_ENONE when it cannot. */
itp_status itp_slice_repair(const slice *s, double *u);

/* Learns the shape of the feasible part from walks, so that slivers are walked along and not
 * across. u: a feasible start, moved. Does nothing in a plain box. */
itp_status itp_slice_learn_shape(slice *s, itp_stream *stream, double *u);

/* `steps` of hit-and-run from the feasible u (Smith 1984), with shrinking where curved constraints
 * cut the chord. Needs itp_slice_centre. */
void itp_slice_walk(const slice *s, itp_stream *stream, size_t steps, double *u);

#endif
