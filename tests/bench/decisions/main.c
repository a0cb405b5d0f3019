/* main.c - bench_decisions: how good and how fast decisions are, bar by bar.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static const char HELP[] =
    "bench_decisions [options]\n"
    "  --bar N            one bar of the issue Decisions (2 feasible and diverse,\n"
    "                     3 synthetic, 4 measured, 5 noise and "
    "batches,\n"
    "                     6 several objectives, limits, outliers, 7 speed, 8 stopping);\n"
    "                     10 many parameters, which has no limit; default all\n"
    "  --only NAME        one problem or data set (of bar 6 also outliers, outliers-hartmann6,\n"
    "                     outliers-crossed-barrel)\n"
    "  --seeds N          campaigns of each (default: the bar's own number)\n"
    "  --first-seed N     other seeds than 0, 1, 2, ...\n"
    "  --start N          trials before the model speaks, over measured sets (default: the bar's)\n"
    "  --threads N        campaigns at once (default: one a core)\n"
    "  --acquisition A, --kernel K, --model M, --transform T, --noise none,\n"
    "  --search trust-region   other settings than the defaults\n"
    "  --quick            fewer seeds: ends within 50 s\n"
    "  --json             one line a bar\n"
    "  --verbose          one line a campaign\n"
    "Measured sets are found through INTERPHASE_DATA; without it their bars are skipped.\n";

static int parse(int argc, char **argv, bench_options *o)
{
    for (int i = 1; i < argc; i++) {
        const char *flag = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(flag, "--json") == 0)
            o->json = 1;
        else if (strcmp(flag, "--quick") == 0)
            o->quick = 1;
        else if (strcmp(flag, "--verbose") == 0)
            o->verbose = 1;
        else if (!value)
            return 0;
        else {
            i++;
            if (strcmp(flag, "--bar") == 0)
                o->bar = atoi(value);
            else if (strcmp(flag, "--only") == 0)
                o->only = value;
            else if (strcmp(flag, "--seeds") == 0)
                o->seeds = (size_t)strtoul(value, NULL, 10);
            else if (strcmp(flag, "--first-seed") == 0)
                o->first_seed = strtoul(value, NULL, 10);
            else if (strcmp(flag, "--start") == 0)
                o->start = (size_t)strtoul(value, NULL, 10);
            else if (strcmp(flag, "--threads") == 0)
                o->threads = (unsigned)strtoul(value, NULL, 10);
            else if (strcmp(flag, "--acquisition") == 0)
                o->with.acquisition = value;
            else if (strcmp(flag, "--kernel") == 0)
                o->with.kernel = value;
            else if (strcmp(flag, "--model") == 0)
                o->with.model = value;
            else if (strcmp(flag, "--transform") == 0)
                o->with.transform = value;
            else if (strcmp(flag, "--search") == 0)
                o->with.trust_region = strcmp(value, "trust-region") == 0;
            else if (strcmp(flag, "--noise") == 0 && strcmp(value, "none") == 0)
                o->with.noise = ITP_NOISE_NONE;
            else
                return 0;
        }
    }
    return 1;
}

int main(int argc, char **argv)
{
    bench_options options = {.data = getenv("INTERPHASE_DATA")};
    if (!parse(argc, argv, &options)) {
        fputs(HELP, stderr);
        return 2;
    }
    static const struct {
        int bar;
        int (*run)(const bench_options *);
    } BARS[] = {{2, bench_wild},    {3, bench_synthetic}, {4, bench_measured}, {5, bench_noisy},
                {6, bench_several}, {7, bench_speed},     {8, bench_stopping}, {10, bench_high}};
    int missed = 0;
    for (size_t i = 0; i < sizeof BARS / sizeof *BARS; i++)
        if (options.bar == 0 || options.bar == BARS[i].bar) missed += BARS[i].run(&options);
    return missed > 0;
}
