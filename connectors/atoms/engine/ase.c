/* ase.c - ASE as the second engine: the same jobs by a short Python program that is written into
 * the run's folder, so that the folder can be run again by hand. Model: emt (effective medium
 * theory for Al Cu Ag Au Ni Pd Pt). SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "codes.h"
#include "scan.h"

static const char SCRIPT[] =
    "import sys\n"
    "import numpy as np\n"
    "from ase.io import read\n"
    "from ase.constraints import FixAtoms, ExpCellFilter\n"
    "from ase.optimize import BFGS, FIRE\n"
    "from ase.calculators.emt import EMT\n"
    "from ase.units import bar\n"
    "\n"
    "relax, force, steps, images = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), "
    "int(sys.argv[4])\n"
    "\n"
    "\n"
    "def load(name):\n"
    "    atoms = read(name, format='extxyz')\n"
    "    atoms.pbc = True\n"
    "    frozen = [i for i, flag in enumerate(open('frozen.txt').read().strip()) if flag == '1']\n"
    "    atoms.set_constraint([FixAtoms(frozen)] if frozen else [])\n"
    "    atoms.calc = EMT()\n"
    "    return atoms\n"
    "\n"
    "\n"
    "def largest(atoms):\n"
    "    return float(np.abs(atoms.get_forces()).max())\n"
    "\n"
    "\n"
    "atoms = load('start.xyz')\n"
    "if images:\n"
    "    from ase.neb import NEB\n"
    "    band = [load('start.xyz') for _ in range(images - 1)] + [load('end.xyz')]\n"
    "    neb = NEB(band, k=1.0, method='improvedtangent')\n"
    "    neb.interpolate(mic=True)\n"
    "    FIRE(neb, logfile='log.txt').run(fmax=force, steps=steps)\n"
    "    neb.climb = True\n"
    "    FIRE(neb, logfile='log.txt').run(fmax=force, steps=steps)\n"
    "    with open('band.txt', 'w') as out:\n"
    "        print('%.12g' % float(np.abs(neb.get_forces()).max()), *['%.12f' % "
    "a.get_potential_energy() for a in band], file=out)\n"
    "    sys.exit(0)\n"
    "if relax == 'cell':\n"
    "    BFGS(ExpCellFilter(atoms), logfile='log.txt').run(fmax=min(force, 1e-3), steps=steps)\n"
    "elif relax == 'atoms':\n"
    "    BFGS(atoms, logfile='log.txt').run(fmax=force, steps=steps)\n"
    "stress = -atoms.get_stress() / bar\n"
    "with open('result.txt', 'w') as out:\n"
    "    print('energy %.12f' % atoms.get_potential_energy(), file=out)\n"
    "    print('force %.9g' % largest(atoms), file=out)\n"
    "    print('cell', *['%.15g' % x for x in atoms.cell[:].flatten()], file=out)\n"
    "    print('pressure', *['%.9g' % x for x in stress], file=out)\n"
    "with open('final.txt', 'w') as out:\n"
    "    print('ITEM: ATOMS id type xs ys zs', file=out)\n"
    "    for i, f in enumerate(atoms.get_scaled_positions(wrap=False)):\n"
    "        print(i + 1, 1, *['%.15g' % x for x in f], file=out)\n";

static itp_status resolve(const char *model, size_t size, char *full, itp_error *err)
{
    if (strcmp(model, "emt") != 0)
        return itp_fail(err, ITP_ENOTFOUND, "model '%s': of ASE's calculators emt is known", model);
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

/* run.sh keeps the arguments beside the script. */
static itp_status write_files(const char *folder, const itp_job *job, size_t images, itp_error *err)
{
    static const char *const RELAX[] = {"none", "atoms", "cell"};
    FILE *out;
    itp_status st = write_structure(folder, "start.xyz", job->atoms, err);
    if (st != ITP_OK || (st = itp_code_open(&out, folder, "frozen.txt", err)) != ITP_OK) return st;
    for (size_t i = 0; i < job->atoms->n; i++)
        fputc(job->frozen && job->frozen[i] ? '1' : '0', out);
    if ((st = itp_code_close(out, folder, "frozen.txt", err)) != ITP_OK ||
        (st = itp_code_open(&out, folder, "job.py", err)) != ITP_OK)
        return st;
    fprintf(out, "import sys\nsys.argv[1:] = ['%s', '%.9g', '%ld', '%zu']\n", RELAX[job->relax],
            job->force_max, job->steps, images);
    fputs(SCRIPT, out);
    return itp_code_close(out, folder, "job.py", err);
}

static itp_status write_input(const char *folder, const char *model, const itp_job *job,
                              itp_error *err)
{
    (void)model;
    return write_files(folder, job, 0, err);
}

static itp_status write_band(const char *folder, const char *model, const itp_job *job,
                             const itp_crystal *final, size_t images, itp_error *err)
{
    (void)model;
    itp_status st = write_structure(folder, "end.xyz", final, err);
    return st == ITP_OK ? write_files(folder, job, images, err) : st;
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
