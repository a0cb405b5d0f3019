/* ase.c - ASE as the second engine: the same jobs by interphase.atoms of the Python package, which
 * is the one place where ASE is run (connectors/python). Models are its calculators: emt, or
 * FILE.py:NAME. The run's folder keeps a job.py, so that it can be run again by hand.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE /* dladdr */
#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codes.h"
#include "scan.h"

enum { SOURCE_MAX = 1 << 22 };

/* A file of the user's is part of what a result depends on: its hash goes into the model's name. */
static itp_status resolve_file(const char *model, size_t size, char *full, itp_error *err)
{
    char file[PATH_MAX], path[PATH_MAX], key[ITP_KEY_SIZE];
    const char *colon = strrchr(model, ':');
    int length = (int)(colon - model);
    if (length >= PATH_MAX || snprintf(file, sizeof file, "%.*s", length, model) < 0 ||
        !realpath(file, path))
        return itp_fail(err, ITP_ENOTFOUND, "model '%s': there is no file %.*s", model, length,
                        model);
    if (!itp_code_is_plain(path) || !itp_code_is_plain(colon + 1))
        return itp_fail(err, ITP_EINVAL, "model '%s': only letters, digits and _./-+ are allowed",
                        model);
    char *text = itp_read_text(path, SOURCE_MAX);
    if (!text) return itp_fail(err, ITP_EIO, "model '%s': %s cannot be read", model, path);
    itp_cache_key(text, key);
    free(text);
    if (snprintf(full, size, "%s%s#%.16s", path, colon, key) >= (int)size)
        return itp_fail(err, ITP_EINVAL, "model '%s': the path is too long", model);
    return ITP_OK;
}

static itp_status resolve(const char *model, size_t size, char *full, itp_error *err)
{
    const char *colon = strrchr(model, ':');
    if (colon && colon - model > 3 && strncmp(colon - 3, ".py", 3) == 0)
        return resolve_file(model, size, full, err);
    if (strcmp(model, "emt") != 0)
        return itp_fail(err, ITP_ENOTFOUND,
                        "model '%s': ASE knows emt, or FILE.py:NAME, a function that returns a "
                        "calculator",
                        model);
    snprintf(full, size, "emt");
    return ITP_OK;
}

static void version(const char *printed, size_t size, char *out)
{
    snprintf(out, size, "ase %.*s", (int)strcspn(printed, "\n"), printed);
}

static itp_status write_structure(const char *folder, const char *name, const itp_crystal *crystal,
                                  itp_error *err)
{
    char path[1200];
    itp_crystal *upright = NULL;
    itp_status st = itp_crystal_copy(&upright, crystal);
    if (st != ITP_OK) return itp_fail(err, st, "structure %s", name);
    itp_code_upright((const double(*)[3])crystal->cell, upright->cell);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    st = itp_crystal_write(path, upright, ITP_FORMAT_EXTXYZ, "", err);
    itp_crystal_destroy(upright);
    return st;
}

/* The connector lies in PREFIX/lib/interphase, beside the package; the build tree is laid out
 * alike. A program that has the connector inside it lies in PREFIX/bin. */
static void package_folder(char out[PATH_MAX])
{
    char own[PATH_MAX] = "/";
    Dl_info code;
    if (dladdr(&itp_code_ase, &code) == 0 || !realpath(code.dli_fname, own)) own[1] = '\0';
    int folder = (int)(strrchr(own, '/') - own);
    snprintf(out, PATH_MAX, "%.*s/python", folder, own);
    if (access(out, R_OK) != 0)
        snprintf(out, PATH_MAX, "%.*s/../lib/interphase/python", folder, own);
}

static itp_status write_files(const char *folder, const char *model, const itp_job *job,
                              size_t images, itp_error *err)
{
    static const char *const RELAX[] = {"none", "atoms", "cell"};
    char package[PATH_MAX];
    FILE *out;
    itp_status st = write_structure(folder, "start.xyz", job->atoms, err);
    if (st != ITP_OK || (st = itp_code_open(&out, folder, "frozen.txt", err)) != ITP_OK) return st;
    for (size_t i = 0; i < job->atoms->n; i++)
        fputc(job->frozen && job->frozen[i] ? '1' : '0', out);
    if ((st = itp_code_close(out, folder, "frozen.txt", err)) != ITP_OK ||
        (st = itp_code_open(&out, folder, "job.py", err)) != ITP_OK)
        return st;
    package_folder(package);
    fprintf(out,
            "import sys\n"
            "sys.path.append('%s')\n"
            "from interphase.atoms import run_folder\n"
            "run_folder('%.*s', '%s', force=%.9g, steps=%ld, images=%zu)\n",
            package, (int)strcspn(model, "#"), model, RELAX[job->relax], job->force_max, job->steps,
            images);
    return itp_code_close(out, folder, "job.py", err);
}

static itp_status write_input(const char *folder, const char *model, const itp_job *job,
                              itp_error *err)
{
    return write_files(folder, model, job, 0, err);
}

static itp_status write_band(const char *folder, const char *model, const itp_job *job,
                             const itp_crystal *final, size_t images, itp_error *err)
{
    itp_status st = write_structure(folder, "end.xyz", final, err);
    return st == ITP_OK ? write_files(folder, model, job, images, err) : st;
}

static void band_arguments(size_t images, const char *program, const char *argv[ITP_ARGUMENTS_MAX])
{
    (void)images;
    argv[0] = program;
    argv[1] = "job.py";
    argv[2] = NULL;
}

static itp_status read_band(const char *folder, size_t images, itp_band *out, itp_error *err)
{
    char path[1200];
    itp_scan scan;
    itp_word line, words[ITP_SCAN_WORDS_MAX];
    snprintf(path, sizeof path, "%s/band.txt", folder);
    char *text = itp_read_text(path, 1 << 20);
    if (!text) return itp_fail(err, ITP_ERESULT, "the band left no answer; see %s", folder);
    itp_scan_init(&scan, text, strlen(text), "band.txt");
    int good = itp_scan_line(&scan, &line) &&
               itp_scan_split(line, ITP_SCAN_WORDS_MAX, words) == images + 1 &&
               itp_scan_number(words[0], &out->force);
    for (size_t i = 0; good && i < images; i++)
        good = itp_scan_number(words[i + 1], &out->energies[i]);
    free(text);
    return good ? ITP_OK
                : itp_fail(err, ITP_ERESULT, "the band's answer has no energies; see %s", folder);
}

static const char *const VERSION_ARGUMENTS[] = {"-c", "import ase; print(ase.__version__)", NULL};
static const char *const ARGUMENTS[] = {"job.py", NULL};

/* The interpreter that Debian's packages belong to, not the first one in PATH. */
const itp_code itp_code_ase = {"ase",          "/usr/bin/python3", resolve,   VERSION_ARGUMENTS,
                               version,        write_input,        ARGUMENTS, write_band,
                               band_arguments, read_band};
