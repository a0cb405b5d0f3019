/* join.c - which of all equivalent interfaces is the one that carries the name.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "join.h"

#include <stdlib.h>
#include <string.h>

#include "vec.h"

static const double UNSTRAINED = 1.0e-9;

static int same_surface(const itp_join *j)
{
    return j->lower_cut == j->upper_cut &&
           strcmp(j->lower->phase->label, j->upper->phase->label) == 0 &&
           memcmp(&j->lower->miller, &j->upper->miller, sizeof j->lower->miller) == 0;
}

static int comes_later(const itp_join *j)
{
    char lower[ITP_NAME_MAX], upper[ITP_NAME_MAX];
    itp_surface_name(j->lower, j->lower_cut, sizeof lower, lower);
    itp_surface_name(j->upper, j->upper_cut, sizeof upper, upper);
    return strcmp(lower, upper) > 0;
}

itp_join itp_join_normal(const itp_join *join)
{
    itp_join n = *join;
    if (comes_later(join)) {
        n.lower = join->upper;
        n.upper = join->lower;
        n.lower_cut = join->upper_cut;
        n.upper_cut = join->lower_cut;
        n.share = 1000 - join->share;
        n.pair = itp_pair_swap(&join->pair);
    }
    itp_match m;
    itp_match_measure(&n.pair, n.lower, n.upper, &m);
    /* Turning over exchanges which side is stretched, which only an equal share does not notice. */
    int strained = fabs(m.strain[0]) > UNSTRAINED || fabs(m.strain[1]) > UNSTRAINED;
    itp_turn turn = same_surface(&n) && (!strained || n.share == 500) ? ITP_TURN_YES : ITP_TURN_NO;
    n.pair = itp_pair_normal(&n.pair, n.lower, n.upper, turn, ITP_NORMAL_FULL);
    if (!strained) n.share = 500;
    return n;
}

/* Which points of the grid are worth a candidate: steps along both shift vectors. */
static void grid_of(const itp_join *j, double step, long most, long count[2])
{
    double c1[2][2], s[2][2], d[2][2];
    long rows[2][2], denominator;
    itp_match_lower_cell(j->lower, c1);
    itp_pair_shifts(&j->pair, rows, &denominator);
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 2; k++)
            s[i][k] = (double)j->pair.m1[i][0] * c1[0][k] + (double)j->pair.m1[i][1] * c1[1][k];
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < 2; k++)
            d[i][k] =
                ((double)rows[i][0] * s[0][k] + (double)rows[i][1] * s[1][k]) / (double)denominator;
        double points = ceil(hypot(d[i][0], d[i][1]) / step - 1e-6);
        count[i] = points < 1 ? 1 : points > (double)most ? most : (long)points;
        while (ITP_REGISTRY % count[i]) count[i]--;
    }
}

itp_status itp_join_registries(const itp_join *join, double step, long most, itp_pair **list,
                               size_t *n, itp_error *err)
{
    long count[2];
    if (!(step > 0) || most < 1 || most > 100)
        return itp_fail(err, ITP_ERANGE, "registries every %g angstrom, at most %ld a side", step,
                        most);
    grid_of(join, step, most, count);
    itp_pair *made = malloc((size_t)(count[0] * count[1]) * sizeof *made);
    if (!made) return itp_fail(err, ITP_ENOMEM, "%ld registries", count[0] * count[1]);
    size_t kept = 0;
    for (long i = 0; i < count[0]; i++)
        for (long k = 0; k < count[1]; k++) {
            itp_join one = *join;
            one.pair.registry[0] = i * (ITP_REGISTRY / count[0]);
            one.pair.registry[1] = k * (ITP_REGISTRY / count[1]);
            itp_pair normal = itp_join_normal(&one).pair;
            size_t at = 0;
            while (at < kept && itp_pair_compare(&made[at], &normal) != 0) at++;
            if (at == kept) made[kept++] = normal;
        }
    *list = made;
    *n = kept;
    return ITP_OK;
}
