/* ids.c - see ids.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "ids.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

itp_status itp_token(char out[ITP_TOKEN_TEXT])
{
    unsigned char bits[(ITP_TOKEN_TEXT - 1) / 2];
    if (sodium_init() < 0) return ITP_EIO;
    randombytes_buf(bits, sizeof bits);
    sodium_bin2hex(out, ITP_TOKEN_TEXT, bits, sizeof bits);
    return ITP_OK;
}

const char *itp_attempt_text(itp_id request, uint32_t epoch, char out[ITP_ATTEMPT_TEXT])
{
    snprintf(out, ITP_ATTEMPT_TEXT, "%" PRIu64 ".%" PRIu32, request, epoch);
    return out;
}
