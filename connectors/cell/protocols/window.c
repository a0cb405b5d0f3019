/* window.c - one unknown: the negative stoichiometry x; lithium conservation gives the positive.
 *   n = Q_n x + Q_p y,   OCV(x) = U_p((n - Q_n x) / Q_p) - U_n(x) rises with x: bisection
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "window.h"

#include <math.h>

typedef struct balance {
    const itp_cell_parameters *p;
    double q_n, q_p, n; /* mol a m2 */
} balance;

static double positive(const balance *b, double x)
{
    return (b->n - b->q_n * x) / b->q_p;
}

static double ocv(const balance *b, double x)
{
    return itp_cell_ocp(&b->p->pos, positive(b, x), NULL) - itp_cell_ocp(&b->p->neg, x, NULL);
}

static itp_status solve(const balance *b, double v, const char *what, double *x, itp_error *err)
{
    static const double EDGE = 1e-4; /* nearer, it is the wall of itp_cell_ocp that answers */
    double low = fmax(0, (b->n - b->q_p) / b->q_n) + EDGE, high = fmin(1, b->n / b->q_n) - EDGE;
    if (!(low < high) || !(ocv(b, low) <= v) || !(ocv(b, high) >= v))
        return itp_fail(err, ITP_ERANGE,
                        "the cell's lithium cannot bring its open-circuit voltage to %s = %g V",
                        what, v);
    for (int i = 0; i < 200 && high - low > 1e-15; i++) {
        double mid = 0.5 * (low + high);
        if (ocv(b, mid) < v)
            low = mid;
        else
            high = mid;
    }
    *x = 0.5 * (low + high);
    return ITP_OK;
}

itp_status itp_cell_window_of(const itp_cell_parameters *p, itp_cell_window *out, itp_error *err)
{
    balance b = {.p = p};
    b.q_n = p->neg.thickness * p->neg.active * p->neg.c_max;
    b.q_p = p->pos.thickness * p->pos.active * p->pos.c_max;
    b.n = b.q_n * p->neg.c_init / p->neg.c_max + b.q_p * p->pos.c_init / p->pos.c_max;
    itp_cell_window w;
    itp_status st;
    if ((st = solve(&b, p->v_empty, "empty_voltage", &w.neg_empty, err)) != ITP_OK) return st;
    if ((st = solve(&b, p->v_full, "full_voltage", &w.neg_full, err)) != ITP_OK) return st;
    w.pos_empty = positive(&b, w.neg_empty);
    w.pos_full = positive(&b, w.neg_full);
    w.capacity = b.q_n * (w.neg_full - w.neg_empty) * p->area * p->parallel * ITP_CELL_F / 3600;
    *out = w;
    return ITP_OK;
}
