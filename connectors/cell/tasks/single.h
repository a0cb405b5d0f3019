/* single.h - what the tasks share: one runner on a job's cell, and what every task reports.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CELL_SINGLE_H
#define ITP_CELL_SINGLE_H

#include "job.h"

/* A runner for the job at SOC `soc` (an input initial_soc overrides it). With job->series rows come
 * every 10 s. */
itp_status itp_cell_job_runner(const itp_cell_job *job, double soc, const itp_cell_hooks *hooks,
                               itp_cell_runner **out, itp_error *err);

/* ITP_ESCIENTIFIC with the reason when a step ended for another reason than its own cut-off. */
itp_status itp_cell_demand(const itp_cell_summary *s, const char *what, itp_error *err);

/* temperature_max, plating_margin, plated, plated_charge, lost_to_sei: X(name, unit). */
#define ITP_CELL_COMMON_OUTPUTS(X)                                                                 \
    X("temperature_max", "degC")                                                                   \
    X("plating_margin", "V") X("plated", "mol/m2") X("lost_to_sei", "A h")
void itp_cell_put_common(const itp_cell_runner *r, itp_cell_outcome *out);

#endif
