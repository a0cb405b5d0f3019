/* sha256.h - SHA-256 of memory and files (libsodium), in bytes or hexadecimal.
 * Life cycle  init -> { update }* -> final          Threads  a state belongs to its caller
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SHA256_H
#define ITP_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include "interphase/status.h"

#define ITP_SHA256_BYTES 32
#define ITP_SHA256_TEXT  65 /* hexadecimal and a NUL */

typedef struct itp_sha256 {
    uint64_t opaque[16];
} itp_sha256;

void itp_sha256_init(itp_sha256 *state);
void itp_sha256_update(itp_sha256 *state, const void *bytes, size_t size);
void itp_sha256_final(itp_sha256 *state, unsigned char out[ITP_SHA256_BYTES]);

/* Lower-case hexadecimal of a digest; returns out. */
const char *itp_sha256_text(const unsigned char digest[ITP_SHA256_BYTES],
                            char out[ITP_SHA256_TEXT]);
/* Digest of one piece of memory, in hexadecimal; returns out. */
const char *itp_sha256_of(const void *bytes, size_t size, char out[ITP_SHA256_TEXT]);
/* The same of a file's contents; its size in *size (may be NULL). ITP_EIO names the file. */
itp_status itp_sha256_file(const char *path, char out[ITP_SHA256_TEXT], uint64_t *size,
                           itp_error *err);

#endif
