/* say.h - a person's verb, to the running agent or, when none runs, to the journal itself under the
 * same lock. Nobody has to know which. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SAY_H
#define ITP_SAY_H

#include "interphase/status.h"

#define ITP_SAY_FAR "tcp://"

/* words: JSON as in words.h. *answer: JSON, the caller's to free; {"ok": true, ...}.
 *   journal   path; or tcp://HOST:PORT[,key=FILE][,server=KEY] for an agent elsewhere. Without a
 *             key the key folder is searched; tcp://,key=FILE goes where that file says
 *   campaign  path, for a journal that does not exist yet (ask); else NULL
 * ITP_EREFUSED and others with the reason in err. */
itp_status itp_say(const char *journal, const char *campaign, const char *words, char **answer,
                   itp_error *err);

/* The same with the answer to a verb that only says yes. */
itp_status itp_say_verb(const char *journal, const char *words, itp_error *err);

#endif
