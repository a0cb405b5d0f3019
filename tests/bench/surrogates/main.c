/* main.c - bench_surrogates [--json] [--quick] [--threads N] [--python PATH] [BAR ...]
 *   Bars are the numbers of the list in `bars`; none: all. INTERPHASE_DATA names the measured sets.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

static const struct {
    int number;
    const char *what;
    void (*run)(const settings *s);
} BARS[] = {
    {2, "cannot fail", bar_robustness_of_fit},
    {3, "fast", bar_speed},
    {4, "scales", bar_scale},
    {5, "calibrated on measured data", bar_calibration},
    {6, "robust", bar_outliers},
    {7, "candidate scoring", bar_scoring},
};

static int usage(void)
{
    fputs("usage: bench_surrogates [--json] [--quick] [--threads N] [--python PATH] [BAR ...]\n"
          "       [--only SET] [--model M] [--kernel K] [--transform T] [--golden]\n"
          "  BAR      number of a bar; none: all of them\n"
          "  --quick  smaller sizes, ends within a minute\n",
          stderr);
    return 2;
}

int main(int argc, char **argv)
{
    settings s = {.data = getenv("INTERPHASE_DATA"), .python = "/usr/bin/python3"};
    int wanted[16] = {0}, any = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            s.json = 1;
        else if (strcmp(argv[i], "--quick") == 0)
            s.quick = 1;
        else if (strcmp(argv[i], "--golden") == 0)
            s.golden = 1;
        else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc)
            s.only = argv[++i];
        else if (strcmp(argv[i], "--model") == 0 && i + 1 < argc)
            s.model = argv[++i];
        else if (strcmp(argv[i], "--kernel") == 0 && i + 1 < argc)
            s.kernel = argv[++i];
        else if (strcmp(argv[i], "--transform") == 0 && i + 1 < argc)
            s.transform = argv[++i];
        else if (strcmp(argv[i], "--threads") == 0 && i + 1 < argc)
            s.threads = (unsigned)atoi(argv[++i]);
        else if (strcmp(argv[i], "--python") == 0 && i + 1 < argc)
            s.python = argv[++i];
        else if (atoi(argv[i]) > 0 && atoi(argv[i]) < 16)
            wanted[atoi(argv[i])] = any = 1;
        else
            return usage();
    }
    for (size_t b = 0; b < sizeof BARS / sizeof *BARS; b++) {
        if (any && !wanted[BARS[b].number]) continue;
        say(&s, "bar %d: %s\n", BARS[b].number, BARS[b].what);
        BARS[b].run(&s);
    }
    return 0;
}
