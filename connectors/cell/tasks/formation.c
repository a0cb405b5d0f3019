/* formation.c - cell.formation: the first charges of a fresh cell, whose SEI has yet to grow.
 *   The cell starts empty with a film of initial_film. The first charge runs at rate1 to
 * switch_soc, then at rate2 to the voltage limit, held to rate_min; discharge at discharge_rate;
 * further cycles at rate2. What counts: how long it takes, what the first cycle loses, how thick
 * and how even the SEI is. SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "ports.h"
#include "single.h"
#include "tasks.h"

static const itp_port INPUTS[] = {
    ITP_CELL_OPEN("rate1", "1/h", 0.01, 5),
    ITP_CELL_OPEN("rate2", "1/h", 0.01, 5),
    ITP_CELL_OPEN("switch_soc", "1", 0.001, 0.999),
    ITP_CELL_OPEN("discharge_rate", "1/h", 0.01, 5),
    ITP_CELL_OPEN("voltage_limit", "V", 0, 6),
    ITP_CELL_OPEN("rate_min", "1/h", 1e-4, 5),
    ITP_CELL_OPEN("cycles", "1", 1, 20),
    ITP_CELL_OPEN("rest", "h", 0, 1000),
    ITP_CELL_OPEN("initial_film", "m", 1e-11, 1e-7),
    ITP_CELL_COMMON_PORTS,
};

#define X(name, unit) ITP_CELL_GIVES(name, unit),
static const itp_port OUTPUTS[] = {
    ITP_CELL_COMMON_OUTPUTS(X) ITP_CELL_GIVES("formation_time", "h"),
    ITP_CELL_GIVES("first_cycle_loss", "%"),
    ITP_CELL_GIVES("sei_thickness", "nm"),
    ITP_CELL_GIVES("sei_unevenness", "%"),
    ITP_CELL_GIVES("capacity", "A h"),
};
#undef X

typedef struct forming {
    itp_cell_step first, second, hold, discharge, rest;
    int rests;
    size_t cycles;
} forming;

static forming plan(const itp_cell_job *job)
{
    double v = itp_cell_input(job, "voltage_limit", job->p.v_high), wait;
    double rate2 = itp_cell_input(job, "rate2", 0.3);
    forming f = {.first = itp_cell_step_of(ITP_STEP_RATE, itp_cell_input(job, "rate1", 0.1)),
                 .second = itp_cell_step_of(ITP_STEP_RATE, rate2),
                 .hold = itp_cell_step_of(ITP_STEP_VOLTAGE, v),
                 .rest = itp_cell_step_of(ITP_STEP_REST, 0),
                 .cycles = (size_t)itp_cell_input(job, "cycles", 1)};
    f.discharge = itp_cell_step_of(ITP_STEP_RATE, -itp_cell_input(job, "discharge_rate", 0.3));
    f.first.until_soc = itp_cell_input(job, "switch_soc", 0.3);
    f.first.until_voltage = f.second.until_voltage = v;
    f.hold.until_rate = itp_cell_input(job, "rate_min", 0.05);
    f.discharge.until_voltage = job->p.v_low;
    wait = itp_cell_input(job, "rest", 0);
    f.rest.until_time = wait * 3600;
    f.rests = wait > 0;
    return f;
}

/* One step that must end by its own cut-off; its charge is added. */
static itp_status step(itp_cell_runner *r, const itp_cell_step *s, const char *what, double *charge,
                       itp_error *err)
{
    itp_cell_summary done;
    itp_status st = itp_cell_run_step(r, s, &done, err);
    if (st == ITP_OK) st = itp_cell_demand(&done, what, err);
    if (st == ITP_OK) *charge += done.charge;
    return st;
}

static itp_status form(itp_cell_runner *r, const forming *f, double *loss, double *capacity,
                       itp_error *err)
{
    itp_status st;
    for (size_t k = 0; k < f->cycles; k++) {
        double in = 0, out = 0;
        if (f->rests && (st = step(r, &f->rest, "the rest", &in, err)) != ITP_OK) return st;
        if (k == 0 && (st = step(r, &f->first, "the first charge", &in, err)) != ITP_OK) return st;
        if ((st = step(r, &f->second, "the charge", &in, err)) != ITP_OK) return st;
        if ((st = step(r, &f->hold, "the hold", &in, err)) != ITP_OK) return st;
        if ((st = step(r, &f->discharge, "the discharge", &out, err)) != ITP_OK) return st;
        if (!(in > 0))
            return itp_fail(err, ITP_ESCIENTIFIC, "nothing was charged in cycle %zu", k + 1);
        if (k == 0) *loss = 100 * (in + out) / in;
        *capacity = -out;
    }
    return ITP_OK;
}

static void put_film(const itp_cell_runner *r, itp_cell_outcome *out)
{
    const itp_cell_model *m = r->model;
    const itp_cell_block *b = &m->block[0];
    double sum = 0, low = INFINITY, high = 0;
    for (size_t k = 0; k < b->sites; k++) {
        double thick = itp_cell_sei_thickness(m, k, itp_cell_runner_state(r));
        sum += thick / (double)b->sites; /* sites are equally wide */
        low = fmin(low, thick);
        high = fmax(high, thick);
    }
    itp_cell_put(out, "sei_thickness", 1e9 * sum);
    itp_cell_put(out, "sei_unevenness", sum > 0 ? 100 * (high - low) / sum : 0);
}

static itp_status run(const itp_cell_job *job, const itp_cell_hooks *hooks,
                      const itp_cell_paths *paths, itp_cell_outcome *out, itp_error *err)
{
    (void)paths;
    itp_cell_job fresh = *job;
    itp_cell_runner *r = NULL;
    double film = itp_cell_input(job, "initial_film", 5e-10), loss = 0, capacity = 0;
    double share = fresh.p.sei.inner > 0 ? fresh.p.sei.inner_share : 0;
    fresh.p.sei.inner = share * film;
    fresh.p.sei.outer = (1 - share) * film;
    if (fresh.o.sei == ITP_SEI_NONE) fresh.o.sei = ITP_SEI_INTERSTITIAL;
    forming f = plan(job);
    itp_status st = itp_cell_job_runner(&fresh, 0, hooks, &r, err);
    if (st == ITP_OK) st = form(r, &f, &loss, &capacity, err);
    if (st == ITP_OK) {
        itp_cell_put(out, "formation_time", r->time_s / 3600);
        itp_cell_put(out, "first_cycle_loss", loss);
        itp_cell_put(out, "capacity", capacity);
        put_film(r, out);
        itp_cell_put_common(r, out);
    }
    itp_cell_runner_destroy(r);
    return st;
}

const itp_cell_task itp_cell_task_formation = {
    "cell.formation",
    "the first charges of a fresh cell, growing its SEI",
    INPUTS,
    OUTPUTS,
    sizeof INPUTS / sizeof *INPUTS,
    sizeof OUTPUTS / sizeof *OUTPUTS,
    run,
};
