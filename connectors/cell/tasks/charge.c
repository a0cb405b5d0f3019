/* charge.c - cell.charge: one to four constant currents to a state of charge, under a voltage
 * limit. SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "charging.h"
#include "ports.h"
#include "single.h"
#include "tasks.h"

static const itp_port INPUTS[] = {ITP_CELL_CHARGE_PORTS, ITP_CELL_COMMON_PORTS};

#define X(name, unit) ITP_CELL_GIVES(name, unit),
static const itp_port OUTPUTS[] = {
    ITP_CELL_COMMON_OUTPUTS(X) ITP_CELL_GIVES("charge_time", "min"),
    ITP_CELL_GIVES("held_time", "min"),
    ITP_CELL_GIVES("charge", "A h"),
    ITP_CELL_GIVES("energy", "W h"),
    ITP_CELL_GIVES("soc", "1"),
};
#undef X

static itp_status run(const itp_cell_job *job, const itp_cell_hooks *hooks,
                      const itp_cell_paths *paths, itp_cell_outcome *out, itp_error *err)
{
    (void)paths;
    itp_cell_charge c;
    itp_cell_charged done;
    itp_cell_runner *r = NULL;
    itp_status st = itp_cell_charge_of(job, itp_cell_input(job, "initial_soc", 0), &c, err);
    if (st == ITP_OK) st = itp_cell_job_runner(job, 0, hooks, &r, err);
    if (st == ITP_OK) st = itp_cell_charge_run(r, &c, &done, err);
    if (st == ITP_OK && !done.complete)
        st = itp_fail(err, ITP_ESCIENTIFIC, "charging ended at SOC %.4f of %.4f after %.4g s: %s",
                      done.soc, c.soc[c.n - 1], done.time_s, done.text);
    if (st == ITP_OK) {
        itp_cell_put(out, "charge_time", done.time_s / 60);
        itp_cell_put(out, "held_time", done.held_s / 60);
        itp_cell_put(out, "charge", done.charge);
        itp_cell_put(out, "energy", done.energy);
        itp_cell_put(out, "soc", done.soc);
        itp_cell_put_common(r, out);
    }
    itp_cell_runner_destroy(r);
    return st;
}

const itp_cell_task itp_cell_task_charge = {
    "cell.charge",
    "charging in up to four constant currents to a state of charge",
    INPUTS,
    OUTPUTS,
    sizeof INPUTS / sizeof *INPUTS,
    sizeof OUTPUTS / sizeof *OUTPUTS,
    run,
};
