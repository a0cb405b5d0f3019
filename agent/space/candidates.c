/* candidates.c - the candidate table: rows, found again by an open hash of their bits.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "space_inner.h"
#include "stream.h"

/* A row is the same whatever the context was. */
static int same_point(const itp_space *space, const double *a, const double *b)
{
    for (size_t i = 0; i < space->n; i++)
        if (a[i] != b[i] && !(isnan(a[i]) && isnan(b[i])) && !space->params[i].is.context) return 0;
    return 1;
}

static uint64_t hash_point(const itp_space *space, const double *point)
{
    uint64_t h = space->n;
    for (size_t i = 0; i < space->n; i++) {
        if (space->params[i].is.context) continue;
        double v = isnan(point[i]) ? 0.5e-300 : point[i] + 0.0; /* -0 and 0 are one value */
        uint64_t bits;
        memcpy(&bits, &v, sizeof bits);
        h = itp_mix64(h ^ bits) + 0x9e3779b97f4a7c15u;
    }
    return h;
}

/* Slot where the point stands or would stand. */
static size_t find_slot(const itp_space *space, const double *point)
{
    size_t mask = space->n_slots - 1, slot = (size_t)hash_point(space, point) & mask;
    while (space->slots[slot] &&
           !same_point(space, space->rows + (space->slots[slot] - 1) * space->n, point))
        slot = (slot + 1) & mask;
    return slot;
}

static itp_status check_row(const itp_space *space, size_t row, itp_error *err)
{
    const char *which = NULL;
    const double *point = space->rows + row * space->n;
    double violation = itp_space_violation(space, point, &which);
    if (violation > ITP_FEASIBLE)
        return itp_fail(err, ITP_ERANGE, "candidate row %zu breaks %s", row + 1, which);
    size_t slot = find_slot(space, point);
    if (space->slots[slot])
        return itp_fail(err, ITP_EEXISTS, "candidate rows %zu and %zu are the same",
                        space->slots[slot], row + 1);
    space->slots[slot] = row + 1;
    return ITP_OK;
}

static const char *const *copy_names(itp_arena *arena, size_t n, const char *const *from)
{
    const char **names = from ? itp_arena_alloc(arena, n + 1, sizeof *names) : NULL;
    for (size_t i = 0; names && i < n; i++)
        if (!(names[i] = itp_arena_string(arena, from[i]))) return NULL;
    return names;
}

static void forget(itp_space *space)
{
    space->n_rows = space->n_descriptors = space->n_slots = 0;
    for (size_t i = 0; i < space->n; i++) space->params[i].described = 0;
}

itp_status itp_space_set_candidates(itp_space *space, size_t n, const double *points, size_t m,
                                    const double *descriptors, const char *const *descriptor_names,
                                    const int *described, itp_error *err)
{
    if (space->n_rows) return itp_fail(err, ITP_ESTATE, "the candidates are set already");
    if (n == 0) return itp_fail(err, ITP_EINVAL, "the candidate table has no rows");
    for (size_t i = 0; i < n * m; i++)
        if (!isfinite(descriptors[i]))
            return itp_fail(err, ITP_EINVAL, "candidate row %zu: descriptor %s is not a number",
                            i / m + 1, descriptor_names ? descriptor_names[i % m] : "");
    size_t slots = 4;
    while (slots < 2 * n) slots *= 2;
    space->rows = itp_arena_copy(&space->arena, points, n * space->n * sizeof *points);
    space->slots = itp_arena_alloc(&space->arena, slots, sizeof *space->slots);
    space->descriptor_names = copy_names(&space->arena, m, descriptor_names);
    if (!space->rows || !space->slots || (descriptor_names && !space->descriptor_names))
        return itp_fail(err, ITP_ENOMEM, "candidate table");
    space->n_slots = slots;
    itp_status st = ITP_OK;
    for (size_t i = 0; i < n && st == ITP_OK; i++) st = check_row(space, i, err);
    space->n_rows = n;
    for (size_t i = 0; described && i < space->n; i++)
        space->params[i].described = described[i] != 0;
    if (st == ITP_OK && (st = itp_space_refresh_rows(space, m, descriptors)) != ITP_OK)
        itp_fail(err, st, "candidate table");
    if (st == ITP_OK && (st = itp_space_refresh_linear(space)) != ITP_OK) /* columns have moved */
        itp_fail(err, st, "candidate table");
    if (st == ITP_OK && space->d == 0)
        st =
            itp_fail(err, ITP_EINVAL, "every descriptor has one value only: nothing to learn from");
    if (st != ITP_OK) {
        forget(space);
        itp_space_refresh_columns(space);
        itp_space_refresh_linear(space);
    }
    return st;
}

size_t itp_space_n_candidates(const itp_space *space)
{
    return space->n_rows;
}

const double *itp_space_candidates(const itp_space *space)
{
    return space->n_rows ? space->matrix : NULL;
}

const double *itp_space_candidate_point(const itp_space *space, size_t row)
{
    return row < space->n_rows ? space->rows + row * space->n : NULL;
}

itp_status itp_space_withhold(itp_space *space, size_t row)
{
    if (row >= space->n_rows) return ITP_ERANGE;
    if (!space->withheld) space->withheld = itp_arena_alloc(&space->arena, space->n_rows, 1);
    if (!space->withheld) return ITP_ENOMEM;
    space->n_withheld += !space->withheld[row];
    space->withheld[row] = 1;
    return ITP_OK;
}

int itp_space_is_withheld(const itp_space *space, size_t row)
{
    return space->withheld && row < space->n_rows && space->withheld[row];
}

size_t itp_space_n_withheld(const itp_space *space)
{
    return space->n_withheld;
}

long itp_space_find_candidate(const itp_space *space, const double *point)
{
    if (!space->n_rows) return -1;
    return (long)space->slots[find_slot(space, point)] - 1;
}
