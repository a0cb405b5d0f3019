/* words_of.h - command-line arguments as people's verbs (words.h in dispatch).
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_WORDS_OF_H
#define ITP_WORDS_OF_H

#include <jansson.h>

#include "interphase/status.h"

/* "NAME=VALUE", "NAME=VALUE+-SD", "NAME=1.5 mA", "NAME=label": adds {"name", ...} to the array.
 * "±" may stand for "+-". */
itp_status app_add_value(json_t *array, const char *text, itp_error *err);
/* "NAME=VALUE" or "NAME=label": sets it in the object. */
itp_status app_set_point(json_t *object, const char *text, itp_error *err);

#endif
