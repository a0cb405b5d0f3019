/* runner.c - a step becomes a control and a list of events; rows are read off the integrator's own
 * polynomial at the recording times.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX                                                                                  \
    20000 /* of the integrator in one step of the protocol: far above any that ends                \
           */
#define POLL_EVERY 16

itp_status itp_cell_runner_create(itp_cell_runner **out, const itp_cell_parameters *p,
                                  const itp_cell_options *options, double soc,
                                  const itp_cell_safety *safety, const itp_cell_hooks *hooks,
                                  itp_error *err)
{
    itp_status st;
    itp_cell_runner *r = calloc(1, sizeof *r);
    if (!r) return itp_fail(err, ITP_ENOMEM, "cell runner");
    if ((st = itp_cell_model_create(&r->model, p, options, err)) != ITP_OK) goto fail;
    if ((st = itp_cell_window_of(p, &r->window, err)) != ITP_OK) goto fail;
    if ((st = itp_cell_solver_create(&r->solver, r->model, err)) != ITP_OK) goto fail;
    r->state = malloc(2 * r->model->n * sizeof *r->state);
    if (!r->state) {
        st = itp_fail(err, ITP_ENOMEM, "cell runner");
        goto fail;
    }
    r->instant = r->state + r->model->n;
    if (hooks) r->hooks = *hooks;
    if (safety) r->safety = *safety;
    if (!safety || isnan(r->safety.v_low)) r->safety.v_low = p->v_low - 0.3;
    if (!safety || isnan(r->safety.v_high)) r->safety.v_high = p->v_high + 0.3;
    if (!safety || isnan(r->safety.i_high)) r->safety.i_high = INFINITY;
    if (!safety || isnan(r->safety.t_high)) r->safety.t_high = 400;
    r->record_s = INFINITY;
    r->t_max = -INFINITY, r->margin_min = INFINITY;
    r->cycle = 1;
    const itp_cell_window *w = &r->window;
    double x = w->neg_empty + soc * (w->neg_full - w->neg_empty);
    double y = w->pos_empty + soc * (w->pos_full - w->pos_empty);
    itp_cell_initialise(r->model, x, y, p->t_initial, r->state);
    itp_cell_solver_set(r->solver, r->state);
    *out = r;
    return ITP_OK;
fail:
    itp_cell_runner_destroy(r);
    return st;
}

void itp_cell_runner_destroy(itp_cell_runner *r)
{
    if (!r) return;
    itp_cell_solver_destroy(r->solver);
    itp_cell_model_destroy(r->model);
    free(r->state);
    free(r);
}

/* --- one step --- */
typedef struct stretch {
    itp_cell_control control;
    itp_cell_event events[ITP_CELL_EVENTS_MAX];
    size_t n, own; /* events in all; the first `own` are the step's own cut-offs */
    double t_stop;
} stretch;

static void watch(stretch *s, itp_cell_event_kind kind, double limit)
{
    if (!isnan(limit) && !isinf(limit)) s->events[s->n++] = (itp_cell_event){kind, limit};
}

/* Direction of a voltage cut-off: the way this step drives the cell. */
static itp_cell_event_kind voltage_event(const itp_cell_step *step)
{
    return step->value > 0 ? ITP_CELL_VOLTAGE_ABOVE : ITP_CELL_VOLTAGE_BELOW;
}

static double soc_now(const itp_cell_runner *r, const double *y)
{
    const itp_cell_window *w = &r->window;
    double x = itp_cell_average(r->model, 0, y);
    return (x - w->neg_empty) / (w->neg_full - w->neg_empty);
}

static void plan(const itp_cell_runner *r, const itp_cell_step *step, stretch *s)
{
    double nominal = r->model->p.nominal;
    memset(s, 0, sizeof *s);
    switch (step->kind) {
    case ITP_STEP_RATE:
        s->control = (itp_cell_control){ITP_CELL_CURRENT, -step->value * nominal};
        break;
    case ITP_STEP_VOLTAGE: s->control = (itp_cell_control){ITP_CELL_VOLTAGE, step->value}; break;
    case ITP_STEP_POWER: s->control = (itp_cell_control){ITP_CELL_POWER, -step->value}; break;
    case ITP_STEP_REST: s->control = (itp_cell_control){ITP_CELL_CURRENT, 0}; break;
    default: s->control = (itp_cell_control){ITP_CELL_CURRENT, -step->value}; break;
    }
    if (step->kind == ITP_STEP_CURRENT || step->kind == ITP_STEP_RATE ||
        step->kind == ITP_STEP_POWER)
        watch(s, voltage_event(step), step->until_voltage);
    watch(s, ITP_CELL_CURRENT_BELOW, step->until_current);
    watch(s, ITP_CELL_CURRENT_BELOW, step->until_rate * nominal);
    watch(s, ITP_CELL_CHARGE_ABOVE, step->until_charge);
    if (!isnan(step->until_soc))
        watch(s, ITP_CELL_CHARGE_ABOVE,
              fabs(step->until_soc - soc_now(r, itp_cell_runner_state(r))) * r->window.capacity);
    watch(s, ITP_CELL_TEMPERATURE_ABOVE, step->until_temperature);
    s->own = s->n;
    watch(s, ITP_CELL_VOLTAGE_BELOW, r->safety.v_low);
    watch(s, ITP_CELL_VOLTAGE_ABOVE, r->safety.v_high);
    watch(s, ITP_CELL_CURRENT_ABOVE, r->safety.i_high);
    if (r->model->i_heat != ITP_CELL_NONE) watch(s, ITP_CELL_TEMPERATURE_ABOVE, r->safety.t_high);
    if (r->model->nx) s->events[s->n++] = (itp_cell_event){ITP_CELL_SALT_EXHAUSTED, 0};
    s->t_stop = isnan(step->until_time) ? 1e9 : step->until_time;
}

static itp_status record(itp_cell_runner *r, double local, const double *y)
{
    if (!r->hooks.row) return ITP_OK;
    const itp_cell_model *m = r->model;
    itp_cell_row row = {.time_s = r->time_s + local,
                        .step_time_s = local,
                        .current = -y[m->i_current],
                        .voltage = y[m->i_voltage],
                        .temperature = itp_cell_temperature(m, y),
                        .charge = r->charge_start - y[m->i_charge],
                        .step = r->step,
                        .cycle = r->cycle,
                        .state = y};
    return r->hooks.row(r->hooks.ctx, m, &row);
}

static void observe(itp_cell_runner *r, const double *y, itp_cell_summary *s)
{
    s->t_max = fmax(s->t_max, itp_cell_temperature(r->model, y));
    s->margin_min = fmin(s->margin_min, itp_cell_plating_margin(r->model, y));
}

/* The grid of rows within one step of a protocol. A step of months at seconds would fill a disk:
 * after every ROWS_DENSE rows the interval doubles. */
#define ROWS_DENSE 20000
typedef struct grid {
    double next, interval;
    size_t rows;
} grid;

/* Rows before local time t, on the grid and at the asked times. */
static itp_status record_until(itp_cell_runner *r, double t, grid *g)
{
    itp_status st;
    if (!r->hooks.row) return ITP_OK;
    if (r->record_s <= 0) return record(r, t, itp_cell_runner_state(r));
    for (;;) {
        double asked = r->next_time < r->n_times ? r->times[r->next_time] - r->time_s : INFINITY;
        double at = fmin(g->next, asked);
        if (!(at < t)) return ITP_OK;
        if (at == asked) r->next_time++;
        if (at == g->next) g->next += g->interval;
        if (++g->rows % ROWS_DENSE == 0) g->interval *= 2;
        if (at <= 0) continue;
        if ((st = itp_cell_solver_at(r->solver, at, r->state)) != ITP_OK) return st;
        if ((st = record(r, at, r->state)) != ITP_OK) return st;
    }
}

/* Steps until the stretch ends. *fired: the event, or -1 for time. */
static itp_status march(itp_cell_runner *r, const stretch *s, itp_cell_summary *out, int *fired,
                        itp_error *err)
{
    const itp_cell_model *m = r->model;
    const double *y = itp_cell_runner_state(r);
    grid g = {.next = r->record_s, .interval = r->record_s};
    double t = 0, power = y[m->i_current] * y[m->i_voltage], before = 0;
    itp_status st;
    *fired = -1;
    for (int step = 0; t < s->t_stop && *fired < 0; step++) {
        if (step == STEPS_MAX)
            return itp_fail(err, ITP_ESCIENTIFIC,
                            "step %zu did not end within %d steps of the "
                            "integrator (%.6g s)",
                            r->step, STEPS_MAX, t);
        if (r->hooks.poll && step % POLL_EVERY == 0 && (st = r->hooks.poll(r->hooks.ctx)) != ITP_OK)
            return itp_fail(err, st, "stopped in step %zu at %.6g s", r->step, t);
        if ((st = itp_cell_solver_advance(r->solver, s->t_stop, &t, fired, err)) != ITP_OK)
            return st;
        if ((st = record_until(r, t, &g)) != ITP_OK) return st;
        observe(r, y, out);
        double now = y[m->i_current] * y[m->i_voltage];
        out->energy -= 0.5 * (power + now) * (t - before) / 3600;
        power = now, before = t;
    }
    out->duration_s = t;
    return r->record_s > 0 ? record(r, t, y) : ITP_OK;
}

static void finish(const stretch *s, int fired, itp_cell_summary *out)
{
    out->by_time = fired < 0;
    if (fired < 0) {
        out->end = ITP_END_CUTOFF;
        snprintf(out->text, sizeof out->text, "time is up");
        return;
    }
    const itp_cell_event *e = &s->events[fired];
    out->event = e->kind;
    out->end = (size_t)fired < s->own               ? ITP_END_CUTOFF
               : e->kind == ITP_CELL_SALT_EXHAUSTED ? ITP_END_EXHAUSTED
                                                    : ITP_END_SAFETY;
    snprintf(out->text, sizeof out->text, "%s%s %.6g", out->end == ITP_END_SAFETY ? "safety: " : "",
             itp_cell_event_text(e->kind), e->limit);
}

itp_status itp_cell_run_step(itp_cell_runner *r, const itp_cell_step *step, itp_cell_summary *out,
                             itp_error *err)
{
    stretch s;
    int fired = -1;
    const itp_cell_model *m = r->model;
    const double *y = itp_cell_runner_state(r);
    *out = (itp_cell_summary){
        .step = ++r->step, .cycle = r->cycle, .t_max = -INFINITY, .margin_min = INFINITY};
    plan(r, step, &s);
    double charge = y[m->i_charge];
    int recording = r->hooks.row && (isfinite(r->record_s) || r->n_times);
    itp_status st = itp_cell_solver_begin(r->solver, s.control, s.n, s.events,
                                          recording ? r->instant : NULL, &fired, err);
    if (st != ITP_OK) return st;
    out->v_start = recording ? r->instant[m->i_voltage] : y[m->i_voltage];
    observe(r, y, out);
    if (recording && (st = record(r, 0, r->instant)) != ITP_OK) return st;
    if (fired < 0 && (st = march(r, &s, out, &fired, err)) != ITP_OK) return st;
    finish(&s, fired, out);
    out->charge = charge - y[m->i_charge];
    out->v_end = y[m->i_voltage];
    out->i_end = -y[m->i_current];
    r->time_s += out->duration_s;
    r->t_max = fmax(r->t_max, out->t_max);
    r->margin_min = fmin(r->margin_min, out->margin_min);
    return r->hooks.step ? r->hooks.step(r->hooks.ctx, m, out) : ITP_OK;
}

/* --- protocols --- */
static size_t count_runs(const itp_cell_protocol *p)
{
    size_t total = p->n_steps;
    for (size_t i = 0; i < p->n_steps; i++)
        if (p->steps[i].kind == ITP_STEP_LOOP)
            total += (p->steps[i].loops - 1) * (i - p->steps[i].loop_to);
    return total ? total : 1;
}

itp_status itp_cell_run(itp_cell_runner *r, const itp_cell_protocol *p, itp_cell_summary *last,
                        itp_error *err)
{
    size_t done[ITP_CELL_STEPS_MAX] = {0}, ran = 0, total = count_runs(p);
    itp_cell_summary summary = {0};
    for (size_t i = 0; i < p->n_steps; i++) {
        const itp_cell_step *step = &p->steps[i];
        if (step->kind == ITP_STEP_LOOP) {
            if (++done[i] < step->loops) {
                for (size_t k = step->loop_to; k < i; k++) done[k] = 0; /* inner loops begin anew */
                i = step->loop_to - 1; /* the loop's ++ makes it loop_to, also from 0 */
                r->cycle++;
            } else {
                done[i] = 0;
            }
            continue;
        }
        itp_status st = itp_cell_run_step(r, step, &summary, err);
        if (last) *last = summary;
        if (st != ITP_OK) return st;
        ran++;
        if (r->hooks.progress)
            r->hooks.progress(r->hooks.ctx, fmin(1, (double)ran / (double)total), p->name);
        if (summary.end != ITP_END_CUTOFF) break;
    }
    return ITP_OK;
}
