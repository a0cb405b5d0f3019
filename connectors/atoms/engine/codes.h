/* codes.h - what each code must know how to do; engine.c does the rest.
 *   A code writes its input into the run's folder and leaves there result.txt (lines "energy X",
 *   "force X", "cell" and nine numbers, "pressure" and six in bar: xx yy zz yz xz xy) and
 * final.txt, in which after a line beginning "ITEM: ATOMS" come lines: id type x y z (fractions).
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CODES_H
#define ITP_CODES_H

#include "engine.h"

#define ITP_ARGUMENTS_MAX 24

typedef struct itp_code {
    const char *kind, *program;
    /* Full name of the model, checked: it goes into input files. */
    itp_status (*resolve)(const char *model, size_t size, char *full, itp_error *err);
    /* Arguments that print the version, and where it is in what they print. */
    const char *const *version_arguments;
    void (*version)(const char *printed, size_t size, char *version);
    itp_status (*write)(const char *folder, const char *model, const itp_job *job, itp_error *err);
    const char *const *arguments; /* of a run */
    /* Path: input for a band of images, and its arguments (argv[0] included) into `argv`. */
    itp_status (*write_band)(const char *folder, const char *model, const itp_job *job,
                             const itp_crystal *final, size_t images, itp_error *err);
    void (*band_arguments)(size_t images, const char *program, const char *argv[ITP_ARGUMENTS_MAX]);
    itp_status (*read_band)(const char *folder, size_t images, itp_band *out, itp_error *err);
} itp_code;

extern const itp_code itp_code_lammps, itp_code_ase;

/* Opens folder/name for writing. */
itp_status itp_code_open(FILE **out, const char *folder, const char *name, itp_error *err);
itp_status itp_code_close(FILE *file, const char *folder, const char *name, itp_error *err);
/* Letters, digits and _ . / - + only: the text goes into scripts. */
int itp_code_is_plain(const char *text);
/* Species in the crystal by atomic number; type numbers count from 1 in this order. */
size_t itp_code_species(const itp_crystal *crystal, int z[128]);
/* a along x, b in the xy plane, c above. */
void itp_code_upright(const double cell[3][3], double out[3][3]);

#endif
