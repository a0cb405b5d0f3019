/* param.c - one parameter on its own: its values, and those as a share of its range.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "space_inner.h"

int itp_param_ordered(const itp_param *p)
{
    return p->kind != ITP_CATEGORICAL;
}

static double scaled(const itp_param *p, double value)
{
    return p->scale == ITP_LOG ? log(value) : value;
}

static double lowest(const itp_param *p)
{
    return p->kind == ITP_DISCRETE ? p->levels[0] : p->low;
}

static double highest(const itp_param *p)
{
    return p->kind == ITP_DISCRETE ? p->levels[p->n_levels - 1] : p->high;
}

double itp_param_to_unit(const itp_param *p, double value)
{
    if (!itp_param_ordered(p)) return value;
    double low = scaled(p, lowest(p)), high = scaled(p, highest(p));
    if (!(high > low)) return 0;
    double u = (scaled(p, value) - low) / (high - low);
    return u < 0 ? 0 : u > 1 ? 1 : u;
}

double itp_param_from_unit(const itp_param *p, double u)
{
    if (!itp_param_ordered(p)) return u;
    double low = lowest(p), high = highest(p);
    if (u <= 0 || !(high > low)) return low;
    if (u >= 1) return high;
    double value =
        p->scale == ITP_LOG ? exp(log(low) + u * (log(high) - log(low))) : low + u * (high - low);
    return value < low ? low : value > high ? high : value;
}

static double nearest_level(const itp_param *p, double value)
{
    size_t best = 0;
    for (size_t i = 1; i < p->n_levels; i++)
        if (fabs(scaled(p, p->levels[i]) - scaled(p, value)) <
            fabs(scaled(p, p->levels[best]) - scaled(p, value)))
            best = i;
    return p->levels[best];
}

double itp_param_snap(const itp_param *p, double value)
{
    switch (p->kind) {
    case ITP_DISCRETE: return nearest_level(p, value);
    case ITP_CATEGORICAL: {
        double top = (double)(p->n_levels - 1), i = round(value);
        return i < 0 ? 0 : i > top ? top : i;
    }
    default: break;
    }
    if (p->kind == ITP_INTEGER) value = round(value);
    if (p->period > 0 && (value < p->low || value > p->high)) {
        double turned = value - p->period * floor((value - p->low) / p->period);
        if (turned <= p->high) value = turned;
    }
    return value < p->low ? p->low : value > p->high ? p->high : value;
}

size_t itp_param_count(const itp_param *p)
{
    switch (p->kind) {
    case ITP_REAL: return p->low == p->high;
    case ITP_INTEGER: return (size_t)(p->high - p->low) + 1;
    default: return p->n_levels;
    }
}

double itp_param_value(const itp_param *p, size_t i)
{
    switch (p->kind) {
    case ITP_DISCRETE: return p->levels[i];
    case ITP_CATEGORICAL: return (double)i;
    default: return p->low + (double)i;
    }
}
