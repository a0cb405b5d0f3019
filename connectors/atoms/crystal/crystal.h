/* crystal.h - atoms in a cell: what every part of the rooms atoms and interface works on.
 *   A crystal owns its atoms. Lengths in angstrom, energies in eV; `cell` has the vectors as rows;
 *   `frac` are coordinates in units of them. A direction that is not periodic (pbc 0) still has a
 *   vector: the box that holds the vacuum.
 * Life cycle  create or read -> use -> destroy       Threads  no shared state
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CRYSTAL_H
#define ITP_CRYSTAL_H

#include <stddef.h>

#include "interphase/status.h"

#define ITP_CRYSTAL_ATOMS_MAX 200000 /* more is a broken file or somebody else's work */

typedef struct itp_crystal {
    double cell[3][3]; /* rows, angstrom */
    int pbc[3];
    size_t n;
    int *z;            /* n, atomic number */
    double (*frac)[3]; /* n */
} itp_crystal;

/* n atoms, all zero, periodic in every direction. */
itp_status itp_crystal_create(itp_crystal **out, size_t n);
itp_status itp_crystal_copy(itp_crystal **out, const itp_crystal *from);
void itp_crystal_destroy(itp_crystal *crystal); /* accepts NULL */

/* Refuses what no physics can use: a flat, left-handed, tiny or huge cell, coordinates that are not
 * finite, unknown elements, and atoms nearer than 0.2 angstrom (0.4 for heavier than hydrogen). */
itp_status itp_crystal_check(const itp_crystal *crystal, itp_error *err);

double itp_crystal_volume(const itp_crystal *crystal);
/* Shortest distance between two atoms or images, at most `cap` angstrom. */
double itp_crystal_nearest(const itp_crystal *crystal, double cap);
void itp_crystal_wrap(itp_crystal *crystal); /* periodic directions into [0, 1) */

/* Cell rows become `rows` times the old ones (integer, determinant > 0): the same lattice of atoms
 * in another or larger cell. */
itp_status itp_crystal_transform(itp_crystal **out, const itp_crystal *from, const long rows[3][3],
                                 itp_error *err);

/* "Li3Si": alphabetical (Hill without carbon), counts divided by their common divisor. */
void itp_crystal_formula(const itp_crystal *crystal, size_t size, char *text);

/* ---- files ----------------------------------------------------------------------------------- */

typedef enum itp_format {
    ITP_FORMAT_AUTO,
    ITP_FORMAT_POSCAR,
    ITP_FORMAT_EXTXYZ,
    ITP_FORMAT_CIF
} itp_format;

/* Reads a whole text (need not end in NUL). `what` names it in messages. AUTO looks at the text.
 * Every refusal says which line and why: ITP_EPARSE for damage, ITP_ENOTSUP for what is sound but
 * outside the subset (partial occupancy, several blocks). The result has passed the check. */
itp_status itp_crystal_parse(itp_crystal **out, const char *text, size_t length, itp_format format,
                             const char *what, itp_error *err);
/* The format follows the name (.cif, .xyz, .extxyz, .vasp, POSCAR, CONTCAR), else the text. */
itp_status itp_crystal_read(itp_crystal **out, const char *path, itp_error *err);

/* Text of the crystal (17 digits: reading it back gives the same bits of frac and cell for POSCAR
 * and CIF-free formats). Caller frees *text. CIF is written in P1. */
itp_status itp_crystal_print(char **text, const itp_crystal *crystal, itp_format format,
                             const char *title);
itp_status itp_crystal_write(const char *path, const itp_crystal *crystal, itp_format format,
                             const char *title, itp_error *err);

#endif
