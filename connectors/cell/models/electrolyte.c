/* electrolyte.c - salt and charge across the cell, by fluxes at the faces between its cells.
 *   eps du/dt = d/dx (D du/dx) + (1 - t+) a j / (1000 F)
 *   i_e = kappa (2 (1 - t+) chi RT/F d ln u/dx - d phi_e/dx),   d i_e/dx = a j
 *   i_s = -sigma d phi_s/dx,                                    d i_s/dx = -a j
 * The coefficients of the faces are in physics.c: flux is continuous across the ends of the
 * separator, and V converges at second order there too.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "equations.h"

/* Source of current into the electrolyte in a cell, A/m2: a j dx; 0 in the separator. SPMe spreads
 * its site evenly. Gives the site, or NULL. */
static const itp_cell_block *site_of(const itp_cell_model *m, size_t i, int *which, size_t *site)
{
    for (int w = 0; w < 2; w++) {
        const itp_cell_block *b = &m->block[w];
        if (i >= b->cell && i < b->cell + b->cells) {
            *which = w;
            *site = m->o.fidelity == ITP_CELL_DFN ? i - b->cell : 0;
            return b;
        }
    }
    return NULL;
}

static double source(const itp_eval *e, size_t i)
{
    int which;
    size_t site;
    const itp_cell_block *b = site_of(e->m, i, &which, &site);
    if (!b) return 0;
    return itp_site_area(e->m, which, site, e->y, NULL) * e->m->dx[i] *
           itp_site_current(b, e->y + itp_cell_at(b, site, 0));
}

static void source_row(const itp_eval *e, size_t i, size_t row, double factor, itp_sparse *s)
{
    int which;
    size_t site;
    const itp_cell_block *b = site_of(e->m, i, &which, &site);
    if (!b) return;
    double slope, area = itp_site_area(e->m, which, site, e->y, &slope);
    itp_site_current_row(b, site, row, factor * area * e->m->dx[i], s);
    if (b->eps != ITP_CELL_NONE)
        itp_sparse_add(s, row, itp_cell_at(b, site, b->eps),
                       factor * slope * e->m->dx[i] *
                           itp_site_current(b, e->y + itp_cell_at(b, site, 0)));
}

/* --- salt --- */
static double salt_gain(const itp_cell_model *m)
{
    return (1 - m->p.transference) / (ITP_CELL_F * ITP_CELL_C_REF);
}

void itp_salt_residual(const itp_eval *e)
{
    const itp_cell_model *m = e->m;
    const double *u = e->y + m->i_salt, *up = e->yp + m->i_salt;
    double *f = e->f + m->i_salt, in = 0, gain = salt_gain(m);
    for (size_t i = 0; i < m->nx; i++) {
        double out = 0;
        if (i + 1 < m->nx) out = m->salt.diff[i].g * (u[i] - u[i + 1]);
        f[i] = up[i] - (in - out + gain * source(e, i)) / (m->pore[i] * m->dx[i]);
        in = out;
    }
}

void itp_salt_jacobian(const itp_eval *e, itp_sparse *s)
{
    const itp_cell_model *m = e->m;
    const double *u = e->y + m->i_salt;
    double gain = salt_gain(m);
    for (size_t i = 0; i < m->nx; i++) {
        size_t at = m->i_salt + i;
        double here = 1 / (m->pore[i] * m->dx[i]);
        itp_sparse_add(s, at, at, e->cj);
        source_row(e, i, at, -gain * here, s);
        if (i + 1 == m->nx) break;
        double next = 1 / (m->pore[i + 1] * m->dx[i + 1]), rise = u[i] - u[i + 1];
        const itp_cell_face *q = &m->salt.diff[i];
        double d_left = q->g + q->d_left * rise, d_right = -q->g + q->d_right * rise;
        itp_sparse_add(s, at, at, here * d_left);
        itp_sparse_add(s, at, at + 1, here * d_right);
        itp_sparse_add(s, at + 1, at, -next * d_left);
        itp_sparse_add(s, at + 1, at + 1, -next * d_right);
    }
}

/* --- charge (DFN) --- */
static double concentration_drop(const itp_eval *e)
{
    return 2 * (1 - e->m->p.transference) * e->m->p.thermodynamic * e->k.rt_f;
}

static void electrolyte_charge(const itp_eval *e)
{
    const itp_cell_model *m = e->m;
    const itp_cell_salt *q = &m->salt;
    const double *phi = e->y + m->i_phi_e;
    double in = 0, drop = concentration_drop(e);
    for (size_t i = 0; i < m->nx; i++) {
        double out = 0;
        if (i + 1 < m->nx)
            out = q->kappa[i].g * (drop * (q->log_u[i + 1] - q->log_u[i]) - (phi[i + 1] - phi[i]));
        e->f[m->i_phi_e + i] = out - in - source(e, i);
        in = out;
    }
}

/* Solid potential is 0 at the negative collector; the whole current leaves at the positive one. */
static void solid_charge(const itp_eval *e, int which)
{
    const itp_cell_model *m = e->m;
    const itp_cell_block *b = &m->block[which];
    double sigma = itp_solid_conductivity(b->par), in = 0;
    if (which == 0) in = -2 * sigma / m->dx[0] * e->y[itp_cell_at(b, 0, b->phi)];
    for (size_t k = 0; k < b->sites; k++) {
        size_t at = itp_cell_at(b, k, b->phi), i = b->cell + k;
        double out = 0;
        if (k + 1 < b->sites)
            out = 2 * sigma / (m->dx[i] + m->dx[i + 1]) * (e->y[at] - e->y[at + b->stride]);
        else if (which == 1)
            out = e->y[m->i_current] / m->area;
        e->f[at] = out - in + source(e, i);
        in = out;
    }
}

void itp_charge_residual(const itp_eval *e)
{
    electrolyte_charge(e);
    solid_charge(e, 0);
    solid_charge(e, 1);
}

static void electrolyte_charge_jacobian(const itp_eval *e, itp_sparse *s)
{
    const itp_cell_model *m = e->m;
    const itp_cell_salt *q = &m->salt;
    const double *phi = e->y + m->i_phi_e;
    double drop = concentration_drop(e);
    for (size_t i = 0; i < m->nx; i++) {
        size_t at = m->i_phi_e + i;
        source_row(e, i, at, -1, s);
        if (i + 1 == m->nx) break;
        const itp_cell_face *g = &q->kappa[i];
        double force = drop * (q->log_u[i + 1] - q->log_u[i]) - (phi[i + 1] - phi[i]);
        double d_left = g->d_left * force - g->g * drop * q->d_log_u[i];
        double d_right = g->d_right * force + g->g * drop * q->d_log_u[i + 1];
        for (int side = 0; side < 2; side++) { /* the flux leaves i and enters i + 1 */
            size_t row = at + (size_t)side;
            double sign = side == 0 ? 1 : -1;
            itp_sparse_add(s, row, at, sign * g->g);
            itp_sparse_add(s, row, at + 1, -sign * g->g);
            itp_sparse_add(s, row, m->i_salt + i, sign * d_left);
            itp_sparse_add(s, row, m->i_salt + i + 1, sign * d_right);
        }
    }
}

static void solid_charge_jacobian(const itp_eval *e, int which, itp_sparse *s)
{
    const itp_cell_model *m = e->m;
    const itp_cell_block *b = &m->block[which];
    double sigma = itp_solid_conductivity(b->par);
    if (which == 0) {
        size_t at = itp_cell_at(b, 0, b->phi);
        itp_sparse_add(s, at, at, 2 * sigma / m->dx[0]);
    }
    for (size_t k = 0; k < b->sites; k++) {
        size_t at = itp_cell_at(b, k, b->phi), i = b->cell + k;
        source_row(e, i, at, 1, s);
        if (k + 1 == b->sites) {
            if (which == 1) itp_sparse_add(s, at, m->i_current, 1 / m->area);
            break;
        }
        double g = 2 * sigma / (m->dx[i] + m->dx[i + 1]);
        itp_sparse_add(s, at, at, g);
        itp_sparse_add(s, at, at + b->stride, -g);
        itp_sparse_add(s, at + b->stride, at, -g);
        itp_sparse_add(s, at + b->stride, at + b->stride, g);
    }
}

void itp_charge_jacobian(const itp_eval *e, itp_sparse *s)
{
    electrolyte_charge_jacobian(e, s);
    solid_charge_jacobian(e, 0, s);
    solid_charge_jacobian(e, 1, s);
}
