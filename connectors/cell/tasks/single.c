/* single.c - see single.h.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "single.h"

#include <math.h>

itp_status itp_cell_job_runner(const itp_cell_job *job, double soc, const itp_cell_hooks *hooks,
                               itp_cell_runner **out, itp_error *err)
{
    double at = itp_cell_input(job, "initial_soc", soc);
    itp_status st = itp_cell_runner_create(out, &job->p, &job->o, at, NULL, hooks, err);
    if (st == ITP_OK && job->series) (*out)->record_s = 10;
    return st;
}

itp_status itp_cell_demand(const itp_cell_summary *s, const char *what, itp_error *err)
{
    if (s->end == ITP_END_CUTOFF) return ITP_OK;
    return itp_fail(err, ITP_ESCIENTIFIC, "%s ended at %.6g s (%.4g V): %s", what, s->duration_s,
                    s->v_end, s->text);
}

void itp_cell_put_common(const itp_cell_runner *r, itp_cell_outcome *out)
{
    itp_cell_inventory li;
    itp_cell_lithium(r->model, itp_cell_runner_state(r), &li);
    itp_cell_put(out, "temperature_max", r->t_max - 273.15);
    itp_cell_put(out, "plating_margin", r->margin_min);
    itp_cell_put(out, "plated", (li.plated + li.dead) / r->model->area);
    itp_cell_put(out, "lost_to_sei", li.sei_charge);
}
