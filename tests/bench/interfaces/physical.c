/* physical.c - the tasks' numbers beside those of an independent road, and their convergence.
 *   independent.py builds the same slabs with ASE and writes its own LAMMPS inputs.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attempt.h"
#include "report.h"
#include "suite.h"

#define MEAM "\"model\": \"kim:MEAM_LAMMPS_KimJungLee_2012_LiMg\""
#define AL   "\"model\": \"eam/fs:Al_mm.eam.fs\", \"phases\": [\"Al.vasp\"]"

static const char CONFIG[] = "{\"base\": \"" ITP_BENCH_DIR "\", \"cache\": \"\"}";

static const struct {
    const char *key, *surface, *options;
} SURFACES[] = {
    {"Li(100)", "Li(100)a", "{" MEAM ", \"phases\": [\"Li.vasp\"], \"thickness\": 20}"},
    {"Li(110)", "Li(110)a", "{" MEAM ", \"phases\": [\"Li.vasp\"], \"thickness\": 20}"},
    {"Li(111)", "Li(111)a", "{" MEAM ", \"phases\": [\"Li.vasp\"], \"thickness\": 20}"},
    {"Mg(001)", "Mg(001)a", "{" MEAM ", \"phases\": [\"Mg.vasp\"], \"thickness\": 30}"},
    {"Al(111)", "Al(111)a", "{" AL ", \"thickness\": 20}"},
    {"Cu(111)", "Cu(111)a",
     "{\"model\": \"eam/alloy:Cu_mishin1.eam.alloy\", \"phases\": [\"Cu.vasp\"], \"thickness\": "
     "20}"},
};

static json_t *independent(void)
{
    FILE *pipe = popen("/usr/bin/python3 " ITP_BENCH_DIR "/independent.py", "r");
    json_error_t why;
    json_t *values = pipe ? json_loadf(pipe, 0, &why) : NULL;
    if (pipe) pclose(pipe);
    return values;
}

static double run(attempt *a, const char *task, const itp_value *in, size_t n, const char *options,
                  const char *output, const char *unit)
{
    const itp_port wanted[] = {WANT(output, unit)};
    a->request.task = task;
    a->request.inputs = in;
    a->request.n_inputs = n;
    a->request.wanted = wanted;
    a->request.n_wanted = 1;
    if (attempt_run(a, options) != ITP_CAUSE_NONE) printf("  %s: %s\n", task, a->report.text);
    return attempt_number(a, output);
}

static double surface_energy(attempt *a, const char *surface, const char *options)
{
    const itp_value in[] = {LABEL("surface", surface)};
    return run(a, "interface.surface", in, 1, options, "surface_energy", "J/m2");
}

static void surfaces(report *r, attempt *a)
{
    json_t *wanted = independent();
    if (!wanted) {
        report_skip(r, "surface energies", "python3-ase or lammps is not installed");
        return;
    }
    size_t n = sizeof SURFACES / sizeof *SURFACES;
    for (size_t i = 0; i < n; i++) {
        char bar[96];
        snprintf(bar, sizeof bar, "%s surface energy against ASE, J/m2", SURFACES[i].key);
        report_near(r, bar, surface_energy(a, SURFACES[i].surface, SURFACES[i].options),
                    json_number_value(json_object_get(wanted, SURFACES[i].key)), 0.02);
    }
    json_decref(wanted);
}

/* What half as much again of thickness and of vacuum changes. */
static void convergence(report *r, attempt *a)
{
    static const char *const THICKNESS[] = {
        "{" MEAM ", \"phases\": [\"Li.vasp\"], \"thickness\": 12}",
        "{" MEAM ", \"phases\": [\"Li.vasp\"], \"thickness\": 24}"};
    static const char *const VACUUM[] = {"{" MEAM ", \"phases\": [\"Li.vasp\"], \"vacuum\": 10}",
                                         "{" MEAM ", \"phases\": [\"Li.vasp\"], \"vacuum\": 20}"};
    double thin = surface_energy(a, "Li(100)a", THICKNESS[0]),
           thick = surface_energy(a, "Li(100)a", THICKNESS[1]);
    double narrow = surface_energy(a, "Li(100)a", VACUUM[0]),
           wide = surface_energy(a, "Li(100)a", VACUUM[1]);
    report_bar(r, "Li(100): 12 to 24 angstrom of slab, relative change", fabs(thin / thick - 1),
               AT_MOST, 0.01);
    report_bar(r, "Li(100): 10 to 20 angstrom of vacuum, relative change", fabs(narrow / wide - 1),
               AT_MOST, 1e-4);
    double small =
        run(a, "atoms.vacancy", NULL, 0, "{" AL ", \"supercell\": 3}", "formation", "eV");
    double large =
        run(a, "atoms.vacancy", NULL, 0, "{" AL ", \"supercell\": 4}", "formation", "eV");
    report_bar(r, "Al vacancy: 108 to 256 sites, relative change", fabs(small / large - 1), AT_MOST,
               0.02);
    report_bar(r, "Al vacancy formation, eV (Al_mm by its authors: 0.66)", fabs(large - 0.66),
               AT_MOST, 0.03);
}

static void boundaries(report *r, attempt *a)
{
    static const char OPTIONS[] =
        "{" AL ", \"axis\": [0, 0, 1], \"sigma\": 5, \"plane\": [2, 1, 0], \"thickness\": 22, "
        "\"search\": 4, \"force\": 0.005}";
    double energy = run(a, "interface.boundary", NULL, 0, OPTIONS, "boundary_energy", "J/m2");
    /* 60 starts of a periodic bicrystal built and relaxed apart from this code, also in a doubled
     * cell. */
    report_near(r, "Al Sigma 5 (210) boundary against a periodic bicrystal, J/m2", energy, 0.52668,
                0.002);
    report_bar(r, "Al Sigma 5 (210) boundary, J/m2, from below", energy, AT_LEAST, 0.50);
    report_bar(r, "Al Sigma 5 (210) boundary, J/m2, from above", energy, AT_MOST, 0.52);
}

static void hops(report *r, attempt *a)
{
    static const char AU[] = "{\"engine\": \"ase\", \"model\": \"emt\", \"phases\": [\"Al.vasp\"], "
                             "\"lattice\": \"file\", "
                             "\"surfaces\": \"Al(100)a\", \"adatom\": \"Au\", \"layers\": 3, "
                             "\"frozen\": 2, \"force\": 0.02, "
                             "\"images\": 5}";
    static const char VACANCY[] =
        "{" AL ", \"supercell\": 3, \"hop\": \"bulk\", \"images\": 5, \"force\": 0.02}";
    double hop = run(a, "atoms.migration", NULL, 0, AU, "barrier", "eV");
    report_near(r, "Au hop on Al(100), EMT through ASE, eV", hop, 0.374, 0.01);
    hop = run(a, "atoms.migration", NULL, 0, VACANCY, "barrier", "eV");
    report_bar(r, "Al vacancy hop, LAMMPS, eV, from below", hop, AT_LEAST, 0.5);
    report_bar(r, "Al vacancy hop, LAMMPS, eV, from above", hop, AT_MOST, 0.75);
}

static void elastic(report *r, attempt *a)
{
    static const char CU[] =
        "{\"model\": \"eam/alloy:Cu_mishin1.eam.alloy\", \"phases\": [\"Cu.vasp\"]}";
    report_near(r, "Cu c11 (Mishin et al. 2001: 169.9), GPa",
                run(a, "atoms.elastic", NULL, 0, CU, "c11", "GPa"), 169.9, 0.02);
    report_near(r, "Cu c12 (122.6), GPa", run(a, "atoms.elastic", NULL, 0, CU, "c12", "GPa"), 122.6,
                0.02);
    report_near(r, "Cu c44 (76.2), GPa", run(a, "atoms.elastic", NULL, 0, CU, "c44", "GPa"), 76.2,
                0.02);
}

static void wulff(report *r, attempt *a)
{
    static const char CU[] =
        "{\"model\": \"eam/alloy:Cu_mishin1.eam.alloy\", \"phases\": [\"Cu.vasp\"], \"miller\": 1}";
    double mean = run(a, "interface.wulff", NULL, 0, CU, "surface_energy", "J/m2");
    report_bar(r, "Cu Wulff shape: mean surface energy, J/m2", mean, AT_LEAST,
               surface_energy(a, "Cu(111)a", CU));
}

void bench_physical(report *r)
{
    attempt a;
    if (access("/usr/bin/lmp", X_OK) != 0) {
        report_skip(r, "physical values", "LAMMPS is not installed");
        return;
    }
    attempt_open(&a, "interface", CONFIG);
    surfaces(r, &a);
    convergence(r, &a);
    if (!r->quick) {
        boundaries(r, &a);
        hops(r, &a);
        elastic(r, &a);
        wulff(r, &a);
    }
    attempt_close(&a);
}
