/* gross.c - "auto": readings that are gross errors are set apart, and the others are fitted as if
 * those had never been made.
 *   Relevance pursuit (robust.c) names the first suspects. It climbs from one fit in which errors
 * and function are mixed, so that its noise may stay loud and its support incomplete: its answer is
 * where to begin. The rows outside the support are fitted the ordinary way (several starts, exact
 * data tried as well), every row is judged by that fit, and what it contradicts is set apart
 * instead, until nothing changes: the concentration steps of Rousseeuw & Van Driessen 1999. With
 * few rows a fit contradicts true readings as well; so each change must be worth it by the evidence
 * of both fits (score). A later fit begins with what was set apart before, and with new readings
 * that the fit in force did not expect: they had no part in its hyperparameters, so that an error
 * stands out there, and often no more once it has widened the noise.
 *   Only gross errors are looked for: beyond GROSS sd of all outcomes, at rows that lie apart.
 * Heavy tails and steps stay the business of the ordinary model, whose intervals must cover them.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exact.h"
#include "normal.h"
#include "prior.h"

/* The largest residual of n normal ones exceeds its limit with this probability. */
static const double CHANCE = 0.01;
/* Where the noise is smaller the outcome may be exact, and the one or two that stand out
 * discoveries. */
static const double EXACT = 1e-4;
static const double SAME = 1e-12;  /* squared distance of one place, in lengthscales */
static const double SURE_NATS = 3; /* of evidence, for each change: twenty to one */
/* For the first one more: that one campaign in a hundred has gross errors at all, ln 100. */
static const double FIRST_NATS = 7.6;
static const double SHARE_MOST = 0.35; /* of the rows: more are no exceptions */
static const double LOUD = 0.05;       /* latent noise variance */
enum { ROWS_LEAST = 10, PASSES_MOST = 10 };

/* What leave-one-out says of the rows. */
typedef struct {
    size_t n;
    double *residual; /* n: standardised, >= 0 */
    double *gap;      /* n: latent, signed */
    double *scratch;  /* n */
    double limit;     /* of residuals */
    double gross;     /* of gaps */
} verdict;

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void itp_unmask(size_t n, double *residual, double *scratch)
{
    if (n == 0) return;
    for (size_t i = 0; i < n; i++) scratch[i] = fabs(residual[i]);
    qsort(scratch, n, sizeof *scratch, ascending);
    double scale = scratch[n / 2] / 0.6744897501960817; /* the median of |N(0, 1)| */
    for (size_t i = 0; scale > 1e-6 && scale < 1 && i < n; i++) residual[i] /= scale;
}

/* Of all outcomes, by the quartiles. */
static double quartile_sd(const verdict *v, const itp_surrogate *s)
{
    memcpy(v->scratch, s->rows.y, v->n * sizeof *v->scratch);
    qsort(v->scratch, v->n, sizeof *v->scratch, ascending);
    return (v->scratch[3 * v->n / 4] - v->scratch[v->n / 4]) / 1.349; /* of a normal */
}

/* Standard deviation of the outcomes that are not set apart. */
static double sd_of_rest(const itp_surrogate *s)
{
    double count = 0, mean = 0, square = 0;
    for (size_t i = 0; i < s->rows.n; i++) {
        if (s->apart && s->apart[i] == ITP_APART) continue;
        double step = s->rows.y[i] - mean;
        mean += step / ++count; /* Welford */
        square += step * (s->rows.y[i] - mean);
    }
    return count > 1 ? sqrt(square / (count - 1)) : 0;
}

/* Row i left out: latent mean and variance of the mixture of members. */
static void leave_out(const itp_surrogate *s, size_t i, double *mean, double *var)
{
    size_t members = itp_surrogate_members(s);
    itp_surrogate_leave_out(s, 0, i, mean, var);
    for (size_t k = 1; k < members; k++) { /* running means; between members as Welford's */
        double m, v, share = 1 / (double)(k + 1);
        itp_surrogate_leave_out(s, k, i, &m, &v);
        double step = m - *mean;
        *mean += share * step;
        *var += share * (v - *var) + share * (1 - share) * step * step;
    }
}

static void look(verdict *v, const itp_surrogate *s)
{
    v->limit = -itp_ndtri(0.5 * CHANCE / (double)v->n);
    for (size_t i = 0; i < v->n; i++) {
        double mean, var;
        leave_out(s, i, &mean, &var);
        v->residual[i] = fabs(s->rows.z[i] - mean) / sqrt(var);
        double level = 0; /* the prior mean */
        (void)itp_surrogate_level(s, s->rows.x + i * s->d, &level, NULL);
        v->gap[i] = s->rows.y[i] - itp_transform_from(&s->transform[0], mean + level);
    }
    itp_unmask(v->n, v->residual, v->scratch);
}

static int is_contradicted(const verdict *v, size_t i)
{
    return fabs(v->gap[i]) > v->gross && v->residual[i] > v->limit;
}

static itp_status open_verdict(verdict *v, size_t n)
{
    *v = (verdict){.n = n, .residual = malloc((3 * n + 1) * sizeof *v->residual)};
    if (!v->residual) return ITP_ENOMEM;
    v->gap = v->residual + n;
    v->scratch = v->gap + n;
    return ITP_OK;
}

/* Whether the ordinary fit is contradicted so clearly that errors are to be looked for. */
static int is_suspicious(const itp_surrogate *s, verdict *v)
{
    size_t enough = itp_surrogate_noise_var(s, 0) < EXACT ? 3 : 1, found = 0;
    look(v, s);
    v->gross = ITP_GROSS * quartile_sd(v, s);
    for (size_t i = 0; i < v->n; i++) found += is_contradicted(v, i);
    return found >= enough;
}

/* Whether errors may be looked for in these rows at all. */
static int applies(const itp_surrogate *s)
{
    return s->noise != ITP_NOISE_NONE && s->rows.n >= ROWS_LEAST && s->outcomes == 1;
}

int itp_gross_is_suspicious(const itp_surrogate *s)
{
    verdict v;
    if (!applies(s) || open_verdict(&v, s->rows.n) != ITP_OK) return 0;
    int suspicious = is_suspicious(s, &v);
    free(v.residual);
    return suspicious;
}

static double distance2(const itp_points *points, size_t a, size_t b)
{
    double sum = 0;
    for (size_t e = 0; e < points->features; e++) {
        double t = points->f[e * points->stride + a] - points->f[e * points->stride + b];
        sum += t * t;
    }
    return sum;
}

/* Whether one of the two rows nearest to a row set apart is so too, and errs to the same side. */
static int has_company(const verdict *v, const unsigned char *apart, const itp_points *points,
                       size_t row)
{
    size_t near[2] = {row, row};
    double least[2] = {INFINITY, INFINITY};
    for (size_t i = 0; i < v->n; i++) {
        double d2 = i == row ? 0 : distance2(points, row, i);
        if (d2 < SAME) continue; /* replicates are vouched for or not */
        if (d2 < least[0]) {
            least[1] = least[0], near[1] = near[0];
            least[0] = d2, near[0] = i;
        } else if (d2 < least[1]) {
            least[1] = d2, near[1] = i;
        }
    }
    for (int k = 0; k < 2; k++)
        if (near[k] != row && apart[near[k]] == ITP_APART && v->gap[near[k]] * v->gap[row] > 0)
            return 1;
    return 0;
}

/* Errors fall anywhere; what gathers is structure. Company is expected at a share q of those set
 * apart: more by three standard deviations, and by more than one pair, is no chance. */
static int lie_apart(const itp_surrogate *s, const verdict *v, size_t count)
{
    itp_points points = {0};
    const double *theta = ((const itp_posterior *)s->state)->hyper.theta;
    double k = (double)count, q = k / (double)v->n, with = 0;
    if (itp_kernel_embed(s->kernel, theta, v->n, s->rows.x, &points) != ITP_OK) return 1;
    for (size_t i = 0; i < v->n; i++)
        if (s->apart[i] == ITP_APART) with += has_company(v, s->apart, &points, i);
    itp_points_deinit(&points);
    return with <= q * k + 3 * sqrt(q * (1 - q) * k) + 2;
}

static size_t count_apart(const itp_surrogate *s)
{
    size_t count = 0;
    for (size_t i = 0; s->apart && i < s->rows.n; i++) count += s->apart[i] == ITP_APART;
    return count;
}

/* Whether what is set apart is some, few, and here and there. */
static int are_exceptions(const itp_surrogate *s, const verdict *v)
{
    size_t count = count_apart(s);
    return count > 0 && (double)count <= SHARE_MOST * (double)v->n && lie_apart(s, v, count);
}

/* Whether data begin with the rows that the model has. */
static int continues(const itp_surrogate *s, const itp_data *data)
{
    const itp_rows *rows = &s->rows;
    return data->n >= rows->n && memcmp(data->y, rows->y, rows->n * sizeof *rows->y) == 0 &&
           memcmp(data->x, rows->x, rows->n * rows->d * sizeof *rows->x) == 0;
}

/* Marks in `vouched` what leave-one-out does not contradict once the rows set apart count again, at
 * the same hyperparameters: errors do not repeat themselves, what a second one confirms is so. */
static itp_status ask_all(const itp_surrogate *s, const verdict *v, unsigned char *vouched)
{
    const itp_posterior *rest = s->state;
    itp_posterior all;
    itp_posterior_init(&all, s->kernel, s->d);
    itp_status st = itp_posterior_build(&all, &s->rows, &rest->hyper, NULL);
    for (size_t i = 0; i < v->n; i++) {
        double mean, var;
        vouched[i] = 0;
        if (st != ITP_OK) continue;
        itp_posterior_loo(&all, &s->rows, i, &mean, &var);
        vouched[i] = fabs(s->rows.z[i] - mean) <= v->limit * sqrt(var);
    }
    itp_posterior_deinit(&all);
    return st == ITP_ENOTPD ? ITP_OK : st;
}

itp_status itp_gross_carry(itp_surrogate *s, const itp_data *data)
{
    verdict v;
    free(s->apart);
    s->apart = NULL;
    if (s->class != &ITP_MODEL_ROBUST || strcmp(s->model_name, "auto") != 0 || !continues(s, data))
        return ITP_OK;
    const double *extra = ((const itp_posterior *)s->state)->extra;
    unsigned char *vouched = malloc(s->rows.n + 1);
    itp_status st = open_verdict(&v, s->rows.n);
    if (!(s->apart = calloc(data->n + 1, 1)) || !vouched) st = ITP_ENOMEM;
    if (st != ITP_OK) goto done;
    for (size_t i = 0; i < v.n; i++) s->apart[i] = extra && extra[i] > 0 ? ITP_APART : 0;
    look(&v, s);
    v.gross = ITP_GROSS * sd_of_rest(s);
    st = ask_all(s, &v, vouched);
    for (size_t i = s->n_fit; i < v.n && st == ITP_OK; i++)
        if (is_contradicted(&v, i) && !vouched[i]) s->apart[i] = ITP_SUSPECT;
done:
    free(vouched);
    free(v.residual);
    return st;
}

/* Transform and rows anew, then the exact model, for what is set apart now. */
static itp_status fit_rest(itp_surrogate *s, uint64_t seed, itp_fit_report *report)
{
    itp_status st = itp_surrogate_fit_transforms(s, s->transform[0].kind);
    for (size_t i = 0; i < s->rows.n && st == ITP_OK; i++) itp_surrogate_to_latent_row(s, i);
    s->class = &ITP_MODEL_EXACT;
    return st == ITP_OK ? itp_exact_fit(s, seed, report) : st;
}

/* What a fit is worth, with what it sets apart, in nats and units of y: the evidence of the rest,
 * an even density over all that was read for each error, and for how many there are the prior of
 * Ament et al. 2024, exp(-k/m) with m = n/5, all sets of one size alike. The prior of the noise is
 * left out, as where fit.c compares loud with quiet. */
static double score(const itp_surrogate *s, const itp_fit_report *report)
{
    const itp_posterior *post = s->state;
    double n = (double)s->rows.n, k = 0, low = INFINITY, high = -INFINITY;
    double value = report->log_likelihood +
                   itp_prior_kernel(s->kernel, ITP_MEASURE_NATURAL, post->hyper.theta, NULL);
    for (size_t i = 0; i < s->rows.n; i++) {
        low = fmin(low, s->rows.y[i]), high = fmax(high, s->rows.y[i]);
        if (post->extra && post->extra[i] > 0) {
            k++;
            value += 0.5 * (log(post->v[i]) + ITP_LOG_2PI);
        } else {
            value -= log(itp_transform_slope(&s->transform[0], s->rows.z[i]));
        }
    }
    value -= k * log(high - low) + k / (n / 5);
    return value - (lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1));
}

/* What may be changed by the fit to the rows not set apart: `add` what it contradicts and what
 * looked like an error when it came, `drop` what it does not contradict or what others confirm. */
typedef struct {
    size_t n_drop, n_add;
    unsigned char *drop, *add, *vouched; /* n */
} changes;

static itp_status judge(const itp_surrogate *s, verdict *v, changes *c)
{
    look(v, s);
    v->gross = ITP_GROSS * sd_of_rest(s);
    itp_status st = ask_all(s, v, c->vouched);
    c->n_drop = c->n_add = 0;
    for (size_t i = 0; i < v->n && st == ITP_OK; i++) {
        int is_error = is_contradicted(v, i) && !c->vouched[i];
        c->add[i] = s->apart[i] == ITP_SUSPECT || (s->apart[i] == 0 && is_error);
        c->drop[i] = s->apart[i] == ITP_APART && !is_error;
        c->n_drop += c->drop[i];
        c->n_add += c->add[i];
    }
    return st;
}

/* The ordinary fit, to go back to where it turns out to be right. */
typedef struct {
    char kernel[ITP_NAME_MAX];
    itp_transform transform;
    itp_hyper hyper;
    itp_fit_report report;
    size_t n_choice;
} ordinary;

static itp_status remember(const itp_surrogate *s, const itp_fit_report *report, ordinary *o)
{
    snprintf(o->kernel, sizeof o->kernel, "%s", itp_kernel_name(s->kernel));
    o->transform = s->transform[0];
    o->report = *report;
    o->n_choice = s->n_choice;
    return itp_hyper_copy(&o->hyper, &((const itp_posterior *)s->state)->hyper,
                          itp_kernel_n_params(s->kernel));
}

static itp_status go_back(itp_surrogate *s, const ordinary *o, itp_fit_report *report)
{
    memset(s->apart, 0, s->rows.n);
    s->transform[0] = o->transform;
    s->n_choice = o->n_choice;
    *report = o->report;
    itp_status st = itp_surrogate_use_kernel(s, o->kernel);
    for (size_t i = 0; i < s->rows.n && st == ITP_OK; i++) itp_surrogate_to_latent_row(s, i);
    s->class = &ITP_MODEL_EXACT;
    if (st == ITP_OK) st = itp_exact_prepare(s);
    return st == ITP_OK ? itp_posterior_build(s->state, &s->rows, &o->hyper, NULL) : st;
}

/* What was set apart by an earlier fit is put back. */
static itp_status put_back(itp_surrogate *s, uint64_t seed, itp_fit_report *report)
{
    memset(s->apart, 0, s->rows.n);
    itp_status st = s->n_choice > 0 ? itp_surrogate_choose(s, seed) : ITP_OK;
    return st == ITP_OK ? fit_rest(s, seed, report) : st;
}

/* Pursuit for the first time. What was chosen by all rows is chosen again by the others. */
static itp_status begin(itp_surrogate *s, const ordinary *before, uint64_t seed,
                        itp_fit_report *report)
{
    double to_beat = score(s, report) + FIRST_NATS;
    if (!(s->apart = calloc(s->rows.n + 1, 1))) return ITP_ENOMEM;
    itp_status st = itp_robust_suspect(s, seed, s->apart);
    if (st != ITP_OK || count_apart(s) == 0) return st;
    st = fit_rest(s, seed, report);
    if (st == ITP_OK && !(score(s, report) > to_beat)) return go_back(s, before, report);
    if (st == ITP_OK && s->n_choice > 0) {
        st = itp_surrogate_choose(s, seed);
        if (st == ITP_OK) st = fit_rest(s, seed, report);
    }
    return st;
}

static void mark(itp_surrogate *s, const unsigned char *which, unsigned char as)
{
    for (size_t i = 0; i < s->rows.n; i++)
        if (which[i]) s->apart[i] = as;
}

/* Marks these rows; *kept: the evidence is for it, by `margin` nats. Otherwise as before. */
static itp_status try_marks(itp_surrogate *s, const unsigned char *which, unsigned char as,
                            double margin, uint64_t seed, itp_fit_report *report, int *kept)
{
    double before = score(s, report);
    mark(s, which, as);
    itp_status st = fit_rest(s, seed, report);
    *kept = st == ITP_OK && score(s, report) > before + margin;
    if (st != ITP_OK || *kept) return st;
    mark(s, which, as ? 0 : ITP_APART);
    return fit_rest(s, seed, report);
}

/* Leaves of `which` only the row with the largest residual, or with the smallest. */
static void keep_one(const verdict *v, unsigned char *which, int sign)
{
    size_t one = v->n;
    for (size_t i = 0; i < v->n; i++)
        if (which[i] && (one == v->n || sign * (v->residual[i] - v->residual[one]) > 0)) one = i;
    for (size_t i = 0; i < v->n; i++) which[i] = i == one;
}

/* One change of what is set apart, the errors first, since they blur everything else; *changed: 0
 * where nothing was. */
static itp_status step(itp_surrogate *s, verdict *v, changes *c, uint64_t seed,
                       itp_fit_report *report, int *changed)
{
    itp_status st = judge(s, v, c);
    *changed = 0;
    if (st == ITP_OK && c->n_add > 0)
        st = try_marks(s, c->add, ITP_APART, SURE_NATS, seed, report, changed);
    if (st == ITP_OK && c->n_add > 1 && !*changed) {
        keep_one(v, c->add, 1);
        st = try_marks(s, c->add, ITP_APART, SURE_NATS, seed, report, changed);
    }
    if (st == ITP_OK && c->n_drop > 0 && !*changed)
        st = try_marks(s, c->drop, 0, -SURE_NATS, seed, report, changed);
    if (st == ITP_OK && c->n_drop > 1 && !*changed) {
        keep_one(v, c->drop, -1);
        st = try_marks(s, c->drop, 0, -SURE_NATS, seed, report, changed);
    }
    return st;
}

/* Changes what is set apart until nothing is better. */
static itp_status settle(itp_surrogate *s, verdict *v, changes *c, uint64_t seed,
                         itp_fit_report *report)
{
    itp_status st = ITP_OK;
    for (int pass = 0, changed = 1; pass < PASSES_MOST && changed && st == ITP_OK; pass++)
        st = step(s, v, c, seed, report, &changed);
    return st;
}

/* From nothing once more, where most of what is seen is noise: an error that was taken for a
 * reading may have hidden the others. The better one stays. */
static itp_status begin_again(itp_surrogate *s, verdict *v, changes *c, uint64_t seed,
                              itp_fit_report *report)
{
    double before = score(s, report);
    unsigned char *kept = malloc(v->n + 1);
    if (!kept) return ITP_ENOMEM;
    memcpy(kept, s->apart, v->n);
    memset(s->apart, 0, v->n);
    itp_status st = fit_rest(s, seed, report);
    if (st == ITP_OK) st = itp_robust_suspect(s, seed, s->apart);
    if (st == ITP_OK) st = fit_rest(s, seed, report);
    if (st == ITP_OK) st = settle(s, v, c, seed, report);
    if (st == ITP_OK && !(score(s, report) > before)) {
        memcpy(s->apart, kept, v->n);
        st = fit_rest(s, seed, report);
    }
    free(kept);
    return st;
}

/* Looks for errors in an ordinary fit. */
static itp_status look_first(itp_surrogate *s, verdict *v, changes *c, uint64_t seed,
                             itp_fit_report *report)
{
    ordinary before = {.n_choice = 0};
    if (!is_suspicious(s, v)) return ITP_OK;
    itp_status st = remember(s, report, &before);
    if (st == ITP_OK) st = begin(s, &before, seed, report);
    if (st == ITP_OK && count_apart(s) > 0) {
        st = settle(s, v, c, seed, report);
        if (st == ITP_OK && !are_exceptions(s, v)) st = go_back(s, &before, report);
    }
    itp_hyper_deinit(&before.hyper);
    return st;
}

/* Goes on from what was set apart before. */
static itp_status look_again(itp_surrogate *s, verdict *v, changes *c, uint64_t seed,
                             itp_fit_report *report)
{
    itp_status st = settle(s, v, c, seed, report);
    if (st == ITP_OK && itp_surrogate_noise_var(s, 0) > LOUD)
        st = begin_again(s, v, c, seed, report);
    return st == ITP_OK && !are_exceptions(s, v) ? put_back(s, seed, report) : st;
}

itp_status itp_gross_fit(itp_surrogate *s, uint64_t seed, itp_fit_report *report)
{
    verdict v;
    size_t n = s->rows.n;
    if (!applies(s)) return ITP_OK;
    changes c = {.drop = malloc(3 * n)};
    itp_status st = open_verdict(&v, n);
    if (st == ITP_OK && !c.drop) st = ITP_ENOMEM;
    c.add = c.drop + n, c.vouched = c.add + n;
    if (st == ITP_OK)
        st = s->apart ? look_again(s, &v, &c, seed, report) : look_first(s, &v, &c, seed, report);
    report->outliers = (unsigned)count_apart(s);
    if (st == ITP_OK && report->outliers > 0) s->class = &ITP_MODEL_ROBUST;
    free(v.residual);
    free(c.drop);
    return st;
}
