/* branch.h - finding values for everything discrete so that the rest can be met; private to
 * agent/space.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_BRANCH_H
#define ITP_BRANCH_H

#include "slice.h"

/* A point drawn without regard to constraints other than cardinality and `when`: every value of a
 * discrete parameter equally likely, others uniform on their scale. zeroed (n): 1 where cardinality
 * made it zero. */
void itp_branch_draw(const itp_space *space, itp_stream *stream, double *point, int *zeroed);

/* Makes the cardinality constraints hold by zeroing the smallest or lifting zeros, as few as it
 * can; marks what must stay zero. */
void itp_branch_cardinality(const itp_space *space, double *point, int *zeroed);

/* A feasible start in the slice opened with these options: its centre, or one of so many repaired
 * draws. u: k. ITP_ENONE when none was found. */
itp_status itp_branch_start(slice *s, const slice_options *options, int starts, itp_stream *stream,
                            double *u);

/* Branch and bound over INTEGER and DISCRETE parameters, labels and controllers as in `point`:
 * relaxes them, projects `point`, and splits at what came out between two values, nearest side
 * first. On success `point` is feasible, and near where it was. *budget: projections that
 * may be spent, less by those that were. ITP_ENONE when there is none or the budget is spent. */
itp_status itp_branch_find(const itp_space *space, itp_stream *stream, const int *zeroed,
                           size_t *budget, double *point);

#endif
