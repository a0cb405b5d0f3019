/* sha256.c - see sha256.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "sha256.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>

/* The header keeps sodium.h out of its readers' sight. */
static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(itp_sha256), "room for libsodium's state");
static_assert(crypto_hash_sha256_BYTES == ITP_SHA256_BYTES, "a digest is 32 bytes");

static crypto_hash_sha256_state *inner(itp_sha256 *state)
{
    return (crypto_hash_sha256_state *)(void *)state->opaque;
}

void itp_sha256_init(itp_sha256 *state)
{
    crypto_hash_sha256_init(inner(state));
}

void itp_sha256_update(itp_sha256 *state, const void *bytes, size_t size)
{
    crypto_hash_sha256_update(inner(state), bytes, size);
}

void itp_sha256_final(itp_sha256 *state, unsigned char out[ITP_SHA256_BYTES])
{
    crypto_hash_sha256_final(inner(state), out);
}

const char *itp_sha256_text(const unsigned char digest[ITP_SHA256_BYTES], char out[ITP_SHA256_TEXT])
{
    return sodium_bin2hex(out, ITP_SHA256_TEXT, digest, ITP_SHA256_BYTES);
}

const char *itp_sha256_of(const void *bytes, size_t size, char out[ITP_SHA256_TEXT])
{
    unsigned char digest[ITP_SHA256_BYTES];
    crypto_hash_sha256(digest, bytes, size);
    return itp_sha256_text(digest, out);
}

itp_status itp_sha256_file(const char *path, char out[ITP_SHA256_TEXT], uint64_t *size,
                           itp_error *err)
{
    FILE *file = fopen(path, "rb");
    if (!file) return itp_fail(err, ITP_EIO, "%s: %s", path, strerror(errno));
    itp_sha256 state;
    itp_sha256_init(&state);
    unsigned char bytes[16384], digest[ITP_SHA256_BYTES];
    uint64_t total = 0;
    size_t got;
    while ((got = fread(bytes, 1, sizeof bytes, file)) > 0) {
        itp_sha256_update(&state, bytes, got);
        total += got;
    }
    int failed = ferror(file);
    fclose(file);
    if (failed) return itp_fail(err, ITP_EIO, "%s: cannot be read", path);
    itp_sha256_final(&state, digest);
    itp_sha256_text(digest, out);
    if (size) *size = total;
    return ITP_OK;
}
