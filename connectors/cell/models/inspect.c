/* inspect.c - what a state says: averages, lithium by place, margins.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "equations.h"

static double site_mean(const itp_cell_block *b, const double *site)
{
    double sum = 0;
    for (size_t i = 0; i < b->sphere.n; i++) sum += b->sphere.volume[i] * site[i];
    return 3 * sum;
}

static double active(const itp_cell_block *b, const double *site)
{
    return b->eps == ITP_CELL_NONE ? b->par->active : site[b->eps];
}

double itp_cell_average(const itp_cell_model *m, int which, const double *y)
{
    const itp_cell_block *b = &m->block[which];
    double sum = 0, weight = 0;
    for (size_t k = 0; k < b->sites; k++) {
        const double *site = y + itp_cell_at(b, k, 0);
        double w = itp_site_width(m, which, k) * active(b, site);
        sum += w * site_mean(b, site);
        weight += w;
    }
    return sum / weight;
}

double itp_cell_surface(const itp_cell_model *m, int which, const double *y)
{
    const itp_cell_block *b = &m->block[which];
    double sum = 0;
    for (size_t k = 0; k < b->sites; k++)
        sum += itp_site_width(m, which, k) * y[itp_cell_at(b, k, b->surf)];
    return sum / b->par->thickness;
}

void itp_cell_lithium(const itp_cell_model *m, const double *y, itp_cell_inventory *out)
{
    *out = (itp_cell_inventory){0};
    double *in[2] = {&out->negative, &out->positive};
    for (int w = 0; w < 2; w++) {
        const itp_cell_block *b = &m->block[w];
        for (size_t k = 0; k < b->sites; k++) {
            const double *site = y + itp_cell_at(b, k, 0);
            double volume = m->area * itp_site_width(m, w, k);
            *in[w] += volume * active(b, site) * b->par->c_max * site_mean(b, site);
            if (b->growth != ITP_CELL_NONE)
                out->sei += volume * itp_site_area(m, w, k, y, NULL) * m->p.sei.lithium_ratio *
                            ITP_NANO * site[b->growth] / m->p.sei.molar_volume;
            if (b->plated != ITP_CELL_NONE) out->plated += volume * site[b->plated];
            if (b->dead != ITP_CELL_NONE) out->dead += volume * site[b->dead];
            if (b->isolated != ITP_CELL_NONE) out->isolated += volume * site[b->isolated];
        }
    }
    for (size_t i = 0; i < m->nx; i++)
        out->electrolyte += m->area * m->dx[i] * m->pore[i] * ITP_CELL_C_REF * y[m->i_salt + i];
    out->total = out->negative + out->positive + out->electrolyte + out->sei + out->plated +
                 out->dead + out->isolated;
    out->sei_charge = out->sei * ITP_CELL_F / 3600;
    out->plated_charge = (out->plated + out->dead) * ITP_CELL_F / 3600;
}

double itp_cell_temperature(const itp_cell_model *m, const double *y)
{
    return m->i_heat == ITP_CELL_NONE ? m->p.t_ambient : y[m->i_heat];
}

double itp_cell_plating_margin(const itp_cell_model *m, const double *y)
{
    const itp_cell_block *b = &m->block[0];
    double lowest = INFINITY;
    for (size_t k = 0; k < b->sites; k++) {
        const double *site = y + itp_cell_at(b, k, 0);
        double phi = site[b->phi], growth = b->growth == ITP_CELL_NONE ? 0 : site[b->growth];
        if (m->i_phi_e != ITP_CELL_NONE) phi -= y[m->i_phi_e + b->cell + k];
        phi -= itp_site_current(b, site) * itp_film(m, 0, growth, NULL);
        lowest = fmin(lowest, phi);
    }
    return lowest;
}

double itp_cell_lowest_salt(const itp_cell_model *m, const double *y)
{
    double lowest = m->nx ? INFINITY : m->p.c_e / ITP_CELL_C_REF;
    for (size_t i = 0; i < m->nx; i++) lowest = fmin(lowest, y[m->i_salt + i]);
    return ITP_CELL_C_REF * lowest;
}

double itp_cell_sei_thickness(const itp_cell_model *m, size_t site, const double *y)
{
    const itp_cell_block *b = &m->block[0];
    return b->growth == ITP_CELL_NONE ? 0
                                      : itp_sei_thickness(m, y[itp_cell_at(b, site, b->growth)]);
}

double itp_cell_active_left(const itp_cell_model *m, int which, const double *y)
{
    const itp_cell_block *b = &m->block[which];
    double sum = 0;
    for (size_t k = 0; k < b->sites; k++)
        sum += itp_site_width(m, which, k) * active(b, y + itp_cell_at(b, k, 0));
    return sum / (b->par->thickness * b->par->active);
}

/* C d(phi)/dt beside a j in the charge balances. */
void itp_cell_double_layer(const itp_cell_model *m, itp_sparse *s)
{
    for (int w = 0; w < 2; w++) {
        const itp_cell_block *b = &m->block[w];
        double c = b->par->double_layer;
        for (size_t k = 0; k < b->sites; k++) {
            size_t at = itp_cell_at(b, k, 0);
            if (m->o.fidelity != ITP_CELL_DFN) {
                itp_sparse_add(s, at + b->j, at + b->phi, c);
                continue;
            }
            double per = c * 3 * b->par->active / b->par->radius * m->dx[b->cell + k];
            size_t e = m->i_phi_e + b->cell + k;
            itp_sparse_add(s, at + b->phi, at + b->phi, per);
            itp_sparse_add(s, at + b->phi, e, -per);
            itp_sparse_add(s, e, at + b->phi, -per);
            itp_sparse_add(s, e, e, per);
        }
    }
}
