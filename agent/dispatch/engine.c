/* engine.c - opens, folds and feeds a campaign's journal.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

struct itp_engine {
    itp_journal *journal;
    itp_campaign *campaign; /* as first defined; the loop owns what redefines it */
    itp_loop *loop;
    itp_actions actions;
    int is_new;
};

/* --- The definition as an event
 * --------------------------------------------------------------------- */

typedef struct files_of {
    itp_event_file *items;
} files_of;

static itp_status definition_event(itp_event *event, itp_event_kind kind, const itp_campaign *c,
                                   files_of *files)
{
    files->items = calloc(c->n_files ? c->n_files : 1, sizeof *files->items);
    if (!files->items) return ITP_ENOMEM;
    for (size_t i = 0; i < c->n_files; i++)
        files->items[i] = (itp_event_file){c->files[i].path, c->files[i].bytes, c->files[i].size};
    *event =
        (itp_event){.kind = kind, .text = c->text, .files = files->items, .n_files = c->n_files};
    return ITP_OK;
}

static itp_status parse_definition(itp_campaign **out, const char *path, const itp_event *event,
                                   itp_error *err)
{
    itp_campaign_file *files = calloc(event->n_files ? event->n_files : 1, sizeof *files);
    if (!files) return itp_fail(err, ITP_ENOMEM, "journal %s", path);
    for (size_t i = 0; i < event->n_files; i++)
        files[i] =
            (itp_campaign_file){event->files[i].path, event->files[i].bytes, event->files[i].size};
    itp_status st = itp_campaign_parse(out, path, event->text, event->n_files, files, NULL, err);
    free(files);
    return st;
}

/* `path`: where the definition lies, for relative paths begin there. */
static itp_status read_definition(itp_journal *journal, const char *path, itp_campaign **out,
                                  itp_error *err)
{
    itp_journal_cursor *cursor;
    const itp_journal_row *row;
    itp_status st = itp_journal_cursor_open(&cursor, journal, 1, err);
    if (st != ITP_OK) return st;
    st = itp_journal_cursor_next(cursor, &row, err);
    if (st == ITP_OK && (!row || row->event.kind != ITP_EVENT_DEFINED))
        st = itp_fail(err, ITP_ECORRUPT, "journal %s: does not begin with a definition",
                      itp_journal_path(journal));
    if (st == ITP_OK) st = parse_definition(out, path, &row->event, err);
    itp_journal_cursor_close(cursor);
    return st;
}

itp_status itp_engine_definition(itp_journal *journal, itp_campaign **out, itp_error *err)
{
    return read_definition(journal, itp_journal_path(journal), out, err);
}

itp_status itp_engine_identity(itp_engine *e, char out[ITP_IDENTITY_TEXT], itp_error *err)
{
    char hash[ITP_HASH_TEXT];
    itp_journal_cursor *cursor;
    const itp_journal_row *row;
    itp_status st = itp_journal_cursor_open(&cursor, e->journal, 1, err);
    if (st != ITP_OK) return st;
    st = itp_journal_cursor_next(cursor, &row, err);
    if (st == ITP_OK && !row)
        st = itp_fail(err, ITP_ESTATE, "journal %s: is empty", itp_journal_path(e->journal));
    if (st == ITP_OK) {
        itp_hash_text(row->hash, hash);
        snprintf(out, ITP_IDENTITY_TEXT, "%.900s@%.16s", e->campaign->name, hash);
    }
    itp_journal_cursor_close(cursor);
    return st;
}

/* --- What the numbers in events mean
 * ------------------------------------------------------------------ */

static itp_status describe(itp_journal *journal, const itp_campaign *c, itp_error *err)
{
    size_t n_params = itp_space_n_params(c->space), n_sources = 0;
    for (size_t t = 0; t < c->n_tasks; t++) n_sources += c->tasks[t].n_sources;
    itp_param *params = calloc(n_params + 1, sizeof *params);
    itp_port *outcomes = calloc(c->n_outcomes + 1, sizeof *outcomes);
    itp_journal_task *tasks = calloc(c->n_tasks + 1, sizeof *tasks);
    const char **sources = calloc(n_sources + 1, sizeof *sources);
    itp_status st = ITP_ENOMEM;
    if (params && outcomes && tasks && sources) {
        for (size_t i = 0; i < n_params; i++) params[i] = *itp_space_param(c->space, i);
        for (size_t i = 0; i < c->n_outcomes; i++)
            outcomes[i] = (itp_port){.name = c->outcomes[i].name, .unit = c->outcomes[i].unit};
        for (size_t t = 0, at = 0; t < c->n_tasks; t++) {
            tasks[t] = (itp_journal_task){c->tasks[t].name, c->tasks[t].n_sources, sources + at};
            for (size_t i = 0; i < c->tasks[t].n_sources; i++)
                sources[at++] = c->tasks[t].sources[i].name;
        }
        const itp_journal_terms terms = {n_params, c->n_outcomes, c->n_tasks,
                                         params,   outcomes,      tasks};
        st = itp_journal_describe(journal, &terms, err);
    }
    free(params);
    free(outcomes);
    free(tasks);
    free(sources);
    return st;
}

/* --- Folding
 * ------------------------------------------------------------------------------------------ */

static itp_status step_loop(void *ctx, const itp_event *event, itp_actions *out)
{
    return itp_loop_step(ctx, event, out);
}

static itp_status fold(itp_engine *e, itp_error *err)
{
    itp_loop_destroy(e->loop);
    e->loop = NULL;
    itp_status st = itp_loop_create(&e->loop, e->campaign, err);
    if (st != ITP_OK) return st;
    const itp_replay how = {.ctx = e->loop, .step = step_loop};
    return itp_journal_replay(e->journal, &how, NULL, err);
}

itp_status itp_engine_refold(itp_engine *e, itp_error *err)
{
    itp_journal_abandon(e->journal);
    return fold(e, err);
}

/* --- Opening
 * ------------------------------------------------------------------------------------------ */

itp_status itp_engine_load(itp_campaign **out, const char *path, const itp_campaign *before,
                           itp_findings *findings, itp_error *err)
{
    const itp_earlier earlier = {itp_journal_read_trials, before ? before->n_files : 0,
                                 before ? before->files : NULL};
    return itp_campaign_load(out, path, &earlier, findings, err);
}

/* Settings of the caller's over the definition's. */
static itp_status apply(itp_campaign **campaign, size_t n, const char *const *settings,
                        itp_error *err)
{
    itp_campaign *fresh;
    if (n == 0) return ITP_OK;
    itp_status st = itp_campaign_with(&fresh, *campaign, n, settings, err);
    if (st != ITP_OK) return st;
    itp_campaign_destroy(*campaign);
    *campaign = fresh;
    return ITP_OK;
}

static itp_status reseed(itp_campaign **campaign, uint64_t seed, itp_error *err)
{
    char text[40];
    snprintf(text, sizeof text, "seed=%" PRIu64, seed);
    return apply(campaign, 1, (const char *[]){text}, err);
}

static itp_status begin(itp_engine *e, const itp_engine_options *o, itp_findings *findings,
                        itp_error *err)
{
    if (!o->campaign)
        return itp_fail(err, ITP_ENOTFOUND, "journal %s: is empty, and no campaign file is given",
                        o->journal);
    itp_status st = ITP_OK;
    if (!e->campaign) st = itp_engine_load(&e->campaign, o->campaign, NULL, findings, err);
    if (st == ITP_OK) st = apply(&e->campaign, o->n_settings, o->settings, err);
    if (st == ITP_OK && o->has_seed) st = reseed(&e->campaign, o->seed, err);
    if (st == ITP_OK) st = describe(e->journal, e->campaign, err);
    if (st == ITP_OK) st = itp_loop_create(&e->loop, e->campaign, err);
    if (st != ITP_OK) return st;
    files_of files = {0};
    itp_event event;
    const itp_actions *actions;
    st = definition_event(&event, ITP_EVENT_DEFINED, e->campaign, &files);
    if (st == ITP_OK) st = itp_engine_feed(e, &event, &actions, err);
    free(files.items);
    e->is_new = 1;
    return st;
}

static int same_definition(const itp_campaign *a, const itp_campaign *b)
{
    if (strcmp(a->text, b->text) != 0 || a->n_files != b->n_files) return 0;
    for (size_t i = 0; i < a->n_files; i++)
        if (a->files[i].size != b->files[i].size ||
            memcmp(a->files[i].bytes, b->files[i].bytes, a->files[i].size) != 0)
            return 0;
    return 1;
}

/* The file may have been edited since: what may change is journalled, the rest is refused. */
static itp_status take_edits(itp_engine *e, const itp_engine_options *o, itp_findings *findings,
                             itp_error *err)
{
    itp_campaign *edited;
    const itp_campaign *current = itp_loop_campaign(e->loop);
    itp_status st = itp_engine_load(&edited, o->campaign, current, findings, err);
    if (st != ITP_OK) return st;
    st = apply(&edited, o->n_settings, o->settings, err);
    if (st == ITP_OK && current->seed != edited->seed) st = reseed(&edited, current->seed, err);
    if (st == ITP_OK && !same_definition(current, edited)) {
        files_of files = {0};
        itp_event event;
        const itp_actions *actions;
        st = itp_campaign_accepts(current, edited, err);
        if (st == ITP_OK) st = definition_event(&event, ITP_EVENT_REDEFINED, edited, &files);
        if (st == ITP_OK) st = itp_engine_feed(e, &event, &actions, err);
        free(files.items);
    }
    itp_campaign_destroy(edited);
    return st;
}

static itp_status resume(itp_engine *e, const itp_engine_options *o, itp_findings *findings,
                         itp_error *err)
{
    const char *path = o->campaign ? o->campaign : itp_journal_path(e->journal);
    itp_status st = read_definition(e->journal, path, &e->campaign, err);
    if (st == ITP_OK && o->has_seed && o->seed != e->campaign->seed)
        st =
            itp_fail(err, ITP_EREFUSED, "journal %s: was begun with seed %" PRIu64 ", not %" PRIu64,
                     o->journal, e->campaign->seed, o->seed);
    if (st == ITP_OK) st = describe(e->journal, e->campaign, err);
    if (st == ITP_OK) st = fold(e, err);
    if (st != ITP_OK) return st;
    if (o->campaign && o->mode != ITP_JOURNAL_READ) return take_edits(e, o, findings, err);
    return ITP_OK;
}

itp_status itp_engine_open(itp_engine **out, const itp_engine_options *o, itp_findings *findings,
                           itp_error *err)
{
    itp_engine *e = calloc(1, sizeof *e);
    if (!e) return itp_fail(err, ITP_ENOMEM, "journal %s", o->journal);
    itp_journal_mode mode = o->mode;
    itp_status st = ITP_OK;
    /* A campaign that is wrong must not leave an empty journal behind. */
    if (mode == ITP_JOURNAL_CREATE && access(o->journal, F_OK) != 0 && o->campaign)
        st = itp_engine_load(&e->campaign, o->campaign, NULL, findings, err);
    if (st == ITP_OK) st = itp_journal_open(&e->journal, o->journal, mode, err);
    if (st == ITP_OK)
        st = itp_journal_next(e->journal) == 1 ? begin(e, o, findings, err)
                                               : resume(e, o, findings, err);
    if (st != ITP_OK) {
        itp_engine_close(e);
        return st;
    }
    *out = e;
    return ITP_OK;
}

void itp_engine_close(itp_engine *e)
{
    if (!e) return;
    itp_journal_close(e->journal);
    itp_loop_destroy(e->loop);
    itp_campaign_destroy(e->campaign);
    itp_actions_deinit(&e->actions);
    free(e);
}

/* --- Feeding
 * ------------------------------------------------------------------------------------------ */

/* Numbers that the loop gave to the picks of a decision. */
static itp_id *number_picks(const itp_event *event, size_t before, size_t after)
{
    const itp_decision *made = event->made;
    itp_id *trials = calloc(made->n_picks ? made->n_picks : 1, sizeof *trials);
    for (size_t i = 0, next = before; trials && i < made->n_picks; i++) {
        trials[i] = made->picks[i].trial;
        if (!trials[i] && next < after) trials[i] = ++next;
    }
    return trials;
}

itp_status itp_engine_feed(itp_engine *e, itp_event *event, const itp_actions **actions,
                           itp_error *err)
{
    event->seq = itp_journal_next(e->journal);
    if (!event->at_ms) event->at_ms = itp_clock_utc_ms();
    size_t before = itp_loop_counts(e->loop).trials;
    itp_status st = itp_loop_step(e->loop, event, &e->actions);
    if (st != ITP_OK)
        return itp_fail(err, st, "event %" PRIu64 ": %s", event->seq, itp_status_text(st));
    itp_journal_entry entry = {.event = event, .actions = &e->actions};
    itp_request_view view;
    itp_id one;
    itp_id *numbers = NULL;
    if (event->kind == ITP_EVENT_DECISION) {
        numbers = number_picks(event, before, itp_loop_counts(e->loop).trials);
        if (!numbers) return itp_fail(err, ITP_ENOMEM, "event %" PRIu64, event->seq);
        entry.trials = numbers;
        entry.n_trials = event->made->n_picks;
    } else if (event->request && itp_loop_request(e->loop, event->request, &view) == ITP_OK) {
        const itp_campaign_task *task = &itp_loop_campaign(e->loop)->tasks[view.task];
        one = view.trial;
        entry.trials = &one;
        entry.n_trials = 1;
        entry.task = task->name;
        entry.source = view.source >= 0 ? task->sources[view.source].name : NULL;
    } else if (event->kind == ITP_EVENT_TOLD && !event->trial) {
        one = itp_loop_counts(e->loop).trials;
        entry.trials = &one;
        entry.n_trials = one > before;
    }
    st = itp_journal_add(e->journal, &entry, err);
    free(numbers);
    *actions = &e->actions;
    return st;
}

itp_status itp_engine_commit(itp_engine *e, itp_error *err)
{
    return itp_journal_commit(e->journal, err);
}

const itp_loop *itp_engine_loop(const itp_engine *e)
{
    return e->loop;
}

const itp_campaign *itp_engine_campaign(const itp_engine *e)
{
    return itp_loop_campaign(e->loop);
}

itp_journal *itp_engine_journal(itp_engine *e)
{
    return e->journal;
}

int itp_engine_is_new(const itp_engine *e)
{
    return e->is_new;
}
