/* lammps.c - LAMMPS as a subprocess: an input error ends the process, so it is never linked.
 *   Models of the KIM library go through `kim init` (the Debian build has MEAM and SNAP only
 * there); others are a pair style and a potential file that LAMMPS finds. Minimisation: conjugate
 * gradient, then FIRE for what a stuck line search leaves, judged by the largest force component.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glob.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codes.h"
#include "element.h"
#include "scan.h"
#include "vec.h"

/* ---- models ---------------------------------------------------------------------------------- */

/* "KIM_NAME" or its part before "__": the full name of the one model that is installed so. */
static itp_status find_kim(const char *name, size_t size, char *full, itp_error *err)
{
    static const char *const PLACES[] = {"/usr/lib/*/kim-api/portable-models/",
                                         "/usr/lib/*/kim-api/simulator-models/",
                                         "/usr/local/lib*/kim-api/portable-models/"};
    char pattern[512];
    size_t found = 0;
    for (size_t p = 0; p < 3; p++) {
        glob_t hits;
        snprintf(pattern, sizeof pattern, "%s%s%s", PLACES[p], name,
                 strstr(name, "__") ? "" : "__*");
        if (glob(pattern, 0, NULL, &hits) == 0) {
            found += hits.gl_pathc;
            if (hits.gl_pathc) snprintf(full, size, "kim:%s", strrchr(hits.gl_pathv[0], '/') + 1);
        }
        globfree(&hits);
    }
    if (found == 1) return ITP_OK;
    /* A collection of the user's own may hold it: LAMMPS will say if it does not. */
    if (found == 0 && strstr(name, "__")) {
        snprintf(full, size, "kim:%s", name);
        return ITP_OK;
    }
    return itp_fail(err, ITP_ENOTFOUND, "model kim:%s: %zu installed models have this name", name,
                    found);
}

static itp_status resolve(const char *model, size_t size, char *full, itp_error *err)
{
    const char *colon = strchr(model, ':');
    char style[64] = {0};
    if (!colon || colon == model || (size_t)(colon - model) >= sizeof style)
        return itp_fail(err, ITP_EINVAL, "model '%s': kim:NAME or STYLE:FILE is expected", model);
    memcpy(style, model, (size_t)(colon - model));
    if (!itp_code_is_plain(style) || !itp_code_is_plain(colon + 1))
        return itp_fail(err, ITP_EINVAL, "model '%s': only letters, digits and _./-+ are allowed",
                        model);
    if (strcmp(style, "kim") == 0) return find_kim(colon + 1, size, full, err);
    snprintf(full, size, "%s", model);
    return ITP_OK;
}

static void version(const char *printed, size_t size, char *out)
{
    static const char BEFORE[] = "Parallel Simulator - ";
    const char *at = strstr(printed, BEFORE);
    if (!at) return;
    at += sizeof BEFORE - 1;
    snprintf(out, size, "lammps %.*s", (int)strcspn(at, "\n"), at);
}

/* ---- input ----------------------------------------------------------------------------------- */

static itp_status write_data(const char *folder, const itp_crystal *c, itp_error *err)
{
    int z[128], type_of[128] = {0};
    double cell[3][3];
    FILE *out;
    size_t types = itp_code_species(c, z);
    itp_status st = itp_code_open(&out, folder, "data.txt", err);
    if (st != ITP_OK) return st;
    itp_code_upright((const double(*)[3])c->cell, cell);
    fprintf(out, "atoms\n\n%zu atoms\n%zu atom types\n", c->n, types);
    fprintf(out, "0 %.17g xlo xhi\n0 %.17g ylo yhi\n0 %.17g zlo zhi\n", cell[0][0], cell[1][1],
            cell[2][2]);
    fprintf(out, "%.17g %.17g %.17g xy xz yz\n\nMasses\n\n", cell[1][0], cell[2][0], cell[2][1]);
    for (size_t t = 0; t < types; t++) {
        type_of[z[t]] = (int)t + 1;
        fprintf(out, "%zu %g\n", t + 1, itp_element_at(z[t])->mass);
    }
    fputs("\nAtoms # atomic\n\n", out);
    for (size_t i = 0; i < c->n; i++) {
        double r[3];
        vec_frame(c->frac[i], (const double(*)[3])cell, r);
        fprintf(out, "%zu %d %.15g %.15g %.15g\n", i + 1, type_of[c->z[i]], r[0], r[1], r[2]);
    }
    return itp_code_close(out, folder, "data.txt", err);
}

static void write_setup(FILE *out, const char *model, const itp_job *job)
{
    int z[128], kim = strncmp(model, "kim:", 4) == 0;
    size_t types = itp_code_species(job->atoms, z);
    const char *file = strchr(model, ':') + 1;
    if (kim)
        fprintf(out, "kim init %s metal\n", file);
    else
        fputs("units metal\natom_style atomic\n", out);
    fputs("atom_modify map array sort 0 0\nboundary p p p\nbox tilt large\nread_data data.txt\n",
          out);
    if (kim)
        fputs("kim interactions", out);
    else if (strncmp(model, "eim:", 4) == 0)
        fputs("pair_style eim\npair_coeff * *", out);
    else
        fprintf(out, "pair_style %.*s\npair_coeff * * %s", (int)(file - model - 1), model, file);
    for (size_t t = 0; t < types; t++) fprintf(out, " %s", itp_element_at(z[t])->symbol);
    if (strncmp(model, "eim:", 4) == 0) {
        fprintf(out, " %s", file);
        for (size_t t = 0; t < types; t++) fprintf(out, " %s", itp_element_at(z[t])->symbol);
    }
    fputs("\nneigh_modify delay 0 every 1 check yes\nthermo 50\n"
          "thermo_style custom step pe fmax press pxx pyy pzz pyz pxz pxy lx ly lz xy xz yz\n"
          "thermo_modify norm no lost error\n",
          out);
    size_t frozen = 0;
    for (size_t i = 0; job->frozen && i < job->atoms->n; i++) {
        if (!job->frozen[i]) continue;
        fprintf(out, "%s%zu", frozen % 20 ? " " : "\ngroup frozen id ", i + 1);
        frozen++;
    }
    if (frozen) fputs("\nfix freeze frozen setforce 0.0 0.0 0.0\n", out);
}

static void write_minimiser(FILE *out, const itp_job *job)
{
    long cg = job->steps / 2, fire = job->steps - cg;
    fprintf(out, "min_modify norm max\nmin_style cg\n");
    if (job->relax == ITP_RELAX_CELL) {
        /* The reference of the cell's strain is renewed with each minimisation, so it is repeated.
         */
        for (int k = 0; k < 8; k++)
            fprintf(out,
                    "fix box all box/relax tri 0.0 vmax 0.01\nminimize 0.0 %g %ld %ld\nunfix box\n"
                    "minimize 0.0 %g %ld %ld\n",
                    job->force_max, cg / 4 + 1, 4 * cg + 4, job->force_max, cg / 4 + 1, 4 * cg + 4);
        return;
    }
    fprintf(out, "minimize 0.0 %g %ld %ld\n", 0.9 * job->force_max, cg, 4 * cg);
    fprintf(out, "min_style fire\nmin_modify norm max\nminimize 0.0 %g %ld %ld\n",
            0.9 * job->force_max, fire, 4 * fire);
}

static itp_status write_input(const char *folder, const char *model, const itp_job *job,
                              itp_error *err)
{
    FILE *out;
    itp_status st = write_data(folder, job->atoms, err);
    if (st != ITP_OK || (st = itp_code_open(&out, folder, "in.txt", err)) != ITP_OK) return st;
    write_setup(out, model, job);
    if (job->relax != ITP_RELAX_NONE) write_minimiser(out, job);
    fputs(
        "run 0\n"
        "print \"energy $(pe:%.15g)\" file result.txt\n"
        "print \"force $(fmax:%.9g)\" append result.txt\n"
        "print \"cell $(lx:%.15g) 0 0 $(xy:%.15g) $(ly:%.15g) 0 $(xz:%.15g) $(yz:%.15g) "
        "$(lz:%.15g)\" append "
        "result.txt\n"
        "print \"pressure $(pxx:%.9g) $(pyy:%.9g) $(pzz:%.9g) $(pyz:%.9g) $(pxz:%.9g) "
        "$(pxy:%.9g)\" append "
        "result.txt\n"
        "write_dump all custom final.txt id type xsu ysu zsu modify sort id format float %20.15g\n",
        out);
    return itp_code_close(out, folder, "in.txt", err);
}

/* ---- bands: one partition an image ------------------------------------------------------------
 */

static itp_status write_band(const char *folder, const char *model, const itp_job *job,
                             const itp_crystal *final, size_t images, itp_error *err)
{
    FILE *out;
    double cell[3][3];
    (void)images;
    itp_status st = write_data(folder, job->atoms, err);
    if (st != ITP_OK || (st = itp_code_open(&out, folder, "in.txt", err)) != ITP_OK) return st;
    write_setup(out, model, job);
    fprintf(out,
            "timestep 0.002\nfix band all neb 1.0 parallel ideal\nmin_style fire\n"
            "neb 0.0 %g %ld %ld 50 final final.txt\n",
            job->force_max, job->steps, job->steps);
    if ((st = itp_code_close(out, folder, "in.txt", err)) != ITP_OK) return st;
    if ((st = itp_code_open(&out, folder, "final.txt", err)) != ITP_OK) return st;
    itp_code_upright((const double(*)[3]) final->cell, cell);
    fprintf(out, "%zu\n", final->n);
    for (size_t i = 0; i < final->n; i++) {
        double f[3], r[3];
        /* The image of the atom that is nearest to where it starts. */
        for (int j = 0; j < 3; j++)
            f[j] = final->frac[i][j] - round(final->frac[i][j] - job->atoms->frac[i][j]);
        vec_frame(f, (const double(*)[3])cell, r);
        fprintf(out, "%zu %.15g %.15g %.15g\n", i + 1, r[0], r[1], r[2]);
    }
    return itp_code_close(out, folder, "final.txt", err);
}

static void band_arguments(size_t images, const char *program, const char *argv[ITP_ARGUMENTS_MAX])
{
    static const char *const COUNTS[] = {"0",  "1",  "2",  "3",  "4",  "5",  "6",  "7",
                                         "8",  "9",  "10", "11", "12", "13", "14", "15",
                                         "16", "17", "18", "19", "20", "21", "22", "23",
                                         "24", "25", "26", "27", "28", "29", "30", "31"};
    static const char *const PARTITIONS[] = {
        "",     "1x1",  "2x1",  "3x1",  "4x1",  "5x1",  "6x1",  "7x1",  "8x1",  "9x1",  "10x1",
        "11x1", "12x1", "13x1", "14x1", "15x1", "16x1", "17x1", "18x1", "19x1", "20x1", "21x1",
        "22x1", "23x1", "24x1", "25x1", "26x1", "27x1", "28x1", "29x1", "30x1", "31x1"};
    const char *list[] = {"mpirun",
                          "--oversubscribe",
                          "--bind-to",
                          "none",
                          "--mca",
                          "mpi_yield_when_idle",
                          "1",
                          "-np",
                          COUNTS[images],
                          program,
                          "-partition",
                          PARTITIONS[images],
                          "-in",
                          "in.txt",
                          "-screen",
                          "none",
                          NULL};
    memcpy(argv, list, sizeof list);
}

/* The last line of numbers in the log of the whole band: nine of the band, then coordinate and
 * energy of each image. */
static itp_status read_band(const char *folder, size_t images, itp_band *out, itp_error *err)
{
    char path[1200];
    itp_scan scan;
    itp_word line, words[ITP_SCAN_WORDS_MAX];
    snprintf(path, sizeof path, "%s/log.lammps", folder);
    char *text = itp_read_text(path, 64 << 20);
    if (!text) return itp_fail(err, ITP_ERESULT, "the band left no log; see %s", folder);
    int found = 0;
    itp_scan_init(&scan, text, strlen(text), "log.lammps");
    while (itp_scan_line(&scan, &line)) {
        double row[ITP_SCAN_WORDS_MAX];
        size_t n = itp_scan_split(line, ITP_SCAN_WORDS_MAX, words), k = 0;
        if (n != 9 + 2 * images) continue;
        while (k < n && itp_scan_number(words[k], &row[k])) k++;
        if (k < n) continue;
        found = 1;
        out->force = row[1];
        for (size_t i = 0; i < images; i++) out->energies[i] = row[10 + 2 * i];
    }
    free(text);
    return found ? ITP_OK
                 : itp_fail(err, ITP_ERESULT, "the band's log has no energies; see %s", folder);
}

static const char *const VERSION_ARGUMENTS[] = {"-h", NULL};
static const char *const ARGUMENTS[] = {"-in", "in.txt", NULL};

const itp_code itp_code_lammps = {"lammps",    "lmp",     resolve,    VERSION_ARGUMENTS, version,
                                  write_input, ARGUMENTS, write_band, band_arguments,    read_band};
