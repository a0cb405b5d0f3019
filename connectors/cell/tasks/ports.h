/* ports.h - the tasks' inputs and outputs, written once. Every parameter of the cell is an optional
 * input of every task, so that a finer scale can supply what it measured.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CELL_PORTS_H
#define ITP_CELL_PORTS_H

#include "job.h"

#define ITP_CELL_OPEN(name, unit, low, high)                                                       \
    {                                                                                              \
        name, unit, NULL, low, high, NULL, 1                                                       \
    }
#define ITP_CELL_GIVES(name, unit)                                                                 \
    {                                                                                              \
        name, unit, NULL, NAN, NAN, NULL, 0                                                        \
    }

#define ITP_CELL_FIELD_PORT(member, name, unit, low, high, published)                              \
    {name, unit, NULL, low, high, NULL, 1},

/* What every task takes: what the cell is made of, and where it starts. */
#define ITP_CELL_COMMON_PORTS                                                                      \
    ITP_CELL_FIELDS(ITP_CELL_FIELD_PORT)                                                           \
    ITP_CELL_OPEN("temperature", "degC", -50, 100), ITP_CELL_OPEN("initial_soc", "1", 0, 1)

#endif
