/* acq_thompson.c - Thompson sampling: the maximum of one posterior sample, a function that can be
 * evaluated and climbed anywhere (Wilson et al. 2020). Each point of a batch follows a sample of
 * its own; pending points need nothing more, since samples differ.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "simple_gain.h"
#include "stream.h"

enum { PATHS = 64 }; /* points of one batch that follow different samples */

typedef struct {
    itp_gain base;
    itp_paths *paths;
    size_t path;
    double mark;
} thompson;

static double eval(const itp_gain *gain, const double *x, double *grad, double *work)
{
    const thompson *self = (const thompson *)gain;
    double value, slope;
    size_t d = gain->view->d;
    if (itp_paths_eval(self->paths, self->path, 1, x, &value, grad ? work : NULL) != ITP_OK)
        return -1e300;
    value = itp_log_score(gain->view->sign * value - self->mark, &slope);
    for (size_t j = 0; grad && j < d; j++) grad[j] += gain->view->sign * slope * work[j];
    return value;
}

static itp_status extend(itp_gain *gain, const double *x)
{
    thompson *self = (thompson *)gain;
    (void)x;
    self->path = (self->path + 1) % PATHS;
    return ITP_OK;
}

static void destroy(itp_gain *gain)
{
    thompson *self = (thompson *)gain;
    if (!self) return;
    itp_paths_destroy(self->paths);
    free(self);
}

static itp_status create(itp_gain **out, const itp_view *view, unsigned threads)
{
    (void)threads;
    const itp_problem *p = view->problem;
    thompson *self = calloc(1, sizeof *self);
    if (!self) return ITP_ENOMEM;
    self->base = (itp_gain){&itp_gain_thompson, view, view->d, NULL, eval, extend, destroy, NULL};
    if (view->incumbent >= 0)
        self->mark =
            view->sign * view->mean[(size_t)view->incumbent * view->m + view->goal_outcome];
    itp_stream stream;
    itp_stream_init(&stream, p->seed, p->number, "thompson");
    itp_status st = itp_paths_create(&self->paths, p->belief[view->goal_outcome], PATHS, 0,
                                     itp_stream_bits(&stream));
    if (st == ITP_OK)
        *out = &self->base;
    else
        destroy(&self->base);
    return st;
}

const itp_gain_kind itp_gain_thompson = {"thompson", "Thompson sampling by pathwise samples",
                                         ITP_TRAIT_PENDING, create};
