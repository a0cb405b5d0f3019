/* sample.c - feasible points: by rejection where that works, otherwise by hit-and-run in slices.
 *   A slice fixes everything discrete. Assignments of the discrete part are drawn at random and
 * kept when the rest has a solution; when none of many has, branch and bound looks for one. Inside
 * a slice points are uniform on the encoded scales; between slices each feasible assignment met is
 * as likely as it was drawn.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "branch.h"
#include "sample.h"

#define REJECT_FIRST  2000 /* draws before rejection may be called hopeless */
#define REJECT_RATE   200  /* draws a point that rejection may cost from then on */
#define SLICES_MAX    64   /* assignments walked in by one call */
#define ASSIGN_TRIES  200  /* random assignments before branch and bound */
#define SHAPE_WORTH   16   /* points from a slice that make learning its shape worth while */
#define SEARCH_TRIES  100
#define SEARCH_BUDGET 40000 /* projections of all searches for one slice together */
#define STARTS_FIRST  24    /* starts in each of the first few assignments ... */
#define STARTS_LATER  8     /* ... and in those after them */

/* Points found before it became hopeless; *why: the constraint broken least by the best failure. */
static size_t reject(const itp_space *space, itp_stream *stream, size_t n, double *points,
                     const char **why)
{
    size_t found = 0, draws = 0;
    double least = INFINITY;
    int zeroed[space->n];
    while (found < n && draws < REJECT_FIRST + REJECT_RATE * found) {
        const char *which;
        double *point = points + found * space->n;
        itp_branch_draw(space, stream, point, zeroed);
        double violation = itp_space_violation(space, point, &which);
        draws++;
        if (violation <= ITP_FEASIBLE) {
            found++;
        } else if (violation < least) {
            least = violation;
            *why = which;
        }
    }
    return found;
}

/* A slice around a feasible point, by random assignments first. */
static itp_status open_slice(const itp_space *space, itp_stream *stream, size_t tries, int search,
                             slice *s, double *u)
{
    double point[space->n];
    int zeroed[space->n];
    slice_options o = {.zeroed = zeroed};
    itp_status st = ITP_ENONE;
    for (size_t attempt = 0; attempt < tries; attempt++) {
        itp_branch_draw(space, stream, point, zeroed);
        if ((st = itp_slice_init(s, space, point, &o)) != ITP_OK) return st;
        st = itp_branch_start(s, &o, attempt < 10 ? STARTS_FIRST : STARTS_LATER, stream, u);
        if (st == ITP_OK) itp_slice_point(s, u, point);
        if (st == ITP_OK && itp_space_violation(space, point, NULL) <= ITP_FEASIBLE) return ITP_OK;
        itp_slice_deinit(s);
        if (st == ITP_ENOMEM) return st;
    }
    size_t budget = SEARCH_BUDGET;
    for (size_t attempt = 0; search && budget && attempt < SEARCH_TRIES; attempt++) {
        itp_branch_draw(space, stream, point, zeroed);
        st = itp_branch_find(space, stream, zeroed, &budget, point);
        if (st == ITP_ENOMEM) return st;
        if (st != ITP_OK) continue;
        if ((st = itp_slice_init(s, space, point, &o)) != ITP_OK) return st;
        if ((st = itp_slice_centre(s)) == ITP_OK) {
            itp_slice_shares(s, point, u);
            if (itp_slice_violation(s, u) <= ITP_FEASIBLE || itp_slice_repair(s, u) == ITP_OK)
                return ITP_OK;
        }
        itp_slice_deinit(s);
    }
    return ITP_ENONE;
}

/* Walks on and writes a point; one that rounding pushed over an edge is mended or walked off. */
static itp_status emit(const slice *s, itp_stream *stream, double *u, double *point)
{
    double last[s->k + 1];
    memcpy(last, u, s->k * sizeof *u);
    for (int attempt = 0; attempt < 20; attempt++) {
        itp_slice_walk(s, stream, 2 * s->k + 10, u);
        itp_slice_point(s, u, point);
        if (itp_space_violation(s->space, point, NULL) <= ITP_FEASIBLE) return ITP_OK;
        if (itp_slice_repair(s, u) == ITP_OK) {
            itp_slice_point(s, u, point);
            if (itp_space_violation(s->space, point, NULL) <= ITP_FEASIBLE) return ITP_OK;
        }
        memcpy(u, last, s->k * sizeof *u);
    }
    itp_slice_point(s, u, point);
    return itp_space_violation(s->space, point, NULL) <= ITP_FEASIBLE ? ITP_OK : ITP_ENONE;
}

static int one_slice_is_all(const itp_space *space)
{
    for (size_t i = 0; i < space->n; i++) {
        const param *p = &space->params[i];
        if (p->controls || (p->is.kind != ITP_REAL && itp_param_count(&p->is) > 1)) return 0;
    }
    for (size_t i = 0; i < space->n_constraints; i++)
        if (space->constraints[i].kind == CARDINALITY) return 0;
    return 1;
}

static itp_status sample_slices(const itp_space *space, itp_stream *stream, size_t n,
                                double *points)
{
    size_t slices = one_slice_is_all(space) ? 1 : n < SLICES_MAX ? n : SLICES_MAX, done = 0;
    for (size_t k = 0; k < slices && done < n; k++) {
        slice s;
        double u[space->n + 1];
        size_t share = (n - done) / (slices - k);
        size_t tries = slices == 1 ? 4 : done ? ASSIGN_TRIES / 10 : ASSIGN_TRIES;
        itp_status st = open_slice(space, stream, tries, 1, &s, u);
        if (st != ITP_OK) return st;
        if (share >= SHAPE_WORTH) st = itp_slice_learn_shape(&s, stream, u);
        itp_slice_walk(&s, stream, 10 * s.k, u);
        for (size_t i = 0; i < share && st == ITP_OK; i++, done++)
            st = emit(&s, stream, u, points + done * space->n);
        itp_slice_deinit(&s);
        if (st != ITP_OK) return st;
    }
    return ITP_OK;
}

/* Rows in a random order, over and over. */
static void sample_rows(const itp_space *space, itp_stream *stream, size_t n, double *points)
{
    for (size_t i = 0; i < n; i++) {
        size_t row = itp_stream_below(stream, space->n_rows);
        memcpy(points + i * space->n, space->rows + row * space->n, space->n * sizeof *points);
    }
}

itp_status itp_sample_stream(const itp_space *space, itp_stream *stream, size_t n, double *points,
                             itp_error *err)
{
    const char *why = NULL;
    if (n == 0) return ITP_OK;
    if (space->n_rows) {
        sample_rows(space, stream, n, points);
        return ITP_OK;
    }
    double *found = malloc(n * space->n * sizeof *found);
    if (!found) return itp_fail(err, ITP_ENOMEM, "sample of %zu points", n);
    itp_status st = ITP_OK;
    if (reject(space, stream, n, found, &why) < n) st = sample_slices(space, stream, n, found);
    if (st == ITP_OK) memcpy(points, found, n * space->n * sizeof *points);
    free(found);
    if (st == ITP_OK) return ITP_OK;
    if (st != ITP_ENONE) return itp_fail(err, st, "sample of %zu points", n);
    return itp_fail(err, ITP_ENONE,
                    "no point satisfies all known constraints (hardest to meet: %.200s)",
                    why ? why : "their combination");
}

itp_status itp_space_sample(const itp_space *space, size_t n, uint64_t seed, double *points,
                            itp_error *err)
{
    itp_stream stream;
    itp_stream_init(&stream, seed, 0, "space.sample");
    return itp_sample_stream(space, &stream, n, points, err);
}

/* The row whose parameters are nearest. */
static void repair_to_row(const itp_space *space, double *point)
{
    size_t best = 0;
    double least = INFINITY;
    for (size_t r = 0; r < space->n_rows; r++) {
        double sum = 0;
        for (size_t i = 0; i < space->n; i++) {
            const itp_param *p = &space->params[i].is;
            double a = space->rows[r * space->n + i], b = point[i], gap;
            if (isnan(a) || isnan(b))
                gap = !(isnan(a) && isnan(b));
            else if (!itp_param_ordered(p))
                gap = a != b;
            else
                gap = itp_param_to_unit(p, a) - itp_param_to_unit(p, b);
            sum += gap * gap;
        }
        if (sum < least) least = sum, best = r;
    }
    memcpy(point, space->rows + best * space->n, space->n * sizeof *point);
}

itp_status itp_space_repair(const itp_space *space, double *point)
{
    size_t n = space->n;
    double middle[n], mended[n];
    int zeroed[n];
    itp_stream stream;
    if (space->n_rows) {
        repair_to_row(space, point);
        return ITP_OK;
    }
    for (size_t i = 0; i < n; i++)
        middle[i] =
            itp_param_snap(&space->params[i].is, itp_param_from_unit(&space->params[i].is, 0.5));
    memcpy(mended, point, sizeof mended);
    itp_space_snap(space, mended, middle);
    itp_branch_cardinality(space, mended, zeroed);
    itp_space_snap(space, mended, middle);
    itp_stream_init(&stream, 0, 0, "space.repair");
    itp_status st = ITP_OK;
    if (itp_space_violation(space, mended, NULL) > ITP_FEASIBLE) {
        slice s;
        double u[n + 1];
        st = itp_slice_init(&s, space, mended, &(slice_options){.zeroed = zeroed});
        if (st != ITP_OK) return st;
        itp_slice_shares(&s, mended, u);
        st = itp_slice_repair(&s, u);
        if (st == ITP_OK) itp_slice_point(&s, u, mended);
        itp_slice_deinit(&s);
        if (st == ITP_OK && itp_space_violation(space, mended, NULL) > ITP_FEASIBLE) st = ITP_ENONE;
        size_t budget = SEARCH_BUDGET;
        if (st == ITP_ENONE) st = itp_branch_find(space, &stream, zeroed, &budget, mended);
    }
    if (st == ITP_OK) memcpy(point, mended, sizeof mended);
    return st;
}
