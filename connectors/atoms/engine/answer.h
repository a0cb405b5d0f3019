/* answer.h - what a run leaves behind, read with suspicion; and the same as text for the cache.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_ANSWER_H
#define ITP_ANSWER_H

#include "engine.h"

/* From folder/result.txt and folder/final.txt. ITP_ERESULT when they are not what they should be.
 */
itp_status itp_answer_read(const char *folder, const itp_crystal *asked, itp_energy *out,
                           itp_error *err);
itp_status itp_answer_parse(const char *text, const itp_crystal *asked, itp_energy *out);
char *itp_answer_print(const itp_energy *answer); /* caller frees; NULL without memory */
itp_status itp_band_parse(const char *text, itp_band *out);
char *itp_band_print(const itp_band *band);

#endif
