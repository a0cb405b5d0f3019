/* wild_bars.c - bars 2 and 9: thousands of random campaigns over random spaces.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "wild.h"

enum { CAMPAIGNS = 10000, QUICK = 60 };

typedef struct {
    const bench_options *options;
    wild_result *results;
    itp_status *status;
} run;

static itp_status one(void *context, uint64_t seed, size_t index)
{
    run *r = context;
    r->status[index] = wild_campaign(seed + 1, &r->results[index]);
    const wild_result *w = &r->results[index];
    if (w->error[0] || w->worst > 1e-9 || w->repeated || w->wrong_none)
        fprintf(stderr, "seed %lu: %s worst %.2e repeated %zu wrong none %d\n",
                (unsigned long)seed + 1, w->error, w->worst, w->repeated, w->wrong_none);
    return ITP_OK;
}

int bench_wild(const bench_options *o)
{
    size_t n = o->seeds ? o->seeds : o->quick ? QUICK : CAMPAIGNS;
    run r = {o, calloc(n, sizeof *r.results), calloc(n, sizeof *r.status)};
    double silent = 0, errors = 0, infeasible = 0, repeated = 0, nones = 0, proposals = 0,
           empty = 0;
    if (!r.results || !r.status || bench_campaigns(o, "random campaigns", n, one, &r) != ITP_OK)
        return 1;
    for (size_t i = 0; i < n; i++) {
        empty += r.status[i] == ITP_ENONE;
        errors += r.status[i] != ITP_OK && r.status[i] != ITP_ENONE;
        infeasible += r.results[i].worst > 1e-9;
        repeated += (double)r.results[i].repeated;
        nones += r.results[i].wrong_none;
        silent += (double)r.results[i].silent;
        proposals += (double)r.results[i].proposals;
    }
    bench_say(o, "%zu random spaces, %.0f proposals; %.0f spaces without a feasible point\n", n,
              proposals, empty);
    bench_report(o, "2 feasible: spaces with a proposal off by more than 1e-9", infeasible, 0,
                 infeasible == 0);
    bench_report(o, "2 feasible: proposals equal to a pending or failed point", repeated, 0,
                 repeated == 0);
    bench_report(o, "2 feasible: spaces called used up that are not", nones, 0, nones == 0);
    bench_report(o, "9 diverse: campaigns that ended in an error", errors, 0, errors == 0);
    bench_report(o, "9 diverse: proposals by another acquisition that say nothing of it", silent, 0,
                 silent == 0);
    free(r.results);
    free(r.status);
    return (infeasible > 0) + (repeated > 0) + (nones > 0) + (errors > 0) + (silent > 0);
}
