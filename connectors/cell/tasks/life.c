/* life.c - cell.cycle_life: fast charge, top up, discharge, until the capacity has faded.
 *   One cycle  discharge at discharge_rate to the lower cut-off; charge in steps to end_soc; top up
 *              at topup_rate to the voltage limit and hold it to rate_min. Capacity is what the
 *              discharge gives; cycle_life counts cycles to end_capacity times the first one.
 *   With topup_rate 0 nothing is topped up: every charge ends at end_soc, as on the road. A
 * discharge then gives back what was charged and cannot show the fading, so capacity is the cell's
 * own between its open-circuit voltages less the lithium lost to SEI and plating.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "ageing.h"
#include "charging.h"
#include "ports.h"
#include "single.h"
#include "tasks.h"

static const itp_port INPUTS[] = {
    ITP_CELL_CHARGE_PORTS,
    ITP_CELL_OPEN("discharge_rate", "1/h", 0.01, 20),
    ITP_CELL_OPEN("topup_rate", "1/h", 0, 20),
    ITP_CELL_OPEN("end_capacity", "1", 0.05, 0.999),
    ITP_CELL_OPEN("cycles_max", "1", 1, 100000),
    ITP_CELL_OPEN("jump_tolerance", "1", 0, 0.1),
    ITP_CELL_COMMON_PORTS,
};

#define X(name, unit) ITP_CELL_GIVES(name, unit),
static const itp_port OUTPUTS[] = {
    ITP_CELL_COMMON_OUTPUTS(X) ITP_CELL_GIVES("cycle_life", "1"),
    ITP_CELL_GIVES("reached", "1"), /* 1: end_capacity was reached; 0: cycle_life is cycles_max */
    ITP_CELL_GIVES("charge_time", "min"),
    ITP_CELL_GIVES("capacity_first", "A h"),
    ITP_CELL_GIVES("capacity_left", "1"),
    ITP_CELL_GIVES("active_left_negative", "1"),
    ITP_CELL_GIVES("active_left_positive", "1"),
    ITP_CELL_GIVES("cycles_simulated", "1"),
};
#undef X

typedef struct cycling {
    itp_cell_charge charge;
    itp_cell_step discharge, topup, hold;
    int topped;         /* 0: cycles end at end_soc */
    double charge_time; /* of the first cycle, s */
    size_t cycle;
} cycling;

static double capacity_left(const itp_cell_runner *r)
{
    itp_cell_inventory li;
    itp_cell_lithium(r->model, itp_cell_runner_state(r), &li);
    return r->window.capacity - li.sei_charge - li.plated_charge;
}

static itp_status one_cycle(void *ctx, itp_cell_runner *r, double *capacity, itp_error *err)
{
    cycling *c = ctx;
    itp_cell_summary s;
    itp_cell_charged done;
    itp_status st;
    if ((st = itp_cell_run_step(r, &c->discharge, &s, err)) != ITP_OK) return st;
    if ((st = itp_cell_demand(&s, "the discharge", err)) != ITP_OK) return st;
    *capacity = -s.charge;
    if ((st = itp_cell_charge_run(r, &c->charge, &done, err)) != ITP_OK) return st;
    if (c->cycle++ == 0) {
        c->charge_time = done.time_s;
        if (!done.complete)
            return itp_fail(err, ITP_ESCIENTIFIC, "charging ended at SOC %.4f of %.4f: %s",
                            done.soc, c->charge.soc[c->charge.n - 1], done.text);
    } else if (done.end != ITP_END_CUTOFF) {
        return itp_fail(err, ITP_ESCIENTIFIC, "charging ended: %s", done.text);
    }
    if (!c->topped) {
        *capacity = capacity_left(r);
        return ITP_OK;
    }
    if ((st = itp_cell_run_step(r, &c->topup, &s, err)) != ITP_OK) return st;
    if ((st = itp_cell_demand(&s, "topping up", err)) != ITP_OK) return st;
    if ((st = itp_cell_run_step(r, &c->hold, &s, err)) != ITP_OK) return st;
    return itp_cell_demand(&s, "the hold", err);
}

static void report(const itp_cell_runner *r, const cycling *c, const itp_cell_life *life,
                   itp_cell_outcome *out)
{
    const itp_cell_cycle *first = &life->kept[0], *last = &life->kept[life->n_kept - 1];
    itp_cell_put(out, "cycle_life", life->cycles);
    itp_cell_put(out, "reached", life->reached);
    itp_cell_put(out, "charge_time", c->charge_time / 60);
    itp_cell_put(out, "capacity_first", first->capacity);
    itp_cell_put(out, "capacity_left", last->capacity / first->capacity);
    itp_cell_put(out, "active_left_negative", last->active_neg);
    itp_cell_put(out, "active_left_positive", last->active_pos);
    itp_cell_put(out, "cycles_simulated", (double)life->simulated);
    itp_cell_put_common(r, out);
    snprintf(out->note, sizeof out->note, "%zu cycles simulated, %zu jumps, %zu taken back",
             life->simulated, life->jumps, life->rejected);
}

static itp_status run(const itp_cell_job *job, const itp_cell_hooks *hooks,
                      const itp_cell_paths *paths, itp_cell_outcome *out, itp_error *err)
{
    (void)paths;
    cycling c = {.discharge =
                     itp_cell_step_of(ITP_STEP_RATE, -itp_cell_input(job, "discharge_rate", 1))};
    itp_cell_runner *r = NULL;
    itp_cell_life *life = malloc(sizeof *life);
    itp_status st = life ? ITP_OK : itp_fail(err, ITP_ENOMEM, "cycle life");
    if (st == ITP_OK) st = itp_cell_charge_of(job, 0, &c.charge, err);
    c.discharge.until_voltage = job->p.v_low;
    c.topup = itp_cell_step_of(ITP_STEP_RATE, itp_cell_input(job, "topup_rate", 1));
    c.topped = c.topup.value > 0;
    c.topup.until_voltage = c.charge.v_high;
    c.hold = itp_cell_step_of(ITP_STEP_VOLTAGE, c.charge.v_high);
    c.hold.until_rate = c.charge.rate_min;
    itp_cell_life_options o = {.cycles_max = (size_t)itp_cell_input(job, "cycles_max", 5000),
                               .end_capacity = itp_cell_input(job, "end_capacity", 0.8),
                               .tolerance = itp_cell_input(job, "jump_tolerance", 2e-5),
                               .jump_max = 500};
    if (st == ITP_OK) st = itp_cell_job_runner(job, 1, hooks, &r, err);
    if (st == ITP_OK) st = itp_cell_live(r, one_cycle, &c, &o, life, err);
    if (st == ITP_OK) report(r, &c, life, out);
    itp_cell_runner_destroy(r);
    free(life);
    return st;
}

const itp_cell_task itp_cell_task_cycle_life = {
    "cell.cycle_life",
    "cycles of fast charge, top-up and discharge until the capacity has faded",
    INPUTS,
    OUTPUTS,
    sizeof INPUTS / sizeof *INPUTS,
    sizeof OUTPUTS / sizeof *OUTPUTS,
    run,
};
