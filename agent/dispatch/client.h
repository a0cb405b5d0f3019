/* client.h - says a person's verb to the agent that has the journal.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CLIENT_H
#define ITP_CLIENT_H

#include "keys.h"
#include "places.h"

#define ITP_CLIENT_WAIT_MS 60000 /* longest wait for an answer: a decision may be under way */

/* Sends `text` (words.h) and waits for the answer, JSON, the caller's to free.
 * ITP_ETIMEOUT when nobody answers; ITP_EIO. */
itp_status itp_client_say(const itp_places *places, const char *text, char **answer,
                          itp_error *err);

/* The same to an agent that listens over TCP. ITP_EREFUSED when it does not admit this key. */
itp_status itp_client_say_to(const itp_credentials *agent, const char *text, char **answer,
                             itp_error *err);

#endif
