/* ids.h - names that nobody else has, and the text of an attempt.
 * Threads     any          SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_IDS_H
#define ITP_IDS_H

#include <stdint.h>

#include "interphase/connector.h"

#define ITP_TOKEN_TEXT   33 /* 128 bits in hexadecimal and a NUL */
#define ITP_ATTEMPT_TEXT 32

/* 128 random bits from the system, in hexadecimal: the identity of a journal or of a ledger.
 * ITP_EIO when the system gives none. */
itp_status itp_token(char out[ITP_TOKEN_TEXT]);

/* "17.2": request and epoch, as in logs and folder names; returns out. */
const char *itp_attempt_text(itp_id request, uint32_t epoch, char out[ITP_ATTEMPT_TEXT]);

#endif
