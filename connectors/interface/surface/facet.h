/* facet.h - the half crystals that end at a facet (hkl): surface lattice, planes, terminations.
 *   The frame of a facet: a along x, b in the xy plane, the outward normal along z, right-handed.
 *   a and b are the reduced primitive vectors of the facet (90 to 120 degrees), c leads one lattice
 *   plane up. Heights s are fractions of that period. A cut lies between two planes of atoms; what
 *   is below it is the surface "(hkl), termination t", whose top plane is plane t. Two cuts are one
 *   termination when a symmetry of the crystal that keeps the normal relates them.
 * Life cycle  create -> use -> destroy          Threads  read-only after create
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_FACET_H
#define ITP_FACET_H

#include "phase.h"

/* Planes of atoms nearer than this are one plane (angstrom). */
#define ITP_LAYER_GAP 0.10

/* A symmetry of the half crystal: in-plane fractions y' = y m + shift / ITP_SHIFTS (row vectors).
 * The facet's origin is put on a rotation point or mirror of its plane group, so shifts are exact.
 */
#define ITP_SHIFTS 24
typedef struct itp_planeop {
    int m[2][2];
    int shift[2]; /* 0 .. ITP_SHIFTS - 1 */
} itp_planeop;

typedef struct itp_plane {
    double height;    /* s of its middle, in [0, 1) */
    double cut;       /* s of the cut just above it, in (0, 2) */
    double gap;       /* angstrom from its highest atom to the next plane's lowest */
    int termination;  /* class of this plane's cut */
    char formula[32]; /* of its atoms */
} itp_plane;

typedef struct itp_facet {
    const itp_phase *phase; /* borrowed */
    itp_miller miller;
    double cell[3][3]; /* rows a, b, c in the facet's frame, angstrom */
    double area;       /* |a x b|, angstrom^2 */
    double period;     /* height of c, angstrom */
    size_t n;          /* atoms of one period */
    int *z;
    double (*frac)[3]; /* in a, b, c; all in [0, 1) */
    size_t n_planes;
    itp_plane *planes; /* by height */
    size_t n_terminations;
    size_t *terminations; /* per termination, the plane that stands for it (the lowest) */
    size_t n_ops;
    itp_planeop *ops; /* symmetries of every half crystal of this facet */
    size_t n_flips;
    double *flips;      /* s' = -s + flip for each operation that turns the facet over */
    long rows[3][3];    /* a, b, c in sixths of the conventional vectors */
    double frame[3][3]; /* crystal's Cartesian (row) times frame = facet's Cartesian */
} itp_facet;

itp_status itp_facet_create(itp_facet **out, const itp_phase *phase, itp_miller miller,
                            itp_error *err);
void itp_facet_destroy(itp_facet *facet); /* accepts NULL */

#endif
