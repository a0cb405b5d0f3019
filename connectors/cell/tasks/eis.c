/* eis.c - cell.eis: impedance of the resting cell at a state of charge.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "impedance.h"
#include "ports.h"
#include "single.h"
#include "tasks.h"

#define POINTS_MAX 400

static const itp_port INPUTS[] = {
    ITP_CELL_OPEN("frequency", "Hz", 1e-7, 1e9),
    ITP_CELL_OPEN("frequency_low", "Hz", 1e-7, 1e9),
    ITP_CELL_OPEN("frequency_high", "Hz", 1e-7, 1e9),
    ITP_CELL_OPEN("points", "1", 2, POINTS_MAX),
    ITP_CELL_COMMON_PORTS,
};

static const itp_port OUTPUTS[] = {
    ITP_CELL_GIVES("z_real", "ohm"),          ITP_CELL_GIVES("z_imaginary", "ohm"),
    ITP_CELL_GIVES("resistance_high", "ohm"), ITP_CELL_GIVES("resistance_low", "ohm"),
    ITP_CELL_GIVES("arc_frequency", "Hz"),    ITP_CELL_GIVES("open_circuit_voltage", "V"),
};

/* Frequency / Hz, then the two parts, as impedance tables are commonly headed. */
static itp_status write_table(const char *path, size_t n, const double *hertz, double (*z)[2],
                              itp_error *err)
{
    FILE *file = fopen(path, "w");
    if (!file) return itp_fail(err, ITP_EIO, "%s: %s", path, strerror(errno));
    fputs("Frequency / Hz,Real Impedance / ohm,Imaginary Impedance / ohm\n", file);
    for (size_t i = 0; i < n; i++) fprintf(file, "%.10g,%.10g,%.10g\n", hertz[i], z[i][0], z[i][1]);
    int bad = ferror(file) != 0;
    bad |= fclose(file) != 0;
    return bad ? itp_fail(err, ITP_EIO, "%s: not all was written", path) : ITP_OK;
}

/* The top of the arc at high frequency: the largest -Z'' before it rises again for diffusion. */
static double arc_top(size_t n, const double *hertz, double (*z)[2])
{
    size_t best = n - 1;
    for (size_t i = n - 1; i-- > 0;) {
        if (-z[i][1] > -z[best][1])
            best = i;
        else if (-z[i][1] < -z[best][1] * 0.999 && best != n - 1)
            break;
    }
    return hertz[best];
}

static itp_status run(const itp_cell_job *job, const itp_cell_hooks *hooks,
                      const itp_cell_paths *paths, itp_cell_outcome *out, itp_error *err)
{
    double hertz[POINTS_MAX + 1], z[POINTS_MAX + 1][2];
    double low = itp_cell_input(job, "frequency_low", 1e-3);
    double high = itp_cell_input(job, "frequency_high", 1e4);
    size_t n = (size_t)itp_cell_input(job, "points", 71);
    itp_cell_runner *r = NULL;
    itp_cell_job fine = *job;
    itp_cell_options usual = itp_cell_defaults(job->o.fidelity);
    /* At 1 kHz the wave goes a millionth of a particle deep: more shells than time stepping needs.
     */
    if (job->o.r_neg == usual.r_neg) fine.o.r_neg = fine.o.r_pos = 40;
    if (!(low < high))
        return itp_fail(err, ITP_ERANGE, "frequency_low %g Hz is not below frequency_high %g Hz",
                        low, high);
    itp_status st = itp_cell_job_runner(&fine, 0.5, hooks, &r, err);
    if (st != ITP_OK) return st;
    for (size_t i = 0; i < n; i++) hertz[i] = low * pow(high / low, (double)i / (double)(n - 1));
    hertz[n] = itp_cell_input(job, "frequency", 1000);
    const double *y = itp_cell_runner_state(r);
    double ocv = y[r->model->i_voltage];
    st = itp_cell_impedance(r->model, y, n + 1, hertz, z, err);
    itp_cell_runner_destroy(r);
    if (st == ITP_OK && paths->table) st = write_table(paths->table, n, hertz, z, err);
    if (st != ITP_OK) return st;
    itp_cell_put(out, "z_real", z[n][0]);
    itp_cell_put(out, "z_imaginary", z[n][1]);
    itp_cell_put(out, "resistance_high", z[n - 1][0]);
    itp_cell_put(out, "resistance_low", z[0][0]);
    itp_cell_put(out, "arc_frequency", arc_top(n, hertz, z));
    itp_cell_put(out, "open_circuit_voltage", ocv);
    return ITP_OK;
}

const itp_cell_task itp_cell_task_eis = {
    "cell.eis",
    "impedance of the resting cell at a state of charge",
    INPUTS,
    OUTPUTS,
    sizeof INPUTS / sizeof *INPUTS,
    sizeof OUTPUTS / sizeof *OUTPUTS,
    run,
};
