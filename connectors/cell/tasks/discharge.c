/* discharge.c - cell.discharge: constant current from full (or initial_soc) to a voltage.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "ports.h"
#include "single.h"
#include "tasks.h"

static const itp_port INPUTS[] = {ITP_CELL_OPEN("rate", "1/h", 0.001, 20),
                                  ITP_CELL_OPEN("cutoff", "V", 0, 6), ITP_CELL_COMMON_PORTS};

#define X(name, unit) ITP_CELL_GIVES(name, unit),
static const itp_port OUTPUTS[] = {
    ITP_CELL_COMMON_OUTPUTS(X) ITP_CELL_GIVES("capacity", "A h"),
    ITP_CELL_GIVES("energy", "W h"),
    ITP_CELL_GIVES("duration", "s"),
    ITP_CELL_GIVES("mean_voltage", "V"),
    ITP_CELL_GIVES("areal_energy", "W h m-2"),
};
#undef X

static itp_status run(const itp_cell_job *job, const itp_cell_hooks *hooks,
                      const itp_cell_paths *paths, itp_cell_outcome *out, itp_error *err)
{
    (void)paths;
    itp_cell_runner *r = NULL;
    itp_cell_summary s;
    itp_status st = itp_cell_job_runner(job, 1, hooks, &r, err);
    if (st != ITP_OK) return st;
    itp_cell_step step = itp_cell_step_of(ITP_STEP_RATE, -itp_cell_input(job, "rate", 1));
    step.until_voltage = itp_cell_input(job, "cutoff", job->p.v_low);
    st = itp_cell_run_step(r, &step, &s, err);
    if (st == ITP_OK) st = itp_cell_demand(&s, "the discharge", err);
    if (st == ITP_OK && !(s.charge < 0))
        st = itp_fail(err, ITP_ESCIENTIFIC, "the cell cannot start: %g V is below %g V at once",
                      s.v_end, step.until_voltage);
    if (st == ITP_OK) {
        itp_cell_put(out, "capacity", -s.charge);
        itp_cell_put(out, "energy", -s.energy);
        itp_cell_put(out, "duration", s.duration_s);
        itp_cell_put(out, "mean_voltage", s.energy / s.charge);
        itp_cell_put(out, "areal_energy", -s.energy / r->model->area);
        itp_cell_put_common(r, out);
    }
    itp_cell_runner_destroy(r);
    return st;
}

const itp_cell_task itp_cell_task_discharge = {
    "cell.discharge",
    "constant-current discharge to a voltage",
    INPUTS,
    OUTPUTS,
    sizeof INPUTS / sizeof *INPUTS,
    sizeof OUTPUTS / sizeof *OUTPUTS,
    run,
};
