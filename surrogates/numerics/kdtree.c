/* kdtree.c - median splits along the widest side, leaves of a few points.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "kdtree.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "stream.h"

enum { LEAF = 12 };

typedef struct {
    size_t from, to; /* of order */
    size_t lowest;   /* rank */
    size_t left;     /* child; the other follows at left_end. 0: a leaf */
    size_t right;
    unsigned axis;
    double at;
} knot;

struct itp_kdtree {
    size_t n, d, n_knots;
    const double *points;
    size_t *order;
    double *packed; /* points in tree order */
    knot *knots;
};

typedef struct {
    double key;
    size_t index;
} keyed;

static int by_key(const void *left, const void *right)
{
    const keyed *a = left, *b = right;
    if (a->key != b->key) return a->key < b->key ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

static unsigned widest(const itp_kdtree *tree, size_t from, size_t to)
{
    unsigned best = 0;
    double most = -1;
    for (size_t c = 0; c < tree->d; c++) {
        double low = INFINITY, high = -INFINITY;
        for (size_t i = from; i < to; i++) {
            double x = tree->points[tree->order[i] * tree->d + c];
            low = x < low ? x : low;
            high = x > high ? x : high;
        }
        if (high - low > most) most = high - low, best = (unsigned)c;
    }
    return best;
}

static size_t split(itp_kdtree *tree, size_t from, size_t to, keyed *scratch)
{
    size_t self = tree->n_knots++, lowest = SIZE_MAX;
    for (size_t i = from; i < to; i++)
        if (tree->order[i] < lowest) lowest = tree->order[i];
    tree->knots[self] = (knot){.from = from, .to = to, .lowest = lowest};
    if (to - from <= LEAF) return self;
    unsigned axis = widest(tree, from, to);
    size_t middle = from + (to - from) / 2;
    for (size_t i = from; i < to; i++)
        scratch[i] = (keyed){tree->points[tree->order[i] * tree->d + axis], tree->order[i]};
    qsort(scratch + from, to - from, sizeof *scratch, by_key);
    for (size_t i = from; i < to; i++) tree->order[i] = scratch[i].index;
    double at = scratch[middle].key;
    size_t left = split(tree, from, middle, scratch), right = split(tree, middle, to, scratch);
    tree->knots[self].left = left;
    tree->knots[self].right = right;
    tree->knots[self].axis = axis;
    tree->knots[self].at = at;
    return self;
}

itp_status itp_kdtree_build(itp_kdtree **out, size_t n, size_t d, const double *points)
{
    itp_kdtree *tree = calloc(1, sizeof *tree);
    if (!tree) return ITP_ENOMEM;
    *tree = (itp_kdtree){.n = n, .d = d, .points = points};
    tree->order = malloc((n + 1) * sizeof *tree->order);
    tree->packed = malloc((n * d + 1) * sizeof *tree->packed);
    tree->knots = malloc((4 * (n / LEAF) + 8) * sizeof *tree->knots);
    keyed *scratch = malloc((n + 1) * sizeof *scratch);
    if (!tree->order || !tree->packed || !tree->knots || !scratch) {
        free(scratch);
        itp_kdtree_destroy(tree);
        return ITP_ENOMEM;
    }
    for (size_t i = 0; i < n; i++) tree->order[i] = i;
    split(tree, 0, n, scratch);
    for (size_t i = 0; i < n; i++)
        memcpy(tree->packed + i * d, points + tree->order[i] * d, d * sizeof *points);
    free(scratch);
    *out = tree;
    return ITP_OK;
}

void itp_kdtree_destroy(itp_kdtree *tree)
{
    if (!tree) return;
    free(tree->order);
    free(tree->packed);
    free(tree->knots);
    free(tree);
}

typedef struct {
    const itp_kdtree *tree;
    const double *x;
    size_t below, m, count;
    size_t *found;
    double *distance;
} query;

static int is_nearer(double d2, size_t rank, double other_d2, size_t other_rank)
{
    return d2 < other_d2 || (d2 == other_d2 && rank < other_rank);
}

/* Insertion into the sorted list of the best so far. */
static void offer(query *q, size_t rank, double d2)
{
    size_t at = q->count < q->m ? q->count++ : q->m - 1;
    if (at == q->m - 1 && q->count == q->m && q->found[at] != SIZE_MAX &&
        !is_nearer(d2, rank, q->distance[at], q->found[at]))
        return;
    for (; at > 0 && is_nearer(d2, rank, q->distance[at - 1], q->found[at - 1]); at--) {
        q->distance[at] = q->distance[at - 1];
        q->found[at] = q->found[at - 1];
    }
    q->distance[at] = d2;
    q->found[at] = rank;
}

static void visit(query *q, size_t index)
{
    const itp_kdtree *tree = q->tree;
    const knot *k = &tree->knots[index];
    if (k->lowest >= q->below) return;
    if (k->right == 0) {
        for (size_t i = k->from; i < k->to; i++) {
            if (tree->order[i] >= q->below) continue;
            const double *p = tree->packed + i * tree->d;
            double d2 = 0;
            for (size_t c = 0; c < tree->d; c++) d2 += (p[c] - q->x[c]) * (p[c] - q->x[c]);
            offer(q, tree->order[i], d2);
        }
        return;
    }
    double gap = q->x[k->axis] - k->at;
    visit(q, gap < 0 ? k->left : k->right);
    if (q->count < q->m || gap * gap <= q->distance[q->count - 1])
        visit(q, gap < 0 ? k->right : k->left);
}

size_t itp_kdtree_nearest(const itp_kdtree *tree, const double *x, size_t below, size_t m,
                          size_t *found, double *distance)
{
    query q = {tree, x, below, m, 0, found, distance};
    for (size_t i = 0; i < m; i++) found[i] = SIZE_MAX;
    if (tree->n > 0 && m > 0) visit(&q, 0);
    return q.count;
}

/* Cell of each point at one level, hashed: two cells that collide only make the order a little less
 * even. */
static uint64_t cell_of(size_t d, const double *x, double width)
{
    uint64_t hash = 0x243f6a8885a308d3u;
    for (size_t c = 0; c < d; c++) hash = itp_mix64(hash ^ (uint64_t)(int64_t)floor(x[c] / width));
    return hash;
}

typedef struct {
    uint64_t cell;
    double distance;
    size_t index;
} placed;

static int by_cell(const void *left, const void *right)
{
    const placed *a = left, *b = right;
    if (a->cell != b->cell) return a->cell < b->cell ? -1 : 1;
    if (a->distance != b->distance) return a->distance < b->distance ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

static double off_centre(size_t d, const double *x, double width)
{
    double sum = 0;
    for (size_t c = 0; c < d; c++) {
        double t = x[c] / width - floor(x[c] / width) - 0.5;
        sum += t * t;
    }
    return sum;
}

itp_status itp_coarse_to_fine(size_t n, size_t d, const double *points, size_t *order)
{
    placed *all = malloc((n + 1) * sizeof *all);
    char *taken = calloc(n + 1, 1);
    itp_status st = all && taken ? ITP_OK : ITP_ENOMEM;
    double width = 0;
    size_t done = 0;
    for (size_t i = 0; i < n * d; i++) width = fmax(width, 2 * fabs(points[i]));
    if (!(width > 0)) width = 1;
    for (int level = 0; level < 60 && done < n && st == ITP_OK; level++, width *= 0.5) {
        for (size_t i = 0; i < n; i++) /* taken points come first in their cell and close it */
            all[i] = (placed){cell_of(d, points + i * d, width),
                              taken[i] ? -1 : off_centre(d, points + i * d, width), i};
        qsort(all, n, sizeof *all, by_cell);
        for (size_t i = 0; i < n; i++) {
            if (i > 0 && all[i].cell == all[i - 1].cell) continue;
            if (taken[all[i].index]) continue;
            taken[all[i].index] = 1;
            order[done++] = all[i].index;
        }
    }
    for (size_t i = 0; i < n && st == ITP_OK; i++) /* equal points, at no width apart */
        if (!taken[i]) order[done++] = i;
    free(all);
    free(taken);
    return st;
}
