/* speed.c - how long ten thousand candidates take, in what memory, and what the cache saves.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "attempt.h"
#include "catalogue.h"
#include "report.h"

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double wall_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct sink {
    FILE *out;
    size_t rows;
} sink;

static itp_status take(void *ctx, const itp_candidate *c)
{
    sink *s = ctx;
    fprintf(s->out, "%s", c->name);
    for (size_t k = 0; k < ITP_DESCRIPTOR_COUNT; k++) fprintf(s->out, ",%.6g", c->descriptors[k]);
    fputc('\n', s->out);
    return ++s->rows == 10000 ? ITP_ECANCELLED : ITP_OK;
}

static itp_phase *open_phase(const char *file)
{
    char path[512];
    itp_crystal *c = NULL;
    itp_phase *p = NULL;
    snprintf(path, sizeof path, "%s/%s", ITP_BENCH_DIR, file);
    if (itp_crystal_read(&c, path, NULL) == ITP_OK)
        (void)itp_phase_create(&p, c, ITP_SYMPREC, NULL);
    itp_crystal_destroy(c);
    return p;
}

static void candidates(report *r)
{
    itp_phase *li = open_phase("Li.vasp"), *mg = open_phase("Mg.vasp");
    sink s = {tmpfile(), 0};
    size_t n;
    double start = cpu_s();
    itp_catalogue what = {.phases = {li, mg},
                          .miller_max = 2,
                          .bounds = {250, 0.05, 0},
                          .registry_step = 1,
                          .registry_most = 3,
                          .share = 500,
                          .recipe = {{10, 10}, 15, NAN, 0}};
    itp_catalogue_user user = {take, NULL, &s};
    (void)itp_catalogue_list(&what, &user, &n, NULL);
    double seconds = cpu_s() - start;
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    report_bar(r, "candidates found, named and written", (double)s.rows, AT_LEAST, 10000);
    report_bar(r, "10,000 candidates, s on one core", seconds, AT_MOST, 60);
    report_bar(r, "10,000 candidates, memory, MB", (double)used.ru_maxrss / 1024, AT_MOST, 500);
    fclose(s.out);
    itp_phase_destroy(li);
    itp_phase_destroy(mg);
}

/* The same surfaces twice with one cache: what a second campaign on the same phases takes. */
static void cache(report *r)
{
    static const char *const SURFACES[] = {"Al(100)a", "Al(110)a", "Al(111)a", "Al(210)a"};
    static const char OPTIONS[] = "{\"model\": \"eam/fs:Al_mm.eam.fs\", \"phases\": [\"Al.vasp\"]}";
    char folder[] = "/tmp/itp-bench-XXXXXX", config[512], command[128];
    double seconds[2];
    if (access("/usr/bin/lmp", X_OK) != 0 || !mkdtemp(folder)) {
        report_skip(r, "cached references", "LAMMPS is not installed");
        return;
    }
    snprintf(config, sizeof config, "{\"base\": \"%s\", \"cache\": \"%s/cache\"}", ITP_BENCH_DIR,
             folder);
    for (int pass = 0; pass < 2; pass++) {
        attempt a;
        double start = wall_s();
        attempt_open(&a, "interface", config);
        for (size_t i = 0; i < 4; i++) {
            const itp_value in[] = {LABEL("surface", SURFACES[i])};
            const itp_port out[] = {WANT("surface_energy", "J/m2")};
            a.request.task = "interface.surface";
            INPUTS(&a, in);
            WANTED(&a, out);
            (void)attempt_run(&a, OPTIONS);
        }
        attempt_close(&a);
        seconds[pass] = wall_s() - start;
    }
    report_bar(r, "second campaign on cached references, times faster", seconds[0] / seconds[1],
               AT_LEAST, 1.5);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0) r->failed++;
}

void bench_speed(report *r)
{
    candidates(r);
    cache(r);
}
