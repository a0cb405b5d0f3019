/* layout.c - which unknowns a model has, where they are, and how finely they are resolved.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "equations.h"
#include "model.h"
#include "physics.h"

#define MAX_CELLS 2000

itp_cell_options itp_cell_defaults(itp_cell_fidelity fidelity)
{
    static const struct {
        size_t neg, sep, pos, shells;
        double tolerance;
    } MESH[] = {{0, 0, 0, 20, 5e-6}, {28, 4, 28, 18, 5e-6}, {32, 4, 28, 12, 1e-5}};
    return (itp_cell_options){.fidelity = fidelity,
                              .n_neg = MESH[fidelity].neg,
                              .n_sep = MESH[fidelity].sep,
                              .n_pos = MESH[fidelity].pos,
                              .r_neg = MESH[fidelity].shells,
                              .r_pos = MESH[fidelity].shells,
                              .tolerance = MESH[fidelity].tolerance};
}

static void complete(itp_cell_options *o)
{
    itp_cell_options d = itp_cell_defaults(o->fidelity);
    if (!o->n_neg) o->n_neg = d.n_neg;
    if (!o->n_sep) o->n_sep = d.n_sep;
    if (!o->n_pos) o->n_pos = d.n_pos;
    if (!o->r_neg) o->r_neg = d.r_neg;
    if (!o->r_pos) o->r_pos = d.r_pos;
    if (!(o->tolerance > 0)) o->tolerance = d.tolerance;
    if (o->fidelity == ITP_CELL_SPM) o->n_neg = o->n_sep = o->n_pos = 0;
}

/* Ratio of neighbouring shells: the outermost is a small part of the radius, since the first second
 * of a step happens there; with many shells it shrinks further, for impedance at high frequency. */
static double stretch_for(size_t n)
{
    const double outer = 0.005 * fmin(1, pow(20.0 / (double)n, 3));
    double low = 1, high = 4;
    for (int i = 0; i < 60; i++) {
        double q = 0.5 * (low + high), sum = 0, width = 1;
        for (size_t k = 0; k < n; k++, width *= q) sum += width;
        if (1 / sum > outer)
            low = q;
        else
            high = q;
    }
    return fmax(1, low);
}

static size_t take(size_t *next, int wanted)
{
    return wanted ? (*next)++ : ITP_CELL_NONE;
}

static itp_status lay_block(itp_cell_model *m, int which, size_t shells, size_t cells, size_t *n)
{
    itp_cell_block *b = &m->block[which];
    const itp_cell_options *o = &m->o;
    b->par = which == 0 ? &m->p.neg : &m->p.pos;
    b->sign = which == 0 ? 1 : -1;
    b->cells = cells;
    b->cell = which == 0 ? 0 : o->n_neg + o->n_sep;
    b->sites = o->fidelity == ITP_CELL_DFN ? cells : 1;
    size_t next = shells;
    b->surf = take(&next, 1);
    b->j = take(&next, 1);
    b->phi = take(&next, 1);
    b->j_sei = take(&next, which == 0 && o->sei != ITP_SEI_NONE);
    b->growth = take(&next, which == 0 && o->sei != ITP_SEI_NONE);
    b->j_pl = take(&next, which == 0 && o->plating != ITP_PLATING_NONE);
    b->plated = take(&next, which == 0 && o->plating != ITP_PLATING_NONE);
    b->dead = take(&next, which == 0 && o->plating == ITP_PLATING_PARTIAL);
    b->eps = take(&next, o->lam == ITP_CELL_ON);
    b->isolated = take(&next, o->lam == ITP_CELL_ON);
    b->stride = next;
    b->first = *n;
    *n += b->sites * b->stride;
    return itp_sphere_init(&b->sphere, shells, stretch_for(shells));
}

static itp_status lay_slab(itp_cell_model *m)
{
    const itp_cell_options *o = &m->o;
    const itp_cell_parameters *p = &m->p;
    m->nx = o->n_neg + o->n_sep + o->n_pos;
    double *all = calloc(11 * m->nx + 1, sizeof *all);
    m->dx = all; /* one allocation; the others follow */
    if (!all) return ITP_ENOMEM;
    m->pore = all + m->nx, m->transport = all + 2 * m->nx;
    m->salt.log_u = all + 3 * m->nx, m->salt.d_log_u = all + 4 * m->nx;
    m->salt.diff = (itp_cell_face *)(void *)(all + 5 * m->nx);
    m->salt.kappa = m->salt.diff + m->nx;
    if (m->nx == 0) return ITP_OK;
    itp_slab_widths(o->n_neg, p->neg.thickness, m->dx);
    itp_slab_widths(o->n_sep, p->sep_thickness, m->dx + o->n_neg);
    itp_slab_widths(o->n_pos, p->pos.thickness, m->dx + o->n_neg + o->n_sep);
    for (size_t i = 0; i < m->nx; i++) {
        int neg = i < o->n_neg, pos = i >= o->n_neg + o->n_sep;
        m->pore[i] = neg ? p->neg.porosity : pos ? p->pos.porosity : p->sep_porosity;
        double b = neg   ? p->neg.bruggeman_electrolyte
                   : pos ? p->pos.bruggeman_electrolyte
                         : p->sep_bruggeman;
        m->transport[i] = pow(m->pore[i], b);
    }
    return ITP_OK;
}

/* Layers' heat capacity a volume, times the cell's volume. */
static double heat_mass(const itp_cell_parameters *p)
{
    double length =
        p->neg_foil + p->neg.thickness + p->sep_thickness + p->pos.thickness + p->pos_foil;
    double heat = p->neg_foil * p->neg_foil_density * p->neg_foil_heat +
                  p->neg.thickness * p->neg.density * p->neg.heat_capacity +
                  p->sep_thickness * p->sep_density * p->sep_heat_capacity +
                  p->pos.thickness * p->pos.density * p->pos.heat_capacity +
                  p->pos_foil * p->pos_foil_density * p->pos_foil_heat;
    return heat / length * p->volume;
}

static void mark_block(itp_cell_model *m, const itp_cell_block *b)
{
    for (size_t k = 0; k < b->sites; k++) {
        size_t at = itp_cell_at(b, k, 0);
        for (size_t i = 0; i < b->sphere.n; i++) {
            m->differential[at + i] = 1;
            m->atol[at + i] = 1;
        }
        m->atol[at + b->surf] = 1;
        m->atol[at + b->j] = 1;
        m->atol[at + b->phi] = 1;
        if (b->j_sei != ITP_CELL_NONE) {
            m->atol[at + b->j_sei] = 1;
            m->differential[at + b->growth] = 1;
            m->atol[at + b->growth] = 1e-4;
        }
        if (b->j_pl != ITP_CELL_NONE) {
            m->atol[at + b->j_pl] = 1;
            m->differential[at + b->plated] = 1;
            m->atol[at + b->plated] = 1;
        }
        if (b->dead != ITP_CELL_NONE) {
            m->differential[at + b->dead] = 1;
            m->atol[at + b->dead] = 1;
        }
        if (b->eps != ITP_CELL_NONE) {
            m->differential[at + b->eps] = 1;
            m->atol[at + b->eps] = 1e-2;
            m->differential[at + b->isolated] = 1;
            m->atol[at + b->isolated] = 1e3;
        }
    }
}

static void mark(itp_cell_model *m)
{
    mark_block(m, &m->block[0]);
    mark_block(m, &m->block[1]);
    for (size_t i = 0; i < m->nx; i++) {
        m->differential[m->i_salt + i] = 1;
        m->atol[m->i_salt + i] = 1;
        if (m->i_phi_e != ITP_CELL_NONE) m->atol[m->i_phi_e + i] = 1;
    }
    m->atol[m->i_current] = m->p.nominal;
    m->atol[m->i_voltage] = 1;
    m->atol[m->i_charge] = m->p.nominal;
    m->differential[m->i_charge] = 1;
    if (m->i_heat != ITP_CELL_NONE) {
        m->differential[m->i_heat] = 1;
        m->atol[m->i_heat] = 1;
    }
}

static itp_status lay(itp_cell_model *m)
{
    itp_status st;
    if ((st = lay_slab(m)) != ITP_OK) return st;
    size_t n = 0;
    if ((st = lay_block(m, 0, m->o.r_neg, m->o.n_neg, &n)) != ITP_OK) return st;
    if ((st = lay_block(m, 1, m->o.r_pos, m->o.n_pos, &n)) != ITP_OK) return st;
    m->i_salt = m->nx ? n : ITP_CELL_NONE;
    n += m->nx;
    m->i_phi_e = m->o.fidelity == ITP_CELL_DFN ? n : ITP_CELL_NONE;
    n += m->o.fidelity == ITP_CELL_DFN ? m->nx : 0;
    m->i_current = n++, m->i_voltage = n++, m->i_charge = n++;
    m->i_heat = take(&n, m->o.thermal == ITP_CELL_ON);
    m->n = n;
    m->differential = calloc(n, sizeof *m->differential);
    m->atol = calloc(n, sizeof *m->atol);
    m->scratch = calloc(4 * n, sizeof *m->scratch);
    if (!m->differential || !m->atol || !m->scratch) return ITP_ENOMEM;
    mark(m);
    itp_sparse_init(&m->jac, n);
    itp_cell_initialise(m, 0.5, 0.5, m->p.t_initial, m->scratch + 2 * n);
    itp_cell_jacobian(m, 1, m->scratch + 2 * n, m->scratch + 3 * n);
    return itp_sparse_compress(&m->jac);
}

itp_status itp_cell_model_create(itp_cell_model **out, const itp_cell_parameters *p,
                                 const itp_cell_options *options, itp_error *err)
{
    itp_status st = itp_cell_check(p, err);
    if (st != ITP_OK) return st;
    itp_cell_options o = *options;
    complete(&o);
    if (o.r_neg < ITP_SPHERE_MIN || o.r_pos < ITP_SPHERE_MIN || o.r_neg > MAX_CELLS ||
        o.r_pos > MAX_CELLS || o.n_neg > MAX_CELLS || o.n_sep > MAX_CELLS || o.n_pos > MAX_CELLS)
        return itp_fail(err, ITP_ERANGE, "mesh: %d to %d shells and at most %d cells are allowed",
                        ITP_SPHERE_MIN, MAX_CELLS, MAX_CELLS);
    if (!(o.tolerance >= 1e-12 && o.tolerance <= 1e-2))
        return itp_fail(err, ITP_ERANGE, "tolerance %g is outside 1e-12 to 1e-2", o.tolerance);
    itp_cell_model *m = calloc(1, sizeof *m);
    if (!m) return itp_fail(err, ITP_ENOMEM, "cell model");
    m->p = *p;
    m->o = o;
    m->area = p->area * p->parallel;
    m->heat_mass = heat_mass(p);
    if ((st = lay(m)) != ITP_OK) {
        itp_cell_model_destroy(m);
        return itp_fail(err, st, "cell model");
    }
    *out = m;
    return ITP_OK;
}

void itp_cell_model_destroy(itp_cell_model *m)
{
    if (!m) return;
    itp_sphere_deinit(&m->block[0].sphere);
    itp_sphere_deinit(&m->block[1].sphere);
    itp_sparse_deinit(&m->jac);
    free(m->dx);
    free(m->differential);
    free(m->atol);
    free(m->scratch);
    free(m);
}

void itp_cell_initialise(const itp_cell_model *m, double sto_neg, double sto_pos,
                         double temperature, double *y)
{
    const double sto[2] = {sto_neg, sto_pos};
    double u_0 = m->p.c_e / ITP_CELL_C_REF, ocp[2];
    memset(y, 0, m->n * sizeof *y);
    for (int w = 0; w < 2; w++) {
        const itp_cell_block *b = &m->block[w];
        ocp[w] = itp_cell_ocp(b->par, sto[w], NULL) +
                 (temperature - m->p.t_ref) * itp_curve_at(&b->par->entropic, sto[w], NULL);
    }
    for (int w = 0; w < 2; w++) {
        const itp_cell_block *b = &m->block[w];
        for (size_t k = 0; k < b->sites; k++) {
            double *site = y + itp_cell_at(b, k, 0);
            for (size_t i = 0; i < b->sphere.n; i++) site[i] = sto[w];
            site[b->surf] = sto[w];
            /* DFN: phi_s is 0 in the whole negative electrode, the OCV in the positive. */
            site[b->phi] = m->i_phi_e == ITP_CELL_NONE ? ocp[w] : w == 0 ? 0 : ocp[1] - ocp[0];
            if (b->plated != ITP_CELL_NONE) site[b->plated] = m->p.plating.initial;
            if (b->eps != ITP_CELL_NONE) site[b->eps] = b->par->active;
        }
    }
    for (size_t i = 0; i < m->nx; i++) {
        y[m->i_salt + i] = u_0;
        if (m->i_phi_e != ITP_CELL_NONE) y[m->i_phi_e + i] = -ocp[0];
    }
    y[m->i_voltage] = ocp[1] - ocp[0];
    if (m->i_heat != ITP_CELL_NONE) y[m->i_heat] = temperature;
}
