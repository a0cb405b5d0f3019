/* parameters.c - the fields by name, and what makes a set of them physical.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "parameters.h"

#include <math.h>
#include <string.h>

static const itp_cell_field FIELDS[] = {
#define X(member, name, unit, low, high, published)                                                \
    {name, unit, published, offsetof(itp_cell_parameters, member), low, high},
    ITP_CELL_FIELDS(X)
#undef X
        {NULL, NULL, NULL, 0, 0, 0}};

const itp_cell_field *itp_cell_fields(void)
{
    return FIELDS;
}

static const itp_cell_field *find(const char *name)
{
    for (const itp_cell_field *f = FIELDS; f->name; f++)
        if (!strcmp(f->name, name)) return f;
    return NULL;
}

static double *member(itp_cell_parameters *p, const itp_cell_field *f)
{
    return (double *)(void *)((char *)p + f->offset);
}

const double *itp_cell_get(const itp_cell_parameters *p, const char *name)
{
    const itp_cell_field *f = find(name);
    return f ? (const double *)(const void *)((const char *)p + f->offset) : NULL;
}

static itp_status check_range(const itp_cell_field *f, double value, itp_error *err)
{
    if (value >= f->low && value <= f->high) return ITP_OK;
    return itp_fail(err, ITP_ERANGE, "%s = %g %s is outside its physical range, %g to %g", f->name,
                    value, f->unit, f->low, f->high);
}

itp_status itp_cell_set(itp_cell_parameters *p, const char *name, double value, itp_error *err)
{
    const itp_cell_field *f = find(name);
    if (!f) return itp_fail(err, ITP_ENOTFOUND, "%s is not a parameter of the cell", name);
    itp_status st = check_range(f, value, err);
    if (st == ITP_OK) *member(p, f) = value;
    return st;
}

static itp_status check_electrode(const itp_cell_electrode *e, const char *name, itp_error *err)
{
    if (e->porosity + e->active > 1 + 1e-9)
        return itp_fail(err, ITP_ERANGE,
                        "%s electrode: porosity %g and active fraction %g add up to more than 1",
                        name, e->porosity, e->active);
    if (e->c_init > e->c_max)
        return itp_fail(err, ITP_ERANGE,
                        "%s electrode: initial concentration %g exceeds the maximum %g mol m-3",
                        name, e->c_init, e->c_max);
    for (int i = 1; i < 40; i++) {
        double s = i / 40.0, shape = itp_curve_at(&e->shape, s, NULL);
        if (!isfinite(itp_curve_at(&e->ocp, s, NULL)) ||
            !isfinite(itp_curve_at(&e->entropic, s, NULL)) || !(shape > 0) || !isfinite(shape))
            return itp_fail(err, ITP_ERANGE,
                            "%s electrode: a curve is not finite (or a diffusivity not positive) "
                            "at stoichiometry %g",
                            name, s);
    }
    return ITP_OK;
}

itp_status itp_cell_check(const itp_cell_parameters *p, itp_error *err)
{
    itp_status st;
    for (const itp_cell_field *f = FIELDS; f->name; f++)
        if ((st = check_range(f, *(const double *)(const void *)((const char *)p + f->offset),
                              err)) != ITP_OK)
            return st;
    if (p->v_low >= p->v_high)
        return itp_fail(err, ITP_ERANGE, "lower_cutoff %g V is not below upper_cutoff %g V",
                        p->v_low, p->v_high);
    if (p->v_empty >= p->v_full)
        return itp_fail(err, ITP_ERANGE, "empty_voltage %g V is not below full_voltage %g V",
                        p->v_empty, p->v_full);
    if ((st = check_electrode(&p->neg, "negative", err)) != ITP_OK) return st;
    if ((st = check_electrode(&p->pos, "positive", err)) != ITP_OK) return st;
    double low = fmin(10, p->c_e), kappa = itp_curve_at(&p->conductivity, low, NULL);
    double diff = itp_curve_at(&p->diffusivity, low, NULL);
    double kappa_0 = itp_curve_at(&p->conductivity, p->c_e, NULL);
    double diff_0 = itp_curve_at(&p->diffusivity, p->c_e, NULL);
    if (!(kappa > 0 && diff > 0 && kappa_0 > 0 && diff_0 > 0 && isfinite(kappa + diff) &&
          isfinite(kappa_0 + diff_0)))
        return itp_fail(err, ITP_ERANGE,
                        "electrolyte: conductivity or diffusivity is not positive between %g and "
                        "%g mol m-3",
                        low, p->c_e);
    return ITP_OK;
}

/* Every OCP has the term 1e-6 (1/s + 1/(s - 1)) V: nothing inside, a wall at both ends, so that no
 * particle is emptied or overfilled whatever the published fit does there. */
double itp_cell_ocp(const itp_cell_electrode *e, double sto, double *slope)
{
    static const double WALL = 1e-6, EDGE = 1e-10;
    double s = fmin(fmax(sto, EDGE), 1 - EDGE), du;
    double u = itp_curve_at(&e->ocp, s, &du);
    if (slope) *slope = du - WALL / (s * s) - WALL / ((s - 1) * (s - 1));
    return u + WALL / s + WALL / (s - 1);
}
