/* spelling.h - the word that was probably meant, for messages.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SPELLING_H
#define ITP_SPELLING_H

#include <stddef.h>

/* The one of n words nearest to `word` (insertions, deletions, exchanges, swapped neighbours; case
 * counts for little), or NULL when none is near enough to be worth saying. Pure. */
const char *itp_nearest(const char *word, size_t n, const char *const *words);

#endif
