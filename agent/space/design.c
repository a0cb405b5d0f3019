/* design.c - space-filling designs over the feasible part, as sequences: a point depends on its
 * number and the seed alone.
 *   Sobol    accepted points of a scrambled Sobol sequence; where too few are accepted (equalities,
 *            slivers, cardinality) the maximin sequence stands in
 *   maximin  each point is the one of a pool farthest from those before it (Gonzalez 1985: at
 *            least half the optimal distance), the pool renewed every so many points
 *   random   itp_space_sample in blocks
 * In a space of finitely many points none comes twice, and ITP_ENONE says that they are used up.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"
#include "sobol.h"

#define TRIAL_DRAWS    2048 /* Sobol points that decide whether rejection serves */
#define TRIAL_ACCEPTED 41   /* of them: one in fifty */
#define POOL_SIZE      512
#define POOL_SERVES    128 /* points drawn from one pool */
#define BLOCK          64

/* A design being written: points [0, n), of which the caller wants the last. */
typedef struct plan {
    const itp_space *space;
    uint64_t seed;
    size_t n, done;
    double *points;
    int finite; /* 1: no point may come twice */
} plan;

static int seen(const plan *p, const double *point)
{
    for (size_t i = 0; p->finite && i < p->done; i++) {
        size_t j = 0;
        const double *old = p->points + i * p->space->n;
        while (j < p->space->n && (old[j] == point[j] || (isnan(old[j]) && isnan(point[j])))) j++;
        if (j == p->space->n) return 1;
    }
    return 0;
}

static void keep(plan *p, const double *point)
{
    memcpy(p->points + p->done++ * p->space->n, point, p->space->n * sizeof *point);
}

/* One Sobol point as a point of the space: equal shares of [0, 1] for countable values. */
static void place(const itp_space *space, const double *u, double *point)
{
    int active[space->n];
    for (size_t i = 0; i < space->n; i++) {
        const itp_param *p = &space->params[i].is;
        size_t count = itp_param_count(p);
        if (p->context)
            point[i] = NAN;
        else if (count == 0)
            point[i] = itp_param_from_unit(p, u[i]);
        else
            point[i] = itp_param_value(p, (size_t)fmin(u[i] * (double)count, (double)(count - 1)));
    }
    itp_space_active(space, point, active);
    for (size_t i = 0; i < space->n; i++)
        if (!active[i]) point[i] = NAN;
}

/* Accepted Sobol points until `n` are there or `draws` were spent. */
static itp_status follow_sobol(plan *p, size_t draws)
{
    itp_sobol *sobol;
    double u[p->space->n], point[p->space->n];
    itp_status st = itp_sobol_create(&sobol, p->space->n, p->seed);
    if (st != ITP_OK) return st;
    while (p->done < p->n && draws-- > 0) {
        itp_sobol_next(sobol, u);
        place(p->space, u, point);
        if (itp_space_violation(p->space, point, NULL) <= ITP_FEASIBLE && !seen(p, point))
            keep(p, point);
    }
    itp_sobol_destroy(sobol);
    return ITP_OK;
}

/* Whether rejection serves; independent of how many points are wanted. */
static int sobol_serves(const itp_space *space, uint64_t seed)
{
    double *spare = malloc(TRIAL_ACCEPTED * space->n * sizeof *spare);
    plan trial = {.space = space, .seed = seed, .n = TRIAL_ACCEPTED, .points = spare};
    int serves = spare && follow_sobol(&trial, TRIAL_DRAWS) == ITP_OK && trial.done == trial.n;
    free(spare);
    return serves;
}

/* Adds the pool's points one by one, each the farthest from all before it. */
static void thin_pool(plan *p, size_t size, const double *pool, const double *codes, double *near,
                      double *kept_codes)
{
    size_t n = p->space->n, d = p->space->d;
    for (size_t i = 0; i < size; i++) {
        near[i] = INFINITY;
        for (size_t k = 0; k < p->done; k++)
            near[i] =
                fmin(near[i], itp_encoded_distance2(p->space, codes + i * d, kept_codes + k * d));
    }
    for (size_t served = 0; served < POOL_SERVES && p->done < p->n; served++) {
        size_t best = 0;
        for (size_t i = 1; i < size; i++)
            if (near[i] > near[best]) best = i;
        if (near[best] <= 0 && p->finite) return;
        memcpy(kept_codes + p->done * d, codes + best * d, d * sizeof *codes);
        keep(p, pool + best * n);
        for (size_t i = 0; i < size; i++)
            near[i] =
                fmin(near[i], itp_encoded_distance2(p->space, codes + i * d, codes + best * d));
    }
}

static itp_status follow_pools(plan *p, itp_error *err)
{
    size_t n = p->space->n, d = p->space->d;
    double *pool = malloc(POOL_SIZE * (n + d + 1) * sizeof *pool);
    double *kept_codes = malloc((p->n * d + 1) * sizeof *kept_codes);
    itp_status st = pool && kept_codes ? ITP_OK : itp_fail(err, ITP_ENOMEM, "design");
    double *codes = pool + POOL_SIZE * n, *near = codes + POOL_SIZE * d;
    int dry = 0;
    for (size_t i = 0; st == ITP_OK && i < p->done; i++)
        st = itp_space_encode(p->space, p->points + i * n, kept_codes + i * d, err);
    for (uint64_t number = 0; st == ITP_OK && p->done < p->n && dry < 4; number++) {
        itp_stream stream;
        size_t before = p->done;
        itp_stream_init(&stream, p->seed, number, "space.pool");
        st = itp_sample_stream(p->space, &stream, POOL_SIZE, pool, err);
        for (size_t i = 0; st == ITP_OK && i < POOL_SIZE; i++)
            st = itp_space_encode(p->space, pool + i * n, codes + i * d, err);
        if (st == ITP_OK) thin_pool(p, POOL_SIZE, pool, codes, near, kept_codes);
        dry = p->done == before ? dry + 1 : 0;
    }
    free(kept_codes);
    free(pool);
    return st;
}

static itp_status follow_random(plan *p, itp_error *err)
{
    double *block = malloc(BLOCK * p->space->n * sizeof *block);
    itp_status st = block ? ITP_OK : itp_fail(err, ITP_ENOMEM, "design");
    int dry = 0;
    for (uint64_t number = 0; st == ITP_OK && p->done < p->n && dry < 64; number++) {
        itp_stream stream;
        size_t before = p->done;
        itp_stream_init(&stream, p->seed, number, "space.random");
        st = itp_sample_stream(p->space, &stream, BLOCK, block, err);
        for (size_t i = 0; st == ITP_OK && i < BLOCK && p->done < p->n; i++)
            if (!seen(p, block + i * p->space->n)) keep(p, block + i * p->space->n);
        dry = p->done == before ? dry + 1 : 0;
    }
    free(block);
    return st;
}

/* --- Candidate tables: orders of the rows ------------------------------------------------------
 */

/* near[i]: squared distance of row i to the rows taken, -1 once taken. */
static size_t take_farthest(const itp_space *space, double *near, size_t row)
{
    size_t best = space->n_rows;
    near[row] = -1;
    for (size_t i = 0; i < space->n_rows; i++) {
        if (near[i] < 0) continue;
        near[i] = fmin(near[i], itp_encoded_distance2(space, space->matrix + i * space->d,
                                                      space->matrix + row * space->d));
        if (best == space->n_rows || near[i] > near[best]) best = i;
    }
    return best;
}

/* The row nearest to a Sobol point in the box that the table fills. */
static size_t take_nearest(const itp_space *space, double *near, const double *target)
{
    size_t best = space->n_rows;
    double least = INFINITY;
    for (size_t i = 0; i < space->n_rows; i++) {
        if (near[i] < 0) continue;
        double gap = itp_encoded_distance2(space, space->matrix + i * space->d, target);
        if (gap < least || best == space->n_rows) least = gap, best = i;
    }
    near[best] = -1;
    return best;
}

static void sobol_target(const itp_space *space, const double *box, const double *u, double *target)
{
    for (size_t j = 0; j < space->d; j++) {
        double low = box[2 * j], high = box[2 * j + 1];
        if (space->columns[j].kind == ITP_COLUMN_CATEGORY)
            target[j] =
                fmin(floor(u[j] * space->columns[j].levels), space->columns[j].levels - 1.0);
        else
            target[j] = low + u[j] * (high - low);
    }
}

static void measure_box(const itp_space *space, double *box)
{
    for (size_t j = 0; j < space->d; j++) {
        box[2 * j] = INFINITY;
        box[2 * j + 1] = -INFINITY;
        for (size_t i = 0; i < space->n_rows; i++) {
            box[2 * j] = fmin(box[2 * j], space->matrix[i * space->d + j]);
            box[2 * j + 1] = fmax(box[2 * j + 1], space->matrix[i * space->d + j]);
        }
    }
}

static itp_status order_rows(plan *p, itp_design kind, itp_error *err)
{
    const itp_space *space = p->space;
    size_t rows = space->n_rows, d = space->d, row;
    itp_stream stream;
    itp_sobol *sobol = NULL;
    double *near = malloc((rows + 4 * d) * sizeof *near);
    size_t *order = malloc(rows * sizeof *order);
    itp_stream_init(&stream, p->seed, 0, "space.rows");
    if (!near || !order || itp_sobol_create(&sobol, d, p->seed) != ITP_OK) {
        free(order);
        free(near);
        return itp_fail(err, ITP_ENOMEM, "design");
    }
    double *box = near + rows, *u = box + 2 * d, *target = u + d;
    for (size_t i = 0; i < rows; i++) near[i] = itp_space_is_withheld(space, i) ? -1 : INFINITY;
    itp_stream_shuffle(&stream, rows, order);
    size_t open = 0;
    for (size_t i = 0; i < rows; i++)
        if (near[order[i]] >= 0) order[open++] = order[i];
    measure_box(space, box);
    row = order[0];
    for (size_t i = 0; i < open && p->done < p->n; i++) {
        if (kind == ITP_DESIGN_RANDOM) {
            row = order[i];
        } else if (kind == ITP_DESIGN_SOBOL) {
            itp_sobol_next(sobol, u);
            sobol_target(space, box, u, target);
            row = take_nearest(space, near, target);
        }
        keep(p, space->rows + row * space->n);
        if (kind == ITP_DESIGN_MAXIMIN) row = take_farthest(space, near, row);
    }
    itp_sobol_destroy(sobol);
    free(order);
    free(near);
    return ITP_OK;
}

itp_status itp_space_design(const itp_space *space, itp_design kind, uint64_t seed, size_t first,
                            size_t n, double *points, itp_error *err)
{
    if (n == 0) return ITP_OK;
    plan p = {.space = space, .seed = seed, .n = first + n};
    p.finite = itp_space_combinations(space, 1, SIZE_MAX / 2) > 0;
    p.points = malloc(p.n * space->n * sizeof *p.points);
    if (!p.points) return itp_fail(err, ITP_ENOMEM, "design of %zu points", n);
    itp_status st = ITP_OK;
    if (space->n_rows) {
        st = order_rows(&p, kind, err);
    } else if (kind == ITP_DESIGN_RANDOM) {
        st = follow_random(&p, err);
    } else {
        int direct = kind == ITP_DESIGN_SOBOL && sobol_serves(space, seed);
        if (direct) st = follow_sobol(&p, 2 * TRIAL_DRAWS + 400 * p.n);
        if (st != ITP_OK) itp_fail(err, st, "design");
        if (st == ITP_OK && p.done < p.n) st = follow_pools(&p, err);
    }
    if (st == ITP_OK && p.done < p.n)
        st = itp_fail(err, ITP_ENONE, "the space has no more than %zu feasible points", p.done);
    if (st == ITP_OK) memcpy(points, p.points + first * space->n, n * space->n * sizeof *points);
    free(p.points);
    return st;
}
