/* ceiling.c - SPDX-License-Identifier: GPL-3.0-or-later */
#include "ceiling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "normal.h"

/* A latent sd below this is no sd: at the incumbent itself. */
static const double SD_LEAST = 1e-10;

typedef struct {
    double mean, sd, gap; /* of the incumbent under one member; gap upwards */
} base;

struct itp_ceiling {
    const itp_surrogate *model;
    double sign;
    size_t d, members;
    base *best; /* a member each */
};

/* Of a curved transform the widest gap that epsilon is where f(best) is likely to lie. */
static double find_gap(const itp_view *view, const itp_surrogate *model, double epsilon,
                       const base *best)
{
    double widest = 0;
    for (int k = -1; k <= 1; k++) {
        double z = best->mean + 3 * k * best->sd, y = itp_surrogate_from_latent(model, z);
        double gap = view->sign * (itp_surrogate_to_latent(model, y + view->sign * epsilon) - z);
        widest = fmax(widest, isnan(gap) ? INFINITY : gap);
    }
    return widest;
}

itp_status itp_ceiling_create(itp_ceiling **out, const itp_view *view, double epsilon)
{
    const itp_surrogate *model = view->problem->belief[view->goal_outcome];
    const double *x = view->problem->measured + (size_t)view->incumbent * view->d;
    itp_ceiling *c = calloc(1, sizeof *c);
    if (!c) return ITP_ENOMEM;
    *c = (itp_ceiling){model, view->sign, view->d, itp_surrogate_members(model), NULL};
    c->best = malloc((c->members + 1) * sizeof *c->best);
    itp_status st = c->best ? ITP_OK : ITP_ENOMEM;
    for (size_t m = 0; m < c->members && st == ITP_OK; m++) {
        double var = 0;
        st = itp_latent_predict(model, m, 1, x, &c->best[m].mean, &var);
        c->best[m].sd = sqrt(var);
        if (st == ITP_OK) c->best[m].gap = find_gap(view, model, epsilon, &c->best[m]);
    }
    if (st == ITP_OK)
        *out = c;
    else
        itp_ceiling_destroy(c);
    return st;
}

void itp_ceiling_destroy(itp_ceiling *ceiling)
{
    if (!ceiling) return;
    free(ceiling->best);
    free(ceiling);
}

/* Normal scores under one member: the greatest and the least that they may be. */
typedef struct {
    double most, least;
    double by_mean, by_sd; /* slopes of the greatest */
} score;

static score find_score(const itp_ceiling *c, size_t m, double mean, double sd)
{
    const base *best = &c->best[m];
    double ahead = best->gap - c->sign * (mean - best->mean);
    double together = fmax(fabs(sd - best->sd), SD_LEAST), apart = fmax(sd + best->sd, SD_LEAST);
    double width = ahead > 0 ? together : apart, t = ahead / width;
    double turn = ahead > 0 && sd < best->sd ? 1 : -1;
    return (score){t, ahead / (ahead > 0 ? apart : together), -c->sign / width,
                   width > SD_LEAST ? turn * t / width : 0};
}

itp_status itp_ceiling_at(const itp_ceiling *c, size_t n, const double *x, double *value,
                          double *least, double *together)
{
    double *mean = malloc((2 * n + 1) * sizeof *mean), *var = mean + n;
    itp_status st = mean ? ITP_OK : ITP_ENOMEM;
    for (size_t i = 0; i < n; i++) value[i] = least[i] = 0;
    *together = 0;
    for (size_t m = 0; m < c->members && st == ITP_OK; m++) {
        double lowest = 1;
        st = itp_latent_predict(c->model, m, n, x, mean, var);
        for (size_t i = 0; i < n && st == ITP_OK; i++) {
            score t = find_score(c, m, mean[i], sqrt(var[i]));
            double most = itp_ndtr(t.most);
            lowest = fmin(lowest, most);
            value[i] += most / (double)c->members;
            least[i] += itp_ndtr(t.least) / (double)c->members;
        }
        *together += lowest / (double)c->members;
    }
    free(mean);
    return st;
}

itp_status itp_ceiling_slope(const itp_ceiling *c, const double *x, double *value, double *grad)
{
    double mean, var, dmean[c->d + 1], dvar[c->d + 1];
    itp_status st = ITP_OK;
    *value = 0;
    memset(grad, 0, c->d * sizeof *grad);
    for (size_t m = 0; m < c->members && st == ITP_OK; m++) {
        st = itp_latent_predict_grad(c->model, m, x, &mean, &var, dmean, dvar);
        if (st != ITP_OK) break;
        double sd = sqrt(var);
        score t = find_score(c, m, mean, sd);
        double density = exp(itp_log_npdf(t.most)) / (double)c->members;
        *value += itp_ndtr(t.most) / (double)c->members;
        for (size_t j = 0; j < c->d; j++) {
            double dsd = sd > SD_LEAST ? dvar[j] / (2 * sd) : 0;
            grad[j] += density * (t.by_mean * dmean[j] + t.by_sd * dsd);
        }
    }
    return st;
}
