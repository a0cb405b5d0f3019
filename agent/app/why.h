/* why.h - status --why: the record of the decision that chose a trial, in words.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_WHY_H
#define ITP_WHY_H

#include "engine.h"

int app_why(itp_engine *engine, itp_id trial);

#endif
