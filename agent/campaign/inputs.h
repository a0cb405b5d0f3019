/* inputs.h - SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_INPUTS_H
#define ITP_INPUTS_H

#include "builder.h"

/* Ties every task's inputs to parameters, table columns and other tasks' outputs, and puts the
 * tasks (and with them the outcomes) in an order in which upstream ones come first. */
void builder_inputs(builder *b);
/* One of them: parameter or column `from`, called `as`. 0: there is none of that name. */
int builder_tie(const builder *b, const char *as, const char *from, itp_input *out);

#endif
