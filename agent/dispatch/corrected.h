/* corrected.h - corrections between the loop and the wire: what a failure says is searched for
 * their patterns, options leave with what was changed, and a result's provenance tells what led to
 * it. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CORRECTED_H
#define ITP_CORRECTED_H

#include "interphase/wire.h"
#include "loop.h"

/* The task's corrections whose pattern is found in `words`, or in what the attempt's provenance
 * keeps of the program's output (notes stdout and stderr): a bit each. */
uint32_t itp_corrected_matches(const itp_loop *loop, const itp_message *m, const char *words);

/* Options (JSON) with the values put at their paths; malloc'ed. ITP_ENOMEM. */
itp_status itp_corrected_options(const char *options, size_t n, const itp_value *values,
                                 char **out);

/* The result's provenance with `corrections`: [{after_epoch, rule, when, cause, reason, changed}],
 * those that its attempt had; malloc'ed, or NULL where there were none. */
itp_status itp_corrected_provenance(const itp_loop *loop, const itp_message *m, char **out);

#endif
