/* test_tasks.c - the connector as a worker sees it: real small calculations where LAMMPS is
 * installed, and every way in which an engine or a campaign can be wrong. SPDX-License-Identifier:
 * GPL-3.0-or-later */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attempt.h"
#include "suite.h"

#define GALLERY ITP_SOURCE_DIR "/tests/connectors/interface/structures"
#define AL      "\"engine\": \"lammps\", \"model\": \"eam/fs:Al_mm.eam.fs\", \"phases\": [\"Al.vasp\"]"

static const char CONFIG[] = "{\"base\": \"" GALLERY "\", \"cache\": \"\"}";

static int lammps_is_here(void)
{
    if (access("/usr/bin/lmp", X_OK) == 0) return 1;
    suite_skip("LAMMPS is not installed; not that");
    return 0;
}

static int says(const attempt *a, const char *part)
{
    if (strstr(a->report.text, part)) return 1;
    printf("\n  \"%s\" does not say \"%s\"\n", a->report.text, part);
    return 0;
}

static void bulk_and_surface_of_aluminium(void)
{ /* Al_mm.eam.fs: a = 4.0453 A, -3.4107 eV, by a separate input. */
    static const itp_port BULK[] = {WANT("energy", "eV"), WANT("a", "angstrom"),
                                    WANT("volume", "angstrom3")};
    static const itp_port SURFACE[] = {WANT("surface_energy", "J/m2"), WANT("thickness_error", "1"),
                                       WANT("vacuum_error", "1")};
    static const itp_value IN[] = {LABEL("surface", "Al(111)a")};
    if (!lammps_is_here()) return;
    attempt a;
    attempt_open(&a, "interface", CONFIG);
    a.request.task = "atoms.bulk";
    WANTED(&a, BULK);
    if (attempt_run(&a, "{" AL "}") != ITP_CAUSE_NONE) printf("\n  %s", a.report.text);
    CU_ASSERT_DOUBLE_EQUAL(attempt_number(&a, "a"), 4.045, 0.003);
    CU_ASSERT_DOUBLE_EQUAL(attempt_number(&a, "energy"), -3.41, 0.02);
    a.request.task = "interface.surface";
    INPUTS(&a, IN);
    WANTED(&a, SURFACE);
    if (attempt_run(&a, "{" AL ", \"check\": [\"thickness\", \"vacuum\"]}") != ITP_CAUSE_NONE)
        printf("\n  %s", a.report.text);
    /* ASE's fcc111 slab in a LAMMPS input written by hand gives 0.4278 with 6 and with 12 layers.
     */
    CU_ASSERT_DOUBLE_EQUAL(attempt_number(&a, "surface_energy"), 0.4278, 0.001);
    CU_ASSERT(attempt_number(&a, "thickness_error") < 0.02);
    CU_ASSERT(attempt_number(&a, "vacuum_error") < 0.001);
    CU_ASSERT_PTR_NOT_NULL(strstr(a.report.provenance, "computed"));
    attempt_close(&a);
}

static void a_phase_pulled_from_itself_costs_two_surfaces(void)
{ /* Al(100) on Al(100) without misfit, in register: W = 2 gamma, and nothing is left of the
     interface. */
    static const itp_value SURFACE[] = {LABEL("surface", "Al(100)a")};
    static const itp_value IN[] = {LABEL(
        "interface", "Al-cF4-225(100)a|Al-cF4-225(100)a|1.0.1x1.0.0.1|e+0.00+0.00s0.5|r1/2+1/2")};
    static const itp_port GAMMA[] = {WANT("surface_energy", "J/m2")};
    static const itp_port W[] = {WANT("adhesion", "J/m2"), WANT("interface_energy", "J/m2"),
                                 WANT("gap", "angstrom")};
    if (!lammps_is_here()) return;
    attempt a;
    attempt_open(&a, "interface", CONFIG);
    a.request.task = "interface.surface";
    INPUTS(&a, SURFACE);
    WANTED(&a, GAMMA);
    (void)attempt_run(&a, "{" AL ", \"thickness\": 16}");
    double gamma = attempt_number(&a, "surface_energy");
    a.request.task = "interface.adhesion";
    INPUTS(&a, IN);
    WANTED(&a, W);
    itp_cause cause = attempt_run(&a, "{" AL ", \"thickness\": 16}");
    if (cause != ITP_CAUSE_NONE) printf("\n  %s", a.report.text);
    CU_ASSERT_EQUAL_FATAL(cause, ITP_CAUSE_NONE);
    CU_ASSERT_DOUBLE_EQUAL(attempt_number(&a, "adhesion"), 2 * gamma, 0.03);
    CU_ASSERT_DOUBLE_EQUAL(attempt_number(&a, "interface_energy"), 0, 0.03);
    CU_ASSERT_DOUBLE_EQUAL(attempt_number(&a, "gap"), 4.045 / 2, 0.05);
    attempt_close(&a);
}

static void wrong_campaigns_are_refused_by_name(void)
{
    const struct {
        const char *options, *says;
    } cases[] = {
        {"{" AL ", \"thicknes\": 3}", "thicknes is not known"},
        {"{\"model\": \"eam/fs:Al_mm.eam.fs\"}", "phases must list"},
        {"{\"phases\": [\"Al.vasp\"]}", "model is missing"},
        {"{\"phases\": [\"none.vasp\"], \"model\": \"eam/fs:Al_mm.eam.fs\"}", "none.vasp"},
        {"{" AL ", \"vacuum\": 1}", "vacuum must be a number from 6"},
        {"{\"engine\": \"abacus\", \"model\": \"x\", \"phases\": [\"Al.vasp\"]}",
         "engine 'abacus'"},
    };
    static const itp_value IN[] = {LABEL("surface", "Al(111)a")};
    static const itp_port OUT[] = {WANT("surface_energy", "J/m2")};
    attempt a;
    attempt_open(&a, "interface", CONFIG);
    a.request.task = "interface.surface";
    INPUTS(&a, IN);
    WANTED(&a, OUT);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CU_ASSERT_NOT_EQUAL(attempt_run(&a, cases[i].options), ITP_CAUSE_NONE);
        CU_ASSERT(says(&a, cases[i].says));
    }
    static const itp_value ODD[] = {LABEL("surface", "Al(111)q")};
    INPUTS(&a, ODD);
    if (lammps_is_here()) {
        CU_ASSERT_EQUAL(attempt_run(&a, "{" AL "}"), ITP_CAUSE_REFUSED);
        CU_ASSERT(says(&a, "1 terminations"));
    }
    static const itp_value STRANGE[] = {NUMBER("banana", 3, "1")};
    INPUTS(&a, STRANGE);
    CU_ASSERT_EQUAL(attempt_run(&a, "{" AL "}"), ITP_CAUSE_REFUSED);
    CU_ASSERT(says(&a, "takes no input banana"));
    attempt_close(&a);
}

static void engine_failures_keep_their_cause_and_folder(void)
{
    const struct {
        const char *name, *body;
        itp_cause cause;
        const char *says;
    } cases[] = {
        {"dies", "kill -SEGV $$", ITP_CAUSE_RESOURCE, "signal 11"},
        {"error", "echo 'ERROR: Cannot open EAM potential file'; exit 1", ITP_CAUSE_SCIENTIFIC,
         "Cannot open EAM"},
        {"nonsense", "echo hello > result.txt", ITP_CAUSE_INVALID, "not one"},
        {"hangs", "sleep 100", ITP_CAUSE_TIMEOUT, "time limit"},
    };
    static const itp_port OUT[] = {WANT("energy", "eV")};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char folder[] = "/tmp/itp-tasks-XXXXXX", path[64], config[512];
        attempt a;
        CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
        snprintf(path, sizeof path, "%s/lmp.sh", folder);
        FILE *out = fopen(path, "w");
        fprintf(out,
                "#!/bin/sh\nif [ \"$1\" = -h ]; then echo 'Parallel Simulator - 1 Jan 2026'; exit "
                "0; fi\n%s\n",
                cases[i].body);
        fclose(out);
        chmod(path, 0755);
        snprintf(config, sizeof config,
                 "{\"base\": \"%s\", \"cache\": \"\", \"programs\": {\"lammps\": \"%s\"}}", GALLERY,
                 path);
        attempt_open(&a, "interface", config);
        a.request.task = "atoms.bulk";
        a.request.time_limit_s = cases[i].cause == ITP_CAUSE_TIMEOUT ? 0.5 : 60;
        WANTED(&a, OUT);
        CU_ASSERT_EQUAL(attempt_run(&a, "{" AL "}"), cases[i].cause);
        CU_ASSERT(says(&a, cases[i].says));
        const char *kept = strstr(a.report.text, "see ");
        CU_ASSERT(kept && access(kept + 4, F_OK) == 0);
        attempt_close(&a);
        (void)unlink(path);
        (void)rmdir(folder);
    }
    attempt a;
    static const char MISSING[] =
        "{\"base\": \"" GALLERY
        "\", \"cache\": \"\", \"programs\": {\"lammps\": \"/nowhere/lmp\"}}";
    attempt_open(&a, "interface", MISSING);
    a.request.task = "atoms.bulk";
    WANTED(&a, OUT);
    CU_ASSERT_EQUAL(attempt_run(&a, "{" AL "}"), ITP_CAUSE_REFUSED);
    CU_ASSERT(says(&a, "/nowhere/lmp is not installed"));
    attempt_close(&a);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"bulk and surface of aluminium", bulk_and_surface_of_aluminium},
        {"a phase pulled from itself costs two surfaces",
         a_phase_pulled_from_itself_costs_two_surfaces},
        {"wrong campaigns are refused by name", wrong_campaigns_are_refused_by_name},
        {"engine failures keep their cause and folder",
         engine_failures_keep_their_cause_and_folder},
        CU_TEST_INFO_NULL};
    return suite_run("interface/task", tests);
}
