/* charging.c - see charging.h.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "charging.h"

#include <math.h>
#include <string.h>

itp_status itp_cell_charge_of(const itp_cell_job *job, double soc_0, itp_cell_charge *out,
                              itp_error *err)
{
    static const char *const C[] = {"c1", "c2", "c3", "c4"}, *const S[] = {"s1", "s2", "s3"};
    itp_cell_charge c = {.v_high = itp_cell_input(job, "voltage_limit", job->p.v_high),
                         .rate_min = itp_cell_input(job, "rate_min", 0.05)};
    double end = itp_cell_input(job, "end_soc", 0.8);
    for (size_t k = 0; k < ITP_CELL_RATES_MAX; k++) {
        double rate = itp_cell_input(job, C[k], k == 0 ? 1 : NAN);
        if (isnan(rate)) break;
        c.rate[c.n++] = rate;
    }
    for (size_t k = c.n; k < ITP_CELL_RATES_MAX; k++)
        if (!isnan(itp_cell_input(job, C[k], NAN)))
            return itp_fail(err, ITP_ERANGE, "rate %s is given, but not the one before it", C[k]);
    double last = soc_0;
    for (size_t k = 0; k < c.n; k++) {
        double even = soc_0 + (end - soc_0) * (double)(k + 1) / (double)c.n;
        c.soc[k] = k + 1 < c.n ? itp_cell_input(job, S[k], even) : end;
        if (!(c.soc[k] > last))
            return itp_fail(err, ITP_ERANGE,
                            "charging step %zu would end at SOC %g, not above %g where it starts",
                            k + 1, c.soc[k], last);
        last = c.soc[k];
    }
    *out = c;
    return ITP_OK;
}

static double soc_of(const itp_cell_runner *r)
{
    const itp_cell_window *w = &r->window;
    double x = itp_cell_average(r->model, 0, itp_cell_runner_state(r));
    return (x - w->neg_empty) / (w->neg_full - w->neg_empty);
}

static void add(itp_cell_charged *out, const itp_cell_summary *s)
{
    out->time_s += s->duration_s;
    out->charge += s->charge;
    out->energy += s->energy;
    out->end = s->end;
    snprintf(out->text, sizeof out->text, "%s", s->text);
}

itp_status itp_cell_charge_run(itp_cell_runner *r, const itp_cell_charge *c, itp_cell_charged *out,
                               itp_error *err)
{
    itp_cell_summary s;
    itp_status st;
    memset(out, 0, sizeof *out);
    for (size_t k = 0; k < c->n; k++) {
        out->complete = soc_of(r) >= c->soc[k]; /* an aged cell may be there already */
        if (out->complete) continue;
        itp_cell_step cc = itp_cell_step_of(ITP_STEP_RATE, c->rate[k]);
        cc.until_voltage = c->v_high;
        cc.until_soc = c->soc[k];
        if ((st = itp_cell_run_step(r, &cc, &s, err)) != ITP_OK) return st;
        add(out, &s);
        out->complete = s.event == ITP_CELL_CHARGE_ABOVE;
        if (s.end != ITP_END_CUTOFF) break;
        if (out->complete) continue;
        itp_cell_step cv = itp_cell_step_of(ITP_STEP_VOLTAGE, c->v_high);
        cv.until_soc = c->soc[k];
        cv.until_rate = c->rate_min;
        if ((st = itp_cell_run_step(r, &cv, &s, err)) != ITP_OK) return st;
        add(out, &s);
        out->held_s += s.duration_s;
        out->complete = s.event == ITP_CELL_CHARGE_ABOVE;
        if (!out->complete) break;
    }
    out->complete = out->complete && out->end == ITP_END_CUTOFF;
    out->soc = soc_of(r);
    return ITP_OK;
}
