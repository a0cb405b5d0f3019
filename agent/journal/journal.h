/* journal.h - the append-only record that is the campaign's state: one SQLite file, one writer.
 *   An event is added together with the actions that the loop answered; a batch of them becomes
 * durable with one commit (group commit), or not at all. Rows are chained: hash = SHA-256(previous
 * hash, columns, payload as stored), see hash_chain.h. What is stored of an event stands in
 * event_json.h, the table and the views for people in schema.sql. Life cycle  open -> describe? ->
 * { add* -> commit | abandon }* -> close Threads     a handle belongs to one thread; any number of
 * processes may read a live journal Cost        commit: about one fsync, whatever the number of
 * events SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_JOURNAL_H
#define ITP_JOURNAL_H

#include "interphase/event.h"
#include "interphase/space.h"

#define ITP_HASH_SIZE         32   /* SHA-256 */
#define ITP_HASH_TEXT         65   /* hexadecimal, with its NUL */
#define ITP_JOURNAL_WAL_PAGES 1000 /* of 4 KiB each: the WAL is written back at this length */
#define ITP_JOURNAL_BUSY_MS   5000 /* longest wait for another connection to the same file */

typedef struct itp_journal itp_journal; /* opaque; owned by the caller of open */

typedef enum itp_journal_mode {
    ITP_JOURNAL_READ,  /* for people and status, also while an agent writes */
    ITP_JOURNAL_WRITE, /* must exist */
    ITP_JOURNAL_CREATE /* made when it is missing or empty */
} itp_journal_mode;

/* Opens a journal. For writing it is locked (PATH.lock) until close.
 *   ITP_ENOTFOUND  it does not exist
 *   ITP_ELOCKED    another agent has it; err names its process
 *   ITP_ENOTSUP    for writing: on a network file system, which err names, with the remedy
 *   ITP_EVERSION   written by a newer version; an older one is migrated when opened for writing
 *   ITP_ECORRUPT   not a journal, or damaged
 *   ITP_EIO        cannot be opened or written */
itp_status itp_journal_open(itp_journal **out, const char *path, itp_journal_mode mode,
                            itp_error *err);
/* Abandons what was not committed. The last one to close leaves one file. Accepts NULL. */
void itp_journal_close(itp_journal *journal);

const char *itp_journal_path(const itp_journal *journal); /* absolute, links resolved; borrowed */

/* --- What the numbers in events mean, for people --------------------------------------------- */

typedef struct itp_journal_task {
    const char *name;
    size_t n_sources;
    const char *const *sources;
} itp_journal_task;

/* Names that events and actions know by index: parameters of points, tasks and sources. */
typedef struct itp_journal_terms {
    size_t n_params, n_outcomes, n_tasks;
    const itp_param *params;  /* name, unit and labels are used */
    const itp_port *outcomes; /* name and unit are used */
    const itp_journal_task *tasks;
} itp_journal_terms;

/* Copies the terms: stored with each `defined` and `redefined` event added from now on, and used to
 * name tasks and sources of offers. Once after opening, before the first add. Never fed to the
 * loop. */
itp_status itp_journal_describe(itp_journal *journal, const itp_journal_terms *terms,
                                itp_error *err);

/* --- Writing --------------------------------------------------------------------------------- */

/* One event and what followed. Below `actions` stands what only people see: it fills columns that
 * the kind does not use itself and is never read back into the event. */
typedef struct itp_journal_entry {
    const itp_event *event;     /* seq: itp_journal_next, or 0 */
    const itp_actions *actions; /* the loop's answer; digested. Its offers, and the words of acks
                                   and refusals, are stored for people. NULL: none */
    size_t n_trials;
    const itp_id *trials; /* of a decision: number given to each pick, 0 where it was dropped; of
                             others: the trials concerned, e.g. those that the request serves */
    const char *task, *source; /* of the request concerned */
} itp_journal_entry;

/* Sequence number that the next event added will have: 1 in a new journal. */
uint64_t itp_journal_next(const itp_journal *journal);

/* Adds an event to the batch; nothing of `entry` is needed afterwards. The first one begins the
 * batch. On failure the whole batch is abandoned.
 *   ITP_EINVAL     a name that is not UTF-8, a number beyond 2^63, or a seq out of order
 *   ITP_ERESOURCE  disk full; ITP_EIO; ITP_ENOMEM; ITP_ESTATE opened for reading, or see commit */
itp_status itp_journal_add(itp_journal *journal, const itp_journal_entry *entry, itp_error *err);

/* Makes the batch durable: returns after fsync. No batch: ITP_OK. On failure the batch is
 * abandoned: fold the journal again (itp_journal_replay) before going on.
 *   ITP_ERESOURCE  disk full: err says how much is free and what to do; may be tried again later
 *   ITP_EIO        the device failed: what it holds is not known, so every later add and commit is
 *                  refused (ITP_ESTATE) until the journal is closed and opened again */
itp_status itp_journal_commit(itp_journal *journal, itp_error *err);

/* Drops what was added since the last commit. */
void itp_journal_abandon(itp_journal *journal);

/* --- Reading --------------------------------------------------------------------------------- */

/* Sequence number and hash of the last committed event; 0 and zeros when there is none. */
itp_status itp_journal_head(itp_journal *journal, uint64_t *seq, unsigned char hash[ITP_HASH_SIZE],
                            itp_error *err);
/* Lower-case hexadecimal; `text` holds ITP_HASH_TEXT bytes. */
void itp_hash_text(const unsigned char hash[ITP_HASH_SIZE], char *text);
/* The inverse, exact 64 digits; ITP_EPARSE. */
itp_status itp_hash_parse(const char *text, unsigned char hash[ITP_HASH_SIZE]);

/* A row as it was stored; borrowed until the cursor moves. */
typedef struct itp_journal_row {
    itp_event event; /* what the loop was given, and nothing else */
    itp_id trial;    /* columns, for people */
    const char *task, *source, *payload;
    unsigned char actions[ITP_HASH_SIZE]; /* digest of the loop's answer */
    unsigned char hash[ITP_HASH_SIZE];
} itp_journal_row;

typedef struct itp_journal_cursor itp_journal_cursor;

/* Events from sequence number `from` (0 and 1: all) up to the head as it is when the end is
 * reached. Checks the chain as it goes; reads a few hundred rows at a time, so that a live journal
 * is never held up. */
itp_status itp_journal_cursor_open(itp_journal_cursor **out, itp_journal *journal, uint64_t from,
                                   itp_error *err);
/* *row is NULL at the end; later events may be read by calling again. ITP_ECORRUPT names the event
 * that was changed. */
itp_status itp_journal_cursor_next(itp_journal_cursor *cursor, const itp_journal_row **row,
                                   itp_error *err);
void itp_journal_cursor_close(itp_journal_cursor *cursor); /* accepts NULL */

/* --- Verifying and replaying ----------------------------------------------------------------- */

typedef struct itp_journal_verdict {
    uint64_t events;                   /* in unbroken order from the first */
    uint64_t bad;                      /* first event that was changed, or is missing; 0: none */
    uint64_t known;                    /* the event that `head` is the hash of; 0: none */
    unsigned char head[ITP_HASH_SIZE]; /* of the last good event */
} itp_journal_verdict;

/* Recomputes the chain.
 *   head  hash printed by an earlier run, or NULL; only a known one reveals a cut tail
 *   ITP_ECORRUPT  err says "event 17 was changed", "event 18 is missing" or that `head` is not in
 *                 the chain; *out is filled all the same */
itp_status itp_journal_verify(itp_journal *journal, const unsigned char *head,
                              itp_journal_verdict *out, itp_error *err);

/* How to replay; `ctx` goes to each function. Any status but ITP_OK ends the replay and is
 * returned. */
typedef struct itp_replay {
    void *ctx;
    /* The loop, freshly made from the campaign: itp_loop_step behind one cast. */
    itp_status (*step)(void *ctx, const itp_event *event, itp_actions *out);
    /* Before a decision is fed: decides again from the loop's present state and compares with
     * event->made. ITP_EDIVERGED with the difference in err. NULL: decisions are taken as they are.
     */
    itp_status (*verify)(void *ctx, const itp_event *event, itp_error *err);
    /* After each step. May be NULL. */
    itp_status (*visit)(void *ctx, const itp_journal_row *row, const itp_actions *actions);
    uint64_t until; /* last event to feed; 0: all */
} itp_replay;

typedef struct itp_replay_report {
    uint64_t events, decisions; /* fed; decided again and found equal */
    uint64_t seq;               /* of the first event that diverged; 0: none */
    itp_event_kind kind;        /* of that event */
    unsigned char expected[ITP_HASH_SIZE], actual[ITP_HASH_SIZE]; /* digests of its actions */
} itp_replay_report;

/* Feeds the journal's events, in order, and compares the digest of the actions at each.
 *   ITP_EDIVERGED  at the first difference: err and *report (may be NULL) say where
 * Recovery is the same call: a loop that answers otherwise than it did must not go on. */
itp_status itp_journal_replay(itp_journal *journal, const itp_replay *how,
                              itp_replay_report *report, itp_error *err);

/* Digest of a list of actions; equal lists, equal digests. Byte form in hash_chain.h; the words of
 * an action's `text` do not count, only whether there are any. NULL or empty: zeros. */
void itp_actions_digest(const itp_actions *actions, unsigned char out[ITP_HASH_SIZE]);

/* --- Exporting ------------------------------------------------------------------------------- */

/* Trials, wide, for pandas and spreadsheets: one row a trial (and replicate, where measured again):
 * trial, replicate, state, decision, decided, measured, then each parameter and its NAME_unit, then
 * each outcome with NAME_sd and NAME_unit. Plain `read_csv` gives numbers; empty means none. */
itp_status itp_journal_export_csv(itp_journal *journal, FILE *file, itp_error *err);
/* The same of the journal at `path`, live or not, as a text that is the caller's to free. */
itp_status itp_journal_read_trials(const char *path, char **table, size_t *size, itp_error *err);
/* Measurements, long: the view `measurements` as CSV. */
itp_status itp_journal_export_measurements(itp_journal *journal, FILE *file, itp_error *err);
/* Events from `from` on, one JSON object a line: the columns, payload, digest and hash. */
itp_status itp_journal_export_json(itp_journal *journal, uint64_t from, FILE *file, itp_error *err);
/* A consistent copy of a journal, live or not; ITP_EEXISTS when `path` is there already. */
itp_status itp_journal_copy(itp_journal *journal, const char *path, itp_error *err);

#endif
