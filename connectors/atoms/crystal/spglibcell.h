/* spglibcell.h - spglib's own data set of a crystal, for the files of this folder only.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SPGLIBCELL_H
#define ITP_SPGLIBCELL_H

#include <spglib.h>

#include "crystal.h"

/* The caller frees it with spg_free_dataset. */
itp_status spglib_dataset(SpglibDataset **out, const itp_crystal *crystal, double symprec,
                          itp_error *err);

#endif
