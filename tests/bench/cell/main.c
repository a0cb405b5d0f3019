/* main.c - bars 1 to 3 of the cells: error against the reference solutions, and what it costs.
 *   Times are processor seconds of this thread, best of several: on an idle core they are wall
 * time, on a busy machine they stay what the models cost. Errors are the largest |dV| at the
 * reference's own times over the first nine tenths. Needs INTERPHASE_DATA. SPDX-License-Identifier:
 * GPL-3.0-or-later */
#include <sys/resource.h>
#include <time.h>

#include "reference.h"

static const char HELP[] = "bench_cell [--json] [--quick]\n"
                           "  --json   one line a bar\n"
                           "  --quick  fewer repeats, without the table of meshes\n";

typedef struct bench {
    int json, quick, failed;
} bench;

static reference ref;

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* One bar: at most `limit`. */
static void bar(bench *b, const char *name, double value, double limit, const char *unit)
{
    int ok = value <= limit;
    b->failed |= !ok;
    if (b->json)
        printf("{\"issue\": \"cell\", \"bar\": \"%s [%s]\", \"value\": %.6g, \"limit\": %.6g, "
               "\"ok\": %s}\n",
               name, unit, value, limit, ok ? "true" : "false");
    else
        printf("%-52s %12.5g %-4s at most %-8.5g %s\n", name, value, unit, limit,
               ok ? "ok" : "FAILED");
    fflush(stdout);
}

static int load(bench *b, const char *name)
{
    if (reference_read(&ref, name)) return 1;
    fprintf(stderr, "bench_cell: no %s.csv in INTERPHASE_DATA/cell_reference\n", name);
    b->failed = 1;
    return 0;
}

/* --- accuracy --- */
static void validate(bench *b, const char *model, const char *rate, double limit, double until)
{
    char name[64], label[96];
    deviation d;
    itp_error err = {0};
    snprintf(name, sizeof name, "%s_discharge_%s", model, rate);
    if (!load(b, name)) return;
    if (reference_discharge(&ref, model, NULL, until, &d, &err) != ITP_OK) {
        fprintf(stderr, "bench_cell: %s: %s\n", name, err.text);
        b->failed = 1;
        return;
    }
    snprintf(label, sizeof label, "%s %s discharge, error", model, rate);
    bar(b, label, d.main, limit, "mV");
    if (isinf(until)) {
        snprintf(label, sizeof label, "%s %s discharge, capacity", model, rate);
        bar(b, label, 100 * d.capacity, 0.02, "%");
    }
}

static void validate_all(bench *b)
{
    static const char *const MODELS[] = {"spm", "spme", "dfn"};
    static const double LIMITS[] = {0.05, 0.1, 0.3};
    static const char *const RATES[] = {"C10", "C2", "1C", "1C_default_init", "2C"};
    for (int m = 0; m < 3; m++)
        for (size_t r = 0; r < sizeof RATES / sizeof *RATES; r++)
            validate(b, MODELS[m], RATES[r], LIMITS[m], INFINITY);
    validate(b, "dfn", "3C", 0.3, 120);
}

/* --- cost --- */
/* A 1C discharge with set-up and nothing recorded, as the Python solver's time is counted. */
static double discharge_s(itp_cell_fidelity f, const itp_cell_options *options, int repeats)
{
    itp_error err;
    double best = INFINITY;
    itp_cell_parameters *p = malloc(sizeof *p);
    for (int k = 0; k < repeats; k++) {
        double start = cpu_s();
        itp_cell_runner *r = NULL;
        itp_cell_summary s;
        itp_cell_options o = options ? *options : itp_cell_defaults(f);
        itp_cell_step step = itp_cell_step_of(ITP_STEP_CURRENT, -5);
        step.until_voltage = 2.5;
        if (itp_cell_published(p, "Chen2020", &err) != ITP_OK ||
            itp_cell_runner_create(&r, p, &o, 1, NULL, NULL, &err) != ITP_OK ||
            itp_cell_run_step(r, &step, &s, &err) != ITP_OK)
            best = NAN;
        itp_cell_runner_destroy(r);
        best = fmin(best, cpu_s() - start);
    }
    free(p);
    return best;
}

static double cycles_s(itp_cell_fidelity f, int cycles, double *drift)
{
    itp_error err;
    itp_cell_parameters *p = malloc(sizeof *p);
    itp_cell_options o = itp_cell_defaults(f);
    itp_cell_runner *r = NULL;
    itp_cell_inventory before, after;
    itp_cell_step steps[3] = {itp_cell_step_of(ITP_STEP_CURRENT, -5),
                              itp_cell_step_of(ITP_STEP_CURRENT, 2.5),
                              itp_cell_step_of(ITP_STEP_VOLTAGE, 4.2)};
    steps[0].until_voltage = 2.5, steps[1].until_voltage = 4.2, steps[2].until_current = 0.1;
    o.sei = ITP_SEI_SOLVENT;
    double start = cpu_s(), took = NAN;
    itp_status st = itp_cell_published(p, "Chen2020", &err);
    if (st == ITP_OK) st = itp_cell_runner_create(&r, p, &o, 1, NULL, NULL, &err);
    if (st == ITP_OK) itp_cell_lithium(r->model, itp_cell_runner_state(r), &before);
    for (int k = 0; k < 3 * cycles && st == ITP_OK; k++) {
        itp_cell_summary s;
        st = itp_cell_run_step(r, &steps[k % 3], &s, &err);
    }
    if (st == ITP_OK) {
        took = cpu_s() - start;
        itp_cell_lithium(r->model, itp_cell_runner_state(r), &after);
        *drift = fabs(after.total / before.total - 1);
    }
    itp_cell_runner_destroy(r);
    free(p);
    return took;
}

static double best_cycles_s(itp_cell_fidelity f, int cycles, int repeats, double *drift)
{
    double best = INFINITY;
    for (int k = 0; k < repeats; k++) best = fmin(best, cycles_s(f, cycles, drift));
    return best;
}

/* Meshes that stay within 0.5 mV at 1C; their error is shown beside their time. */
static itp_cell_options fast(itp_cell_fidelity f)
{
    itp_cell_options o = itp_cell_defaults(f);
    if (f == ITP_CELL_SPME) o.n_neg = o.n_pos = 12, o.n_sep = 3, o.r_neg = o.r_pos = 12;
    if (f != ITP_CELL_DFN) o.tolerance = 1e-5;
    return o;
}

static void time_all(bench *b)
{
    static const char *const MODELS[] = {"spm", "spme", "dfn"};
    static const double LIMITS_MS[] = {2, 4, 60};
    int repeats = b->quick ? 7 : 25;
    for (int m = 0; m < 3; m++) {
        char name[64], label[96];
        deviation d = {0};
        itp_error err;
        itp_cell_options o = fast((itp_cell_fidelity)m);
        snprintf(name, sizeof name, "%s_discharge_1C", MODELS[m]);
        if (!load(b, name)) return;
        reference_discharge(&ref, MODELS[m], &o, INFINITY, &d, &err);
        snprintf(label, sizeof label, "%s 1C discharge, time", MODELS[m]);
        bar(b, label, 1e3 * discharge_s((itp_cell_fidelity)m, &o, repeats), LIMITS_MS[m], "ms");
        snprintf(label, sizeof label, "%s 1C discharge, error at that time", MODELS[m]);
        bar(b, label, d.main, 0.5, "mV");
    }
    double drift_spm = NAN, drift_dfn = NAN;
    bar(b, "spm 100 cycles with SEI, time",
        1e3 * best_cycles_s(ITP_CELL_SPM, 100, b->quick ? 3 : 7, &drift_spm), 400, "ms");
    bar(b, "dfn 20 cycles with SEI, time",
        best_cycles_s(ITP_CELL_DFN, 20, b->quick ? 1 : 3, &drift_dfn), 3, "s");
    bar(b, "spm 100 cycles, lithium drift", drift_spm, 1e-8, "1");
    bar(b, "dfn 20 cycles, lithium drift", drift_dfn, 1e-8, "1");
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    bar(b, "memory, peak of this process", (double)use.ru_maxrss / 1024, 20, "MB");
}

/* --- how honest the fidelities are --- */
static void row(const char *model, const itp_cell_options *o, const char *mesh)
{
    static const char *const RATES[] = {"C10", "1C", "2C"};
    itp_cell_fidelity f = reference_fidelity(model);
    double own[3] = {NAN, NAN, NAN}, truth[3] = {NAN, NAN, NAN};
    char name[64];
    deviation d;
    itp_error err;
    for (int k = 0; k < 3; k++) {
        snprintf(name, sizeof name, "%s_discharge_%s", model, RATES[k]);
        if (reference_read(&ref, name) &&
            reference_discharge(&ref, model, o, INFINITY, &d, &err) == ITP_OK)
            own[k] = d.main;
        snprintf(name, sizeof name, "dfn_discharge_%s", RATES[k]);
        if (reference_read(&ref, name) &&
            reference_discharge(&ref, model, o, INFINITY, &d, &err) == ITP_OK)
            truth[k] = d.main;
    }
    printf("%-5s %-18s %9.2f   %8.3f %8.3f %8.3f   %8.1f %8.1f %8.1f\n", model, mesh,
           1e3 * discharge_s(f, o, 9), own[0], own[1], own[2], truth[0], truth[1], truth[2]);
}

static void table(void)
{
    static const size_t CELLS[] = {8, 12, 20, 32};
    printf("\nmodel mesh               1C / ms   |dV| / mV against its own    against the DFN\n");
    printf("%36s    C/10       1C       2C       C/10       1C       2C\n", "");
    for (size_t n = 8; n <= 32; n *= 2) {
        char mesh[32];
        itp_cell_options o = itp_cell_defaults(ITP_CELL_SPM);
        o.r_neg = o.r_pos = n;
        snprintf(mesh, sizeof mesh, "%zu shells", n);
        row("spm", &o, mesh);
    }
    for (int f = ITP_CELL_SPME; f <= ITP_CELL_DFN; f++)
        for (size_t k = 0; k < sizeof CELLS / sizeof *CELLS; k++) {
            char mesh[32];
            itp_cell_options o = itp_cell_defaults((itp_cell_fidelity)f);
            o.n_neg = o.n_pos = CELLS[k];
            snprintf(mesh, sizeof mesh, "%zu+%zu+%zu x %zu", o.n_neg, o.n_sep, o.n_pos, o.r_neg);
            row(f == ITP_CELL_SPME ? "spme" : "dfn", &o, mesh);
        }
}

int main(int argc, char **argv)
{
    bench b = {0};
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--json"))
            b.json = 1;
        else if (!strcmp(argv[i], "--quick"))
            b.quick = 1;
        else {
            fputs(HELP, !strcmp(argv[i], "--help") ? stdout : stderr);
            return !strcmp(argv[i], "--help") ? 0 : 2;
        }
    }
    if (!suite_data_dir()) {
        fputs("bench_cell: set INTERPHASE_DATA to the folder of measured data\n", stderr);
        return 2;
    }
    validate_all(&b);
    time_all(&b);
    if (!b.json && !b.quick) table();
    return b.failed ? 3 : 0;
}
