/* table.c - scoring many points: blocks over cores, the best of each worker merged.
 *   Rows are streamed; never more than a block of predictions exists at once. Where a block only
 * ranks (no closed form, pending points) its best are scored again, exactly.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "parallel.h"
#include "search.h"

enum {
    BLOCK = 512,        /* rows predicted at once; their covariances with the data stay in cache */
    EXACT_RANKED = 160, /* best by rank that are scored exactly */
    EXACT_SMALL = 64    /* a scattered set is scored exactly when it is no larger */
};

typedef struct {
    const itp_search *search;
    size_t n, d, work_size;
    const double *x;
    double *value, *work; /* value may be NULL: rows go to lists */
    itp_spots *lists;     /* one a worker */
    itp_status *status;   /* one a worker */
    int exact;
} scoring;

static void score_block(void *context, size_t index, unsigned worker)
{
    scoring *s = context;
    size_t first = index * BLOCK, n = s->n - first < BLOCK ? s->n - first : BLOCK;
    const double *x = s->x + first * s->d;
    double *work = s->work + worker * s->work_size, *own = work + BLOCK;
    double *value = s->value ? s->value + first : work;
    const itp_problem *p = s->search->scorer->view->problem;
    itp_status st = itp_scorer_block(s->search->scorer, n, x, value, own);
    if (st != ITP_OK) s->status[worker] = st;
    for (size_t i = 0; i < n && st == ITP_OK && s->lists; i++) {
        double v = value[i];
        if (p->log_prior) v += s->search->scorer->prior_weight * p->log_prior[first + i];
        if (itp_space_is_withheld(s->search->space, first + i)) continue;
        if (!(v > -INFINITY) || !itp_spots_wants(&s->lists[worker], v, first + i)) continue;
        if (itp_is_taken(s->d, x + i * s->d, s->search->n_taken, s->search->taken)) continue;
        const double *point = itp_space_candidate_point(s->search->space, first + i);
        itp_spots_offer(&s->lists[worker], v, first + i, x + i * s->d, point);
    }
}

/* Scores n rows in blocks; results go to value, or to one list a worker merged into `best`. */
static itp_status score(const itp_search *search, size_t n, const double *x, double *value,
                        itp_spots *best)
{
    size_t blocks = (n + BLOCK - 1) / BLOCK;
    size_t workers = itp_parallel_workers(blocks, search->threads);
    scoring s = {.search = search, .n = n, .d = itp_space_d(search->space), .x = x, .value = value};
    s.work_size = BLOCK + itp_scorer_block_work(search->scorer, BLOCK);
    s.work = malloc(workers * s.work_size * sizeof *s.work);
    s.status = calloc(workers, sizeof *s.status);
    if (best) s.lists = calloc(workers, sizeof *s.lists);
    itp_status st = s.work && s.status && (s.lists || !best) ? ITP_OK : ITP_ENOMEM;
    for (size_t i = 0; best && i < workers && st == ITP_OK; i++)
        st = itp_spots_init(&s.lists[i], best->max, best->d, best->n_params);
    if (st == ITP_OK) itp_parallel_for(blocks, search->threads, score_block, &s);
    for (size_t i = 0; i < workers && st == ITP_OK; i++) st = s.status[i];
    for (size_t i = 0; best && s.lists && i < workers; i++) {
        for (size_t j = 0; j < s.lists[i].n && st == ITP_OK; j++) {
            const itp_spot *spot = &s.lists[i].items[j];
            itp_spots_offer(best, spot->value, spot->order, spot->x, spot->point);
        }
        itp_spots_deinit(&s.lists[i]);
    }
    free(s.lists);
    free(s.work);
    free(s.status);
    return st;
}

/* --- Exact values of a few -------------------------------------------------------------------- */

typedef struct {
    const itp_scorer *scorer;
    size_t d, work_size;
    const double *x;
    const size_t *rows;
    double *value, *work;
} exact;

static void eval_one(void *context, size_t index, unsigned worker)
{
    exact *e = context;
    size_t i = e->rows[index];
    e->value[i] =
        itp_scorer_eval(e->scorer, e->x + i * e->d, NULL, NULL, e->work + worker * e->work_size);
}

static itp_status eval_rows(const itp_search *search, size_t n, const size_t *rows, const double *x,
                            double *value)
{
    size_t workers = itp_parallel_workers(n, search->threads);
    exact e = {search->scorer,
               itp_space_d(search->space),
               itp_scorer_work(search->scorer) + 1,
               x,
               rows,
               value,
               NULL};
    e.work = malloc(workers * e.work_size * sizeof *e.work);
    if (!e.work) return ITP_ENOMEM;
    itp_parallel_for(n, search->threads, eval_one, &e);
    free(e.work);
    return ITP_OK;
}

/* The value that n - keep of n values stay below (ties kept), by quickselect on a copy. */
static double cut(const double *value, size_t n, size_t keep, double *copy)
{
    memcpy(copy, value, n * sizeof *copy);
    size_t low = 0, high = n - 1, want = keep - 1;
    while (low < high) {
        double pivot = copy[low + (high - low) / 2];
        size_t i = low, j = high;
        for (;;) {
            while (copy[i] > pivot) i++;
            while (copy[j] < pivot) j--;
            if (i >= j) break;
            double swap = copy[i];
            copy[i++] = copy[j];
            copy[j--] = swap;
        }
        if (want <= j)
            high = j;
        else
            low = j + 1;
    }
    return copy[want];
}

itp_status itp_search_rank(const itp_search *search, size_t n, const double *x, double *value,
                           size_t *evaluations)
{
    size_t d = itp_space_d(search->space), few = 0;
    itp_status st = n > 0 ? score(search, n, x, value, NULL) : ITP_OK;
    if (st != ITP_OK) return st;
    *evaluations += n;
    for (size_t i = 0; i < n; i++)
        if (isnan(value[i]) || itp_is_taken(d, x + i * d, search->n_taken, search->taken))
            value[i] = -INFINITY;
    if (itp_scorer_block_exact(search->scorer) || n == 0) return ITP_OK;
    double *copy = malloc(n * sizeof *copy), limit = -INFINITY;
    size_t *rows = malloc(n * sizeof *rows);
    st = copy && rows ? ITP_OK : ITP_ENOMEM;
    if (st == ITP_OK && n > EXACT_SMALL)
        limit = cut(value, n, n < EXACT_RANKED ? n : EXACT_RANKED, copy);
    for (size_t i = 0; st == ITP_OK && i < n; i++) {
        /* Those below the cut are out: a rank and an exact value cannot be compared. */
        if (value[i] > -INFINITY && value[i] >= limit)
            rows[few++] = i;
        else
            value[i] = -INFINITY;
    }
    if (st == ITP_OK && few > 0) st = eval_rows(search, few, rows, x, value);
    *evaluations += few;
    free(copy);
    free(rows);
    return st;
}

/* The candidates as the context finds them: the caller's to free; NULL when memory is short. */
static double *with_context(const itp_space *space, const double *context)
{
    size_t n = itp_space_n_candidates(space), d = itp_space_d(space);
    size_t n_params = itp_space_n_params(space);
    double *x = malloc(n * d * sizeof *x), *point = malloc(n_params * sizeof *point);
    for (size_t r = 0; x && point && r < n; r++) {
        memcpy(point, itp_space_candidate_point(space, r), n_params * sizeof *point);
        for (size_t i = 0; i < n_params; i++)
            if (itp_space_param(space, i)->context) point[i] = context[i];
        itp_space_encode(space, point, x + r * d, NULL);
    }
    free(point);
    return x;
}

static itp_status score_ranked(const itp_search *search, const double *all, itp_spots *out,
                               size_t *evaluations)
{
    itp_spots ranked;
    itp_status st = itp_spots_init(&ranked, EXACT_RANKED, out->d, out->n_params);
    if (st != ITP_OK) return st;
    st = score(search, itp_space_n_candidates(search->space), all, NULL, &ranked);
    double *x = malloc((ranked.n * out->d + 1) * sizeof *x),
           *value = malloc((ranked.n + 1) * sizeof *value);
    size_t *rows = malloc((ranked.n + 1) * sizeof *rows);
    if (st == ITP_OK && !(x && value && rows)) st = ITP_ENOMEM;
    for (size_t i = 0; i < ranked.n && st == ITP_OK; i++) {
        memcpy(x + i * out->d, ranked.items[i].x, out->d * sizeof *x);
        rows[i] = i;
    }
    if (st == ITP_OK && ranked.n > 0) st = eval_rows(search, ranked.n, rows, x, value);
    const double *prior = search->scorer->view->problem->log_prior;
    for (size_t i = 0; i < ranked.n && st == ITP_OK; i++) {
        size_t row = ranked.items[i].order;
        double v = value[i] + (prior ? search->scorer->prior_weight * prior[row] : 0);
        itp_spots_offer(out, v, row, ranked.items[i].x, ranked.items[i].point);
    }
    *evaluations += ranked.n;
    free(x);
    free(value);
    free(rows);
    itp_spots_deinit(&ranked);
    return st;
}

itp_status itp_search_table(const itp_search *search, itp_spots *out, size_t *evaluations)
{
    const itp_space *space = search->space;
    const double *context = search->scorer->view->problem->context;
    double *own = context ? with_context(space, context) : NULL;
    if (context && !own) return ITP_ENOMEM;
    const double *all = own ? own : itp_space_candidates(space);
    size_t n = itp_space_n_candidates(space);
    *evaluations += n;
    itp_status st = itp_scorer_block_exact(search->scorer)
                        ? score(search, n, all, NULL, out)
                        : score_ranked(search, all, out, evaluations);
    free(own);
    return st;
}
