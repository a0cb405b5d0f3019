/* outputs.h - what a program has answered, from its standard output and its files.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMAND_OUTPUTS_H
#define COMMAND_OUTPUTS_H

#include "options.h"

/* Puts every wanted output that can be found. ITP_ERESULT says which could not, and where it was
 * looked for. */
itp_status outputs_read(const command_options *options, const char *folder, const itp_request *req,
                        const itp_host *host, itp_result *res, itp_error *err);

#endif
