/* sample.h - sampling from a stream of one's own; private to agent/space.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SAMPLE_H
#define ITP_SAMPLE_H

#include "space_inner.h"
#include "stream.h"

/* As itp_space_sample. */
itp_status itp_sample_stream(const itp_space *space, itp_stream *stream, size_t n, double *points,
                             itp_error *err);

#endif
