/* engine.h - one way to ask any atomistic code for an energy, whichever code it is.
 *   An engine is a program, a model and a cache. A job is a structure and what may move; its answer
 * is cached by the hash of everything it depends on (code and version, model, job, structure), so a
 * bulk or a slab is computed once. Energies in eV, forces in eV/angstrom, stress in GPa, in the
 * frame with a along x and b in the xy plane. Failures by cause:  ITP_ENOTFOUND no such program or
 * model · ITP_ETIMEOUT killed at the deadline · ITP_ECANCELLED · ITP_ERESOURCE killed from outside
 * or no room · ITP_ESCIENTIFIC the code said no, or forces did not converge (the message names the
 * correction) · ITP_ERESULT an answer that cannot be. The run's folder is kept on failure and
 * removed on success. Life cycle  create -> { begin -> run* }* -> destroy         Threads  one user
 * at a time SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_ENGINE_H
#define ITP_ENGINE_H

#include "cache.h"
#include "crystal.h"

typedef struct itp_engine itp_engine;

/* kind: "lammps" or "ase". program: NULL for the usual one (lmp, python3). model:
 *   lammps  kim:NAME (a KIM model, its short name before "__" is enough), or STYLE:FILE with a
 *           potential file that LAMMPS finds: eam, eam/alloy, eam/fs, adp, eim, sw, tersoff, ...
 *   ase     emt, or FILE.py:NAME, a function of a Python file that returns a calculator
 * cache: folder, "" for none, NULL for the usual one. */
itp_status itp_engine_create(itp_engine **out, const char *kind, const char *program,
                             const char *model, const char *cache, itp_error *err);
void itp_engine_destroy(itp_engine *engine); /* accepts NULL */

/* What the next runs belong to. folder: runs get subfolders of it. limit_s: for all of them
 * together. cancelled may be NULL. */
void itp_engine_begin(itp_engine *engine, const char *folder, double limit_s,
                      int (*cancelled)(void *ctx), void *ctx);

typedef enum itp_relax {
    ITP_RELAX_NONE,  /* the energy as it stands */
    ITP_RELAX_ATOMS, /* atoms move, the cell stays */
    ITP_RELAX_CELL   /* atoms and cell, to no pressure */
} itp_relax;

typedef struct itp_job {
    const char *label;        /* names the folder: "bulk", "slab" */
    const itp_crystal *atoms; /* every direction is taken as periodic: slabs bring their vacuum */
    const unsigned char *frozen; /* n flags, or NULL */
    itp_relax relax;
    double force_max; /* eV/angstrom: no component larger at the end */
    long steps;       /* most minimiser steps */
} itp_job;

typedef struct itp_energy {
    double energy;      /* eV */
    double force;       /* largest component, eV/angstrom */
    double stress[6];   /* GPa: xx yy zz yz xz xy, positive in tension */
    itp_crystal *final; /* owned by the caller */
    double seconds;     /* of the engine; 0 from the cache */
    int cached;
} itp_energy;

itp_status itp_engine_run(itp_engine *engine, const itp_job *job, itp_energy *out, itp_error *err);
void itp_energy_deinit(itp_energy *energy);

/* Minimum-energy path between two minima by the nudged elastic band, `images` in all. */
typedef struct itp_band {
    double barrier;  /* eV, highest image above the first */
    double reaction; /* eV, last above first */
    double force;
    double energies[32];
    size_t images;
    double seconds;
    int cached;
} itp_band;
itp_status itp_engine_band(itp_engine *engine, const itp_job *initial, const itp_crystal *final,
                           size_t images, itp_band *out, itp_error *err);

const char *itp_engine_version(const itp_engine *engine); /* "lammps 29 Sep 2021 - Update 2" */
const char *itp_engine_model(const itp_engine *engine);   /* in full */

/* Jobs run and jobs found in the cache since create; seconds the engine took. */
typedef struct itp_engine_count {
    unsigned long ran, cached;
    double seconds;
} itp_engine_count;
itp_engine_count itp_engine_counted(const itp_engine *engine);

#endif
