/* units.h - converts values between units of UDUNITS-2, and says in words why it cannot.
 *   A context holds the unit system and the conversions met so far. Life cycle  create ->
 * { check | convert | ... }* -> destroy        Threads  any number may share one context (a lock
 * inside)        Cost  create reads the unit database (~10 ms); a conversion met before is a
 * look-up
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_UNITS_H
#define ITP_UNITS_H

#include "interphase/status.h"

#define ITP_UNIT_MAX 120 /* bytes of a unit's text; longer ones are refused */

typedef struct itp_units itp_units; /* opaque; owned by the caller of create */

/* ITP_EIO when the unit database cannot be read. */
itp_status itp_units_create(itp_units **out, itp_error *err);
void itp_units_destroy(itp_units *units);

/* ITP_OK when `unit` is one, otherwise ITP_EUNIT naming it, with a spelling that is when we know
 * one ("mA.h" for "mAh"). Pure numbers have unit "1"; an empty text is refused. */
itp_status itp_units_check(itp_units *units, const char *unit, itp_error *err);
/* The spelling meant by a wrong unit, static; NULL when we have none to offer. */
const char *itp_units_suggest(const char *unit);

/* 1 when values in `from` can be converted to `to`, otherwise 0. */
int itp_units_compatible(itp_units *units, const char *from, const char *to);

/* *out = `value` in `to`. ITP_EUNIT names both units and says which is wrong, or that they measure
 * different things. Equal texts return the value untouched, bit for bit. */
itp_status itp_units_convert(itp_units *units, const char *from, const char *to, double value,
                             double *out, itp_error *err);
/* The same for a standard deviation at `value`: only the slope of the conversion counts (20 degC
 * +- 1 is 293.15 K +- 1). */
itp_status itp_units_convert_sd(itp_units *units, const char *from, const char *to, double value,
                                double sd, double *out, itp_error *err);

#endif
