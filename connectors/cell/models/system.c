/* system.c - the whole residual and Jacobian: sites, electrolyte, voltage, control, heat.
 *   V (SPM)   phi_p - phi_n - I R
 *   V (SPMe)  the same + 2 (1 - t+) chi RT/F (<ln u>_p - <ln u>_n)
 *             - I/A (L_n/3 kappa_n + L_s/kappa_s + L_p/3 kappa_p) - I/3A (L_n/sigma_n +
 * L_p/sigma_p) kappa at the average concentration (Marquis et al. 2019, composite form) V (DFN)
 * phi_s at the positive collector - I R Heat      C dT/dt = -I V - sum a j (U - T dU/dT) - h A (T -
 * T_ambient): what the cell's chemistry gives and the terminals do not, plus the reversible heat
 * (Bernardi et al. 1985) SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <math.h>

#include "equations.h"

double itp_solid_conductivity(const itp_cell_electrode *e)
{
    return e->conductivity * pow(e->active, e->bruggeman_solid);
}

/* Ohmic resistance of SPMe's electrolyte and solids times area, and its derivative by mean salt. */
static double spme_ohm(const itp_eval *e, double *slope)
{
    const itp_cell_model *m = e->m;
    const itp_cell_parameters *p = &m->p;
    double mean = 0, length = 0;
    for (size_t i = 0; i < m->nx; i++) {
        mean += m->dx[i] * e->y[m->i_salt + i];
        length += m->dx[i];
    }
    mean /= length;
    double d_kappa, c = ITP_CELL_C_REF * fmax(mean, 1e-2);
    double kappa = itp_curve_at(&p->conductivity, c, &d_kappa) * e->k.salt_kappa;
    d_kappa *= e->k.salt_kappa * (mean > 1e-2 ? ITP_CELL_C_REF : 0);
    double path = p->neg.thickness / (3 * m->transport[0]) +
                  p->sep_thickness / m->transport[m->o.n_neg] +
                  p->pos.thickness / (3 * m->transport[m->nx - 1]);
    if (slope) *slope = -path * d_kappa / (kappa * kappa) / length;
    return path / kappa + p->neg.thickness / (3 * itp_solid_conductivity(&p->neg)) +
           p->pos.thickness / (3 * itp_solid_conductivity(&p->pos));
}

static double spme_drop(const itp_eval *e)
{
    return 2 * (1 - e->m->p.transference) * e->m->p.thermodynamic * e->k.rt_f;
}

/* Relative rise of u across cell i of an electrode, from its neighbours there, and how many cells
 * apart these are. */
static double rise_in(const itp_eval *e, const itp_cell_block *b, size_t i, size_t *left,
                      size_t *right)
{
    const itp_cell_model *m = e->m;
    const double *u = e->y + m->i_salt;
    *left = i > b->cell ? i - 1 : i;
    *right = i + 1 < b->cell + b->cells ? i + 1 : i;
    if (*left == *right) return 0;
    return (u[*right] - u[*left]) / (double)(*right - *left) * m->salt.d_log_u[i];
}

/* Average of ln u over an electrode. The variance of u within a cell, rise^2/12, is what makes the
 * mean of a logarithm differ from the logarithm of the mean; without it ten cells would not do. */
static double mean_log(const itp_eval *e, const itp_cell_block *b)
{
    const itp_cell_model *m = e->m;
    size_t left, right;
    double sum = 0;
    for (size_t i = b->cell; i < b->cell + b->cells; i++) {
        double rise = rise_in(e, b, i, &left, &right);
        sum += m->dx[i] * (m->salt.log_u[i] - rise * rise / 24);
    }
    return sum / b->par->thickness;
}

/* `factor` times its derivatives into a row. */
static void mean_log_row(const itp_eval *e, const itp_cell_block *b, size_t row, double factor,
                         itp_sparse *s)
{
    const itp_cell_model *m = e->m;
    for (size_t i = b->cell; i < b->cell + b->cells; i++) {
        size_t left, right;
        double rise = rise_in(e, b, i, &left, &right), d = m->salt.d_log_u[i];
        double w = factor * m->dx[i] / b->par->thickness;
        double apart = right > left ? (double)(right - left) : 1;
        double d_rise = -w * rise / 12 * d / apart;
        /* d(d ln u/du)/du is -d^2 above the floor of the logarithm and 0 below. */
        double inside = e->y[m->i_salt + i] * d > 0.999 ? d : 0;
        itp_sparse_add(s, row, m->i_salt + i, w * (d + rise * rise / 12 * inside));
        itp_sparse_add(s, row, m->i_salt + right, d_rise);
        itp_sparse_add(s, row, m->i_salt + left, -d_rise);
    }
}

static double voltage(const itp_eval *e)
{
    const itp_cell_model *m = e->m;
    const itp_cell_block *n = &m->block[0], *p = &m->block[1];
    double current = e->y[m->i_current], v = -current * m->p.contact_resistance;
    if (m->o.fidelity == ITP_CELL_DFN) {
        double half = 0.5 * m->dx[m->nx - 1] / itp_solid_conductivity(p->par);
        return v + e->y[itp_cell_at(p, p->sites - 1, p->phi)] - current / m->area * half;
    }
    v += e->y[itp_cell_at(p, 0, p->phi)] - e->y[itp_cell_at(n, 0, n->phi)];
    if (m->o.fidelity == ITP_CELL_SPM) return v;
    v += spme_drop(e) * (mean_log(e, p) - mean_log(e, n));
    return v - current / m->area * spme_ohm(e, NULL);
}

static void voltage_row(const itp_eval *e, itp_sparse *s)
{
    const itp_cell_model *m = e->m;
    const itp_cell_block *n = &m->block[0], *p = &m->block[1];
    size_t row = m->i_voltage;
    double d_current = m->p.contact_resistance;
    itp_sparse_add(s, row, row, 1);
    itp_sparse_add(s, row, itp_cell_at(p, p->sites - 1, p->phi), -1);
    if (m->o.fidelity == ITP_CELL_DFN)
        d_current += 0.5 * m->dx[m->nx - 1] / itp_solid_conductivity(p->par) / m->area;
    else
        itp_sparse_add(s, row, itp_cell_at(n, 0, n->phi), 1);
    if (m->o.fidelity == ITP_CELL_SPME) {
        double slope, ohm = spme_ohm(e, &slope);
        d_current += ohm / m->area;
        for (size_t i = 0; i < m->nx; i++)
            itp_sparse_add(s, row, m->i_salt + i, e->y[m->i_current] / m->area * slope * m->dx[i]);
        mean_log_row(e, n, row, spme_drop(e), s);
        mean_log_row(e, p, row, -spme_drop(e), s);
    }
    itp_sparse_add(s, row, m->i_current, d_current);
}

static void control_row(const itp_eval *e, itp_sparse *s)
{
    const itp_cell_model *m = e->m;
    itp_cell_mode mode = m->control.mode;
    double i = e->y[m->i_current], v = e->y[m->i_voltage];
    itp_sparse_add(s, m->i_current, m->i_current,
                   mode == ITP_CELL_CURRENT ? 1
                   : mode == ITP_CELL_POWER ? v
                                            : 0);
    itp_sparse_add(s, m->i_current, m->i_voltage,
                   mode == ITP_CELL_VOLTAGE ? 1
                   : mode == ITP_CELL_POWER ? i
                                            : 0);
    itp_sparse_add(s, m->i_charge, m->i_charge, e->cj);
    itp_sparse_add(s, m->i_charge, m->i_current, -1.0 / 3600);
}

static double heat(const itp_eval *e)
{
    const itp_cell_model *m = e->m;
    double sum = -e->y[m->i_current] * e->y[m->i_voltage];
    for (int w = 0; w < 2; w++) {
        const itp_cell_block *b = &m->block[w];
        for (size_t k = 0; k < b->sites; k++) {
            const double *site = e->y + itp_cell_at(b, k, 0);
            double s = site[b->surf], slope;
            double entropic = itp_curve_at(&b->par->entropic, fmin(fmax(s, 0), 1), &slope);
            double u = itp_cell_ocp(b->par, s, NULL) + (e->k.t - m->p.t_ref) * entropic;
            double area = itp_site_area(m, w, k, e->y, NULL) * itp_site_width(m, w, k) * m->area;
            sum -= area * itp_site_current(b, site) * (u - e->k.t * entropic);
        }
    }
    return sum;
}

static void fill(const itp_eval *e)
{
    const itp_cell_model *m = e->m;
    itp_site_residual(e, 0);
    itp_site_residual(e, 1);
    if (m->nx) itp_salt_residual(e);
    if (m->o.fidelity == ITP_CELL_DFN) itp_charge_residual(e);
    double i = e->y[m->i_current], v = e->y[m->i_voltage];
    e->f[m->i_voltage] = v - voltage(e);
    e->f[m->i_current] = (m->control.mode == ITP_CELL_CURRENT   ? i
                          : m->control.mode == ITP_CELL_VOLTAGE ? v
                                                                : i * v) -
                         m->control.target;
    e->f[m->i_charge] = e->yp[m->i_charge] - i / 3600;
    if (m->i_heat == ITP_CELL_NONE) return;
    double cooling = m->p.heat_transfer * m->p.cooling_area * (e->y[m->i_heat] - m->p.t_ambient);
    e->f[m->i_heat] = e->yp[m->i_heat] - (heat(e) - cooling) / m->heat_mass;
}

static void prepare(itp_eval *e)
{
    const itp_cell_model *m = e->m;
    itp_climate_at(m, itp_cell_temperature(m, e->y), &e->k);
    if (m->nx) itp_salt_properties(m, &e->k, e->y);
}

void itp_cell_residual(const itp_cell_model *m, const double *y, const double *yp, double *f)
{
    itp_eval e = {.m = m, .y = y, .yp = yp, .f = f};
    prepare(&e);
    fill(&e);
}

/* The column of the temperature, by one difference of residuals: everything depends on it. */
static void heat_column(const itp_eval *at, itp_sparse *s)
{
    const itp_cell_model *m = at->m;
    double *base = m->scratch, *moved = m->scratch + m->n;
    static const double STEP = 1e-3; /* K: truncation and round-off are both below 1e-6 relative */
    itp_eval e = *at;
    e.f = base;
    fill(&e);
    itp_climate_at(m, at->k.t + STEP, &e.k);
    itp_salt_properties(m, &e.k, e.y);
    e.f = moved;
    fill(&e);
    itp_salt_properties(m, &at->k, e.y);
    for (size_t i = 0; i < m->n; i++) itp_sparse_add(s, i, m->i_heat, (moved[i] - base[i]) / STEP);
    itp_sparse_add(s, m->i_heat, m->i_heat,
                   at->cj + m->p.heat_transfer * m->p.cooling_area / m->heat_mass);
}

void itp_cell_jacobian(itp_cell_model *m, double cj, const double *y, const double *yp)
{
    itp_eval e = {.m = m, .y = y, .yp = yp, .cj = cj};
    prepare(&e);
    itp_site_jacobian(&e, 0, &m->jac);
    itp_site_jacobian(&e, 1, &m->jac);
    if (m->nx) itp_salt_jacobian(&e, &m->jac);
    if (m->o.fidelity == ITP_CELL_DFN) itp_charge_jacobian(&e, &m->jac);
    voltage_row(&e, &m->jac);
    control_row(&e, &m->jac);
    if (m->i_heat != ITP_CELL_NONE) heat_column(&e, &m->jac);
    assert(!m->jac.data || m->jac.cursor == m->jac.calls);
}
