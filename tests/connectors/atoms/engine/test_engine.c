/* test_engine.c - engines that work, and engines that are missing, die, hang or print nonsense.
 *   The bad ones are shell scripts in a folder of the test's own; the good one is LAMMPS with the
 * EAM potentials it brings, where it is installed. SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "suite.h"

static char folder[128]; /* of this run */

static itp_crystal *aluminium(double a)
{
    static const double SITES[4][3] = {{0, 0, 0}, {0, .5, .5}, {.5, 0, .5}, {.5, .5, 0}};
    itp_crystal *c = NULL;
    if (itp_crystal_create(&c, 4) != ITP_OK) return NULL;
    for (int i = 0; i < 3; i++) c->cell[i][i] = a;
    for (int i = 0; i < 4; i++) {
        memcpy(c->frac[i], SITES[i], sizeof SITES[i]);
        c->z[i] = 13;
    }
    return c;
}

/* A program that answers -h like LAMMPS and otherwise does `body`. */
static void script(char path[192], const char *name, const char *body)
{
    snprintf(path, 192, "%s/%s.sh", folder, name);
    FILE *out = fopen(path, "w");
    fprintf(out,
            "#!/bin/sh\nif [ \"$1\" = -h ]; then echo 'Parallel Simulator - 1 Jan 2026'; exit 0; "
            "fi\n%s\n",
            body);
    fclose(out);
    chmod(path, 0755);
}

static const char ANSWER[] = "echo 'energy -13.4' > result.txt; echo 'force 0.001' >> result.txt\n"
                             "echo 'cell 4.05 0 0 0 4.05 0 0 0 4.05' >> result.txt; echo 'pressure "
                             "1 1 1 0 0 0' >> result.txt\n"
                             "printf 'ITEM: ATOMS id\\n1 1 0 0 0\\n2 1 0 .5 .5\\n3 1 .5 0 .5\\n4 1 "
                             ".5 .5 0\\n' > final.txt\n";

static itp_status run(const char *program, const char *cache, double limit_s,
                      int (*cancelled)(void *), itp_energy *out, itp_engine_count *count,
                      itp_error *err)
{
    itp_engine *e = NULL;
    itp_crystal *al = aluminium(4.05);
    itp_status st = itp_engine_create(&e, "lammps", program, "eam/fs:Al_mm.eam.fs", cache, err);
    if (st == ITP_OK) {
        itp_engine_begin(e, folder, limit_s, cancelled, NULL);
        itp_job job = {"bulk", al, NULL, ITP_RELAX_ATOMS, 0.01, 100};
        st = itp_engine_run(e, &job, out, err);
        if (count) *count = itp_engine_counted(e);
    }
    itp_engine_destroy(e);
    itp_crystal_destroy(al);
    return st;
}

static void failures_have_causes_and_keep_their_folder(void)
{
    const struct {
        const char *name, *body;
        itp_status status;
        const char *says;
    } cases[] = {
        {"dies", "kill -SEGV $$", ITP_ERESOURCE, "died of signal 11"},
        {"refuses", "echo 'ERROR: Unknown pair style (src/force.cpp:275)'; exit 1", ITP_ESCIENTIFIC,
         "Unknown pair style"},
        {"hangs", "echo started; sleep 60", ITP_ETIMEOUT, "killed after"},
        {"silent", "exit 0", ITP_ERESULT, "is not one"},
        {"nonsense", "echo 'energy banana' > result.txt; head -c 5000 /dev/urandom > final.txt",
         ITP_ERESULT, "is not one"},
        {"nan", "echo 'energy nan' > result.txt", ITP_ERESULT, "is not one"},
        {"short", "echo 'energy -1' > result.txt; echo 'ITEM: ATOMS id' > final.txt", ITP_ERESULT,
         "is not one"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[192];
        itp_energy out;
        itp_error err = {0};
        script(path, cases[i].name, cases[i].body);
        itp_status st =
            run(path, "", cases[i].status == ITP_ETIMEOUT ? 0.6 : 30, NULL, &out, NULL, &err);
        if (st != cases[i].status || !strstr(err.text, cases[i].says))
            printf("\n  %s: %s %s", cases[i].name, itp_status_name(st), err.text);
        CU_ASSERT_EQUAL(st, cases[i].status);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, cases[i].says));
        const char *kept = strstr(err.text, "see ");
        CU_ASSERT_PTR_NOT_NULL_FATAL(kept);
        CU_ASSERT_EQUAL(access(kept + 4, F_OK), 0);
    }
    itp_energy out;
    itp_error err = {0};
    CU_ASSERT_EQUAL(run("no-such-engine", "", 5, NULL, &out, NULL, &err), ITP_ENOTFOUND);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "no-such-engine is not installed"));
}

static void absurd_answers_are_not_believed(void)
{
    const struct {
        const char *line;
        itp_status status;
        const char *says;
    } cases[] = {{"energy -1e9", ITP_ERESULT, "cannot be"},
                 {"force 0.7", ITP_ESCIENTIFIC, "correction"},
                 {"cell 40.5 0 0 0 4.05 0 0 0 4.05", ITP_ESCIENTIFIC, "volume"}};
    for (size_t i = 0; i < 3; i++) {
        char path[192], body[1024];
        itp_energy out;
        itp_error err = {0};
        snprintf(body, sizeof body, "%secho '%s' >> result.txt", ANSWER, cases[i].line);
        script(path, "absurd", body);
        CU_ASSERT_EQUAL(run(path, "", 30, NULL, &out, NULL, &err), cases[i].status);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, cases[i].says));
    }
}

static int at_once(void *ctx)
{
    (void)ctx;
    return 1;
}

/* A pidfd is readable once its process is dead. The signal was sent before. */
static int is_gone(long pid)
{
    struct pollfd end = {.fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0), .events = POLLIN};
    if (end.fd < 0) return errno == ESRCH;
    int dead = poll(&end, 1, 10000) == 1;
    close(end.fd);
    return dead;
}

static void nothing_survives_the_deadline_or_a_cancel(void)
{ /* The script leaves a child that ignores SIGTERM and would write a file; the group is gone. */
    char path[192], body[512], mark[192];
    itp_energy out;
    itp_error err = {0};
    snprintf(mark, sizeof mark, "%s/pid", folder);
    snprintf(body, sizeof body,
             "(trap '' TERM; exec sh -c 'echo $$ > %s; exec sleep 300') & trap '' TERM; sleep 300",
             mark);
    script(path, "stubborn", body);
    CU_ASSERT_EQUAL(run(path, "", 0.5, NULL, &out, NULL, &err), ITP_ETIMEOUT);
    FILE *in = fopen(mark, "r");
    long orphan = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(in);
    CU_ASSERT_EQUAL(fscanf(in, "%ld", &orphan), 1);
    fclose(in);
    CU_ASSERT(is_gone(orphan));
    script(path, "waits", "sleep 300");
    CU_ASSERT_EQUAL(run(path, "", 30, at_once, &out, NULL, &err), ITP_ECANCELLED);
}

static void answers_are_cached_and_a_torn_entry_is_a_miss(void)
{
    char path[192], cache[192], command[512];
    itp_energy out;
    itp_engine_count count;
    itp_error err = {0};
    snprintf(cache, sizeof cache, "%s/cache", folder);
    script(path, "good", ANSWER);
    CU_ASSERT_EQUAL_FATAL(run(path, cache, 30, NULL, &out, &count, &err), ITP_OK);
    CU_ASSERT_EQUAL(count.ran, 1);
    CU_ASSERT(!out.cached);
    itp_energy_deinit(&out);
    CU_ASSERT_EQUAL_FATAL(run(path, cache, 30, NULL, &out, &count, &err), ITP_OK);
    CU_ASSERT_EQUAL(count.ran, 0);
    CU_ASSERT_EQUAL(count.cached, 1);
    CU_ASSERT(out.cached);
    CU_ASSERT_DOUBLE_EQUAL(out.energy, -13.4, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(out.stress[0], -1e-4, 1e-15);
    itp_energy_deinit(&out);
    snprintf(command, sizeof command,
             "for f in %s/*; do printf x | dd of=$f bs=1 seek=90 conv=notrunc 2>/dev/null; done",
             cache);
    CU_ASSERT_EQUAL(system(command), 0);
    CU_ASSERT_EQUAL_FATAL(run(path, cache, 30, NULL, &out, &count, &err), ITP_OK);
    CU_ASSERT_EQUAL(count.ran, 1);
    itp_energy_deinit(&out);
}

static void models_are_names_not_scripts(void)
{
    itp_engine *e = NULL;
    itp_error err = {0};
    CU_ASSERT_EQUAL(itp_engine_create(&e, "lammps", NULL, "eam:a;shell rm", "", &err), ITP_EINVAL);
    CU_ASSERT_EQUAL(itp_engine_create(&e, "lammps", NULL, "Al.eam", "", &err), ITP_EINVAL);
    CU_ASSERT_EQUAL(itp_engine_create(&e, "lammps", NULL, "kim:No_Such_Model", "", &err),
                    ITP_ENOTFOUND);
    CU_ASSERT_EQUAL(itp_engine_create(&e, "vasp", NULL, "x", "", &err), ITP_ENOTFOUND);
    CU_ASSERT_EQUAL(itp_engine_create(&e, "ase", NULL, "pbe", "", &err), ITP_ENOTFOUND);
}

static void lammps_finds_the_lattice_constant(void)
{ /* Al of Mendelev et al. 2008 (Al_mm.eam.fs): a = 4.045 angstrom, -3.41 eV an atom; from 1 % off.
   */
    if (access("/usr/bin/lmp", X_OK) != 0) {
        suite_skip("LAMMPS is not installed; not that");
        return;
    }
    itp_engine *e = NULL;
    itp_crystal *al = aluminium(4.09);
    itp_energy out;
    itp_error err = {0};
    CU_ASSERT_EQUAL_FATAL(itp_engine_create(&e, "lammps", NULL, "eam/fs:Al_mm.eam.fs", "", &err),
                          ITP_OK);
    itp_engine_begin(e, folder, 60, NULL, NULL);
    itp_job job = {"bulk", al, NULL, ITP_RELAX_CELL, 1e-4, 2000};
    itp_status st = itp_engine_run(e, &job, &out, &err);
    if (st != ITP_OK) printf("\n  %s", err.text);
    CU_ASSERT_EQUAL_FATAL(st, ITP_OK);
    printf("\n  a = %.4f angstrom, %.4f eV an atom, %s", out.final->cell[0][0], out.energy / 4,
           itp_engine_version(e));
    CU_ASSERT_DOUBLE_EQUAL(out.final->cell[0][0], 4.045, 0.003);
    CU_ASSERT_DOUBLE_EQUAL(out.energy / 4, -3.41, 0.02);
    itp_energy_deinit(&out);
    itp_engine_destroy(e);
    itp_crystal_destroy(al);
}

int main(void)
{
    snprintf(folder, sizeof folder, "/tmp/itp-engine-XXXXXX");
    if (!mkdtemp(folder)) return 2;
    CU_TestInfo tests[] = {
        {"failures have causes and keep their folder", failures_have_causes_and_keep_their_folder},
        {"absurd answers are not believed", absurd_answers_are_not_believed},
        {"nothing survives the deadline or a cancel", nothing_survives_the_deadline_or_a_cancel},
        {"answers are cached and a torn entry is a miss",
         answers_are_cached_and_a_torn_entry_is_a_miss},
        {"models are names, not scripts", models_are_names_not_scripts},
        {"LAMMPS finds the lattice constant", lammps_finds_the_lattice_constant},
        CU_TEST_INFO_NULL};
    int code = suite_run("atoms/engine", tests);
    char command[192];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 ? code : 2;
}
