/* scale.c - bar 4: Vecchia's approximation, its growth with n and its distance from the exact
 * model. SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "normal.h"
#include "report.h"

enum { D = 6, TEST = 1000 };

typedef struct {
    double seconds, rmse, log_density;
} outcome;

static outcome run(const settings *s, const char *model, size_t n)
{
    double *x = malloc((n + TEST) * D * sizeof *x), *y = malloc((n + 3 * TEST) * sizeof *y);
    double *mean = y + n + TEST, *var = mean + TEST;
    itp_column columns[D];
    itp_surrogate *fitted = NULL;
    itp_surrogate_options options = {
        .model = model, .kernel = "matern52", .transform = "standardise", .threads = s->threads};
    outcome out = {0};
    random_problem(6, n + TEST, D, 0.1, x, y);
    real_columns(D, columns);
    itp_surrogate_create(&fitted, D, columns, &options, NULL);
    itp_data data = {n, D, x, y, NULL};
    itp_fit_report done;
    double start = now_s();
    itp_surrogate_fit(fitted, &data, 1, &done);
    out.seconds = now_s() - start;
    itp_latent_predict(fitted, 0, TEST, x + n * D, mean, var);
    double noise = itp_surrogate_noise_var(fitted, 0);
    double slope = itp_surrogate_from_latent_slope(fitted, 0);
    for (size_t i = 0; i < TEST; i++) {
        double z = itp_surrogate_to_latent(fitted, y[n + i]), sd = sqrt(var[i] + noise);
        out.rmse += slope * slope * (z - mean[i]) * (z - mean[i]) / TEST;
        out.log_density += (itp_log_npdf((z - mean[i]) / sd) - log(sd * slope)) / TEST;
    }
    out.rmse = sqrt(out.rmse);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    say(s, "  %-8s n=%-6zu %7.2f s, %u evaluations, rmse %.5f, log density %.4f, peak %ld MB\n",
        model, n, out.seconds, done.evaluations, out.rmse, out.log_density, usage.ru_maxrss / 1024);
    itp_surrogate_destroy(fitted);
    free(x);
    free(y);
    return out;
}

void bar_scale(const settings *s)
{
    if (s->quick) {
        outcome small = run(s, "vecchia", 2000), large = run(s, "vecchia", 8000);
        double power = log(large.seconds / small.seconds) / log(4);
        report(s, "4 vecchia growth 2000 to 8000 (power of n)", power, 1.15, power <= 1.15);
        return;
    }
    outcome first = run(s, "vecchia", 10000), middle = run(s, "vecchia", 30000);
    outcome last = run(s, "vecchia", 100000);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double power = log(last.seconds / first.seconds) / log(10);
    (void)middle;
    report(s, "4 vecchia growth 1e4 to 1e5 (power of n)", power, 1.15, power <= 1.15);
    report(s, "4 vecchia n=1e5 (s)", last.seconds, 300, last.seconds < 300);
    double gb = (double)usage.ru_maxrss / 1048576;
    report(s, "4 vecchia n=1e5 (GB)", gb, 2, gb < 2);
    outcome exact = run(s, "exact", 4000), near = run(s, "vecchia", 4000);
    double ratio = near.rmse / exact.rmse, lost = fabs(near.log_density - exact.log_density);
    report(s, "4 vecchia rmse over exact, n=4000", ratio, 1.03, ratio <= 1.03);
    report(s, "4 vecchia log density off exact, n=4000", lost, 0.03, lost <= 0.03);
}
