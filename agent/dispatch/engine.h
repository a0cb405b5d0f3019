/* engine.h - a campaign at work: its journal and the loop that is the fold of it.
 *   Every event goes through feed: numbered, stepped, added to the batch. Nothing may be done about
 * the actions before commit has returned: journal first, then act. Life cycle  open -> { feed+ ->
 * commit }* -> close        Threads  one SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_ENGINE_H
#define ITP_ENGINE_H

#include "journal.h"
#include "loop.h"

typedef struct itp_engine itp_engine;

typedef struct itp_engine_options {
    const char *journal;  /* path */
    const char *campaign; /* path; NULL: as the journal has it */
    int has_seed;         /* 1: `seed` replaces the definition's; only for a new journal */
    uint64_t seed;
    size_t n_settings; /* KEY=VALUE over the definition's: see itp_campaign_with */
    const char *const *settings;
    itp_journal_mode mode;
} itp_engine_options;

/* Reads a campaign file; journals that its `data` names are taken as they are now, but what
 * `before` (may be NULL: the campaign as a journal has it) took of them stands. As
 * itp_campaign_load. */
itp_status itp_engine_load(itp_campaign **out, const char *path, const itp_campaign *before,
                           itp_findings *findings, itp_error *err);

/* Opens a journal and folds it, or begins one. An edited definition is checked against the
 * journalled one and fed as `redefined` (not committed). findings (may be NULL) say what is wrong
 * with a campaign file: ITP_ECAMPAIGN. */
itp_status itp_engine_open(itp_engine **out, const itp_engine_options *options,
                           itp_findings *findings, itp_error *err);
void itp_engine_close(itp_engine *engine);

/* Numbers and times the event (at_ms 0: now), steps the loop and adds both to the batch. The
 * actions are borrowed until the next feed. After a failure the batch is gone and the engine must
 * be refolded. */
itp_status itp_engine_feed(itp_engine *engine, itp_event *event, const itp_actions **actions,
                           itp_error *err);
itp_status itp_engine_commit(itp_engine *engine, itp_error *err);
/* Drops what was not committed and folds the journal again. */
itp_status itp_engine_refold(itp_engine *engine, itp_error *err);

const itp_loop *itp_engine_loop(const itp_engine *engine);
const itp_campaign *itp_engine_campaign(const itp_engine *engine);
itp_journal *itp_engine_journal(itp_engine *engine);
int itp_engine_is_new(const itp_engine *engine); /* 1: this open began the journal */

/* The journal's identity on the wire: the campaign's name, and digits of the hash of the first
 * event, in which two journals of one campaign file differ. Needs one committed event. */
#define ITP_IDENTITY_TEXT 1024
itp_status itp_engine_identity(itp_engine *engine, char out[ITP_IDENTITY_TEXT], itp_error *err);

/* Reads the campaign that a journal began with. *out is the caller's to destroy. */
itp_status itp_engine_definition(itp_journal *journal, itp_campaign **out, itp_error *err);

#endif
