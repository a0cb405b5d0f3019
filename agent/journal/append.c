/* append.c - events into rows, rows into batches. The batch is SQLite's transaction: an add writes
 * into it, a commit ends it with one fsync of the WAL.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "crash.h"
#include "event_json.h"
#include "journal_db.h"
#include "stamp.h"

/* --- Terms ------------------------------------------------------------------------------------ */

static json_t *names(size_t n, const char *const *texts)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        if (json_array_append_new(list, itp_json_text(texts[i])) == 0) continue;
        json_decref(list);
        return NULL;
    }
    return list;
}

static int append_term(json_t *list, const char *name, const char *unit, size_t n_labels,
                       const char *const *labels)
{
    json_t *term = json_object();
    int failed = itp_json_put_text(term, "name", name) != ITP_OK ||
                 itp_json_put_text(term, "unit", unit) != ITP_OK ||
                 (n_labels > 0 && itp_json_put(term, "labels", names(n_labels, labels)) != ITP_OK);
    return json_array_append_new(list, term) != 0 || failed;
}

static int append_task(json_t *list, const itp_journal_task *task)
{
    json_t *term = json_object();
    int failed = itp_json_put_text(term, "name", task->name) != ITP_OK ||
                 itp_json_put(term, "sources", names(task->n_sources, task->sources)) != ITP_OK;
    return json_array_append_new(list, term) != 0 || failed;
}

itp_status itp_journal_describe(itp_journal *journal, const itp_journal_terms *terms,
                                itp_error *err)
{
    json_t *params = json_array(), *outcomes = json_array(), *tasks = json_array();
    int failed = !params || !outcomes || !tasks;
    for (size_t i = 0; i < terms->n_params && !failed; i++) {
        const itp_param *param = &terms->params[i];
        size_t n_labels = param->kind == ITP_CATEGORICAL ? param->n_levels : 0;
        failed = append_term(params, param->name, param->unit, n_labels, param->labels);
    }
    for (size_t i = 0; i < terms->n_outcomes && !failed; i++)
        failed = append_term(outcomes, terms->outcomes[i].name, terms->outcomes[i].unit, 0, NULL);
    for (size_t i = 0; i < terms->n_tasks && !failed; i++)
        failed = append_task(tasks, &terms->tasks[i]);
    json_t *all =
        failed ? NULL
               : json_pack("{sOsOsO}", "parameters", params, "outcomes", outcomes, "tasks", tasks);
    json_decref(params);
    json_decref(outcomes);
    json_decref(tasks);
    if (!all) return itp_fail(err, ITP_ENOMEM, "journal %s: out of memory", journal->path);
    json_decref(journal->terms);
    journal->terms = all;
    return ITP_OK;
}

/* The name of a task or source by its index; NULL when it was not described. Borrowed. */
static const char *task_name(const itp_journal *journal, int task, int source)
{
    if (task < 0) return NULL;
    json_t *entry = json_array_get(json_object_get(journal->terms, "tasks"), (size_t)task);
    if (source < 0) return json_string_value(json_object_get(entry, "name"));
    return json_string_value(json_array_get(json_object_get(entry, "sources"), (size_t)source));
}

/* --- For people: what the loop answered --------------------------------------------------------
 */

static itp_status put_offer(const itp_journal *journal, json_t *offers, const itp_action *action)
{
    json_t *offer = json_object();
    const char *task = task_name(journal, action->task, -1);
    const char *source = task_name(journal, action->task, action->source < 0 ? 0 : action->source);
    itp_status st = itp_json_put_id(offer, "request", action->request);
    if (st == ITP_OK) st = itp_json_put_id(offer, "epoch", action->epoch);
    if (st == ITP_OK) st = itp_json_put_id(offer, "trial", action->trial);
    if (st == ITP_OK) st = itp_json_put_text(offer, "worker", action->worker);
    if (st == ITP_OK) st = itp_json_put_text(offer, "task", task);
    if (st == ITP_OK) st = itp_json_put_text(offer, "source", source);
    if (st == ITP_OK) st = itp_json_put_text(offer, "sample", action->sample);
    int failed = json_array_append_new(offers, offer) != 0;
    return st == ITP_OK && failed ? ITP_ENOMEM : st;
}

/* What a correction has changed, and why. */
static itp_status put_correction(json_t *payload, const itp_action *action)
{
    json_t *made = json_object(), *values = json_object();
    itp_status st = itp_json_put(payload, "correction", made);
    if (st == ITP_OK) st = itp_json_put_id(made, "rule", (uint64_t)action->number);
    if (st == ITP_OK) st = itp_json_put(made, "changed", values);
    for (size_t i = 0; st == ITP_OK && i < action->n_values; i++) {
        const itp_value *v = &action->values[i];
        json_t *value = json_object();
        st = itp_json_put(values, v->name, value);
        if (st == ITP_OK) st = itp_json_put_real(value, "number", v->number);
        if (st == ITP_OK) st = itp_json_put_text(value, "label", v->label);
        if (st == ITP_OK) st = itp_json_put_text(value, "unit", v->unit);
    }
    return st;
}

static itp_status put_actions(const itp_journal *journal, json_t *payload,
                              const itp_actions *actions)
{
    itp_status st = ITP_OK;
    json_t *offers = NULL;
    for (size_t i = 0; actions && i < actions->n && st == ITP_OK; i++) {
        const itp_action *action = &actions->items[i];
        if (action->kind == ITP_ACTION_ACK) st = itp_json_put_text(payload, "ack", action->text);
        if (action->kind == ITP_ACTION_REFUSE)
            st = itp_json_put_text(payload, "refused", action->text ? action->text : "");
        if (action->kind == ITP_ACTION_CORRECT) st = put_correction(payload, action);
        if (action->kind != ITP_ACTION_OFFER) continue;
        if (!offers) {
            offers = json_array();
            st = itp_json_put(payload, "offers", offers);
        }
        if (st == ITP_OK) st = put_offer(journal, offers, action);
    }
    return st;
}

static itp_status put_notes(const itp_journal *journal, json_t *payload,
                            const itp_journal_entry *entry)
{
    itp_event_kind kind = entry->event->kind;
    itp_status st = put_actions(journal, payload, entry->actions);
    if (st == ITP_OK && journal->terms &&
        (kind == ITP_EVENT_DEFINED || kind == ITP_EVENT_REDEFINED))
        st = itp_json_put(payload, "terms", json_incref(journal->terms));
    if (st != ITP_OK || (kind != ITP_EVENT_DECISION && entry->n_trials < 2)) return st;
    json_t *trials = json_array();
    st = itp_json_put(payload, "trials", trials);
    for (size_t i = 0; i < entry->n_trials && st == ITP_OK; i++)
        if (entry->trials[i] > INT64_MAX)
            st = ITP_EINVAL;
        else if (json_array_append_new(trials, json_integer((json_int_t)entry->trials[i])) != 0)
            st = ITP_ENOMEM;
    return st;
}

/* --- Rows --------------------------------------------------------------------------------------
 */

static itp_cell text_cell(const char *text)
{
    return text ? (itp_cell){.type = ITP_CELL_TEXT, .bytes = text, .size = strlen(text)}
                : (itp_cell){.type = ITP_CELL_NULL};
}

static itp_cell id_cell(uint64_t id)
{
    return id ? (itp_cell){.type = ITP_CELL_INTEGER, .integer = (int64_t)id}
              : (itp_cell){.type = ITP_CELL_NULL};
}

/* Columns: the event's own fields where the kind uses them, else what the entry says for people.
 * `at` and `payload` are the caller's. */
static void fill_cells(const itp_journal_entry *entry, itp_cell cells[ITP_CELLS])
{
    const itp_event *event = entry->event;
    unsigned uses = itp_event_uses(event->kind);
    itp_id trial = entry->n_trials > 0 && event->kind != ITP_EVENT_DECISION ? entry->trials[0] : 0;
    int at_point = event->kind == ITP_EVENT_TOLD && event->n_point > 0; /* makes a new trial */
    if (uses & ITP_USES_TRIAL && !at_point) trial = event->trial;
    cells[ITP_CELL_KIND] = text_cell(itp_event_name(event->kind));
    cells[ITP_CELL_TRIAL] = id_cell(trial);
    cells[ITP_CELL_REQUEST] = id_cell(uses & ITP_USES_REQUEST ? event->request : 0);
    cells[ITP_CELL_EPOCH] = id_cell(uses & ITP_USES_EPOCH ? event->epoch : 0);
    cells[ITP_CELL_WORKER] = text_cell(uses & ITP_USES_WORKER ? event->worker : NULL);
    cells[ITP_CELL_TASK] = text_cell(uses & ITP_USES_TASK ? event->task : entry->task);
    cells[ITP_CELL_SOURCE] = text_cell(uses & ITP_USES_SOURCE ? event->source : entry->source);
    cells[ITP_CELL_DECISION] = id_cell(uses & ITP_USES_DECISION ? event->decision : 0);
}

static itp_status check_cells(const itp_journal *journal, const itp_cell cells[ITP_CELLS],
                              itp_error *err)
{
    for (int i = 0; i < ITP_CELLS; i++) {
        const itp_cell *cell = &cells[i];
        if (cell->type == ITP_CELL_INTEGER && cell->integer < 0)
            return itp_fail(err, ITP_EINVAL, "journal %s: an id beyond 2^63", journal->path);
        if (cell->type == ITP_CELL_TEXT && i != ITP_CELL_PAYLOAD &&
            !itp_is_utf8(cell->bytes, cell->size))
            return itp_fail(err, ITP_EINVAL, "journal %s: a worker, task or source not in UTF-8",
                            journal->path);
        if (cell->size > INT32_MAX)
            return itp_fail(err, ITP_EINVAL, "journal %s: an event of more than 2 GiB",
                            journal->path);
    }
    return ITP_OK;
}

static int bind(sqlite3_stmt *insert, int column, const itp_cell *cell)
{
    switch (cell->type) {
    case ITP_CELL_INTEGER: return sqlite3_bind_int64(insert, column, cell->integer);
    case ITP_CELL_TEXT:
        return sqlite3_bind_text(insert, column, cell->bytes, (int)cell->size, SQLITE_STATIC);
    case ITP_CELL_BLOB:
        return sqlite3_bind_blob(insert, column, cell->bytes, (int)cell->size, SQLITE_STATIC);
    default: return sqlite3_bind_null(insert, column);
    }
}

static itp_status insert_row(itp_journal *journal, const itp_cell cells[ITP_CELLS], itp_error *err)
{
    unsigned char hash[ITP_HASH_SIZE];
    sqlite3_stmt *insert = journal->statements[ITP_STATEMENT_INSERT];
    itp_cell last = {.type = ITP_CELL_BLOB, .bytes = hash, .size = sizeof hash};
    itp_chain_hash(journal->tip, cells, hash);
    int failed = 0;
    for (int i = 0; i < ITP_CELLS && !failed; i++) failed = bind(insert, i + 1, &cells[i]);
    if (!failed) failed = bind(insert, ITP_CELLS + 1, &last);
    if (!failed) failed = sqlite3_step(insert) != SQLITE_DONE;
    itp_status st = failed ? itp_journal_fault(journal, "written", err) : ITP_OK;
    sqlite3_reset(insert);
    sqlite3_clear_bindings(insert);
    if (st != ITP_OK) return st;
    memcpy(journal->tip, hash, sizeof hash);
    journal->added++;
    return ITP_OK;
}

static itp_status write_entry(itp_journal *journal, const itp_journal_entry *entry,
                              const char *payload, itp_error *err)
{
    char at[ITP_CLOCK_TEXT];
    unsigned char digest[ITP_HASH_SIZE];
    itp_cell cells[ITP_CELLS] = {0};
    if (itp_stamp_format(entry->event->at_ms, at) != ITP_OK)
        return itp_fail(err, ITP_EINVAL, "journal %s: an event outside the years 1000 to 9999",
                        journal->path);
    itp_actions_digest(entry->actions, digest);
    fill_cells(entry, cells);
    cells[ITP_CELL_SEQ] = id_cell(journal->added + 1);
    cells[ITP_CELL_AT] = text_cell(at);
    cells[ITP_CELL_PAYLOAD] = text_cell(payload);
    if (entry->actions && entry->actions->n > 0)
        cells[ITP_CELL_ACTIONS] =
            (itp_cell){.type = ITP_CELL_BLOB, .bytes = digest, .size = sizeof digest};
    itp_status st = check_cells(journal, cells, err);
    return st == ITP_OK ? insert_row(journal, cells, err) : st;
}

/* --- Batches -----------------------------------------------------------------------------------
 */

uint64_t itp_journal_next(const itp_journal *journal)
{
    return journal->added + 1;
}

/* Runs one of BEGIN, COMMIT, ROLLBACK. */
static int run(itp_journal *journal, itp_statement_name name)
{
    int step = sqlite3_step(journal->statements[name]);
    return sqlite3_reset(journal->statements[name]) == SQLITE_OK && step == SQLITE_DONE;
}

static itp_status begin(itp_journal *journal, itp_error *err)
{
    if (journal->mode == ITP_JOURNAL_READ)
        return itp_fail(err, ITP_ESTATE, "journal %s: opened for reading", journal->path);
    if (journal->device_faulty)
        return itp_fail(err, ITP_ESTATE,
                        "journal %s: its disk failed at the last write; it must be opened again",
                        journal->path);
    if (journal->batch) return ITP_OK;
    if (!run(journal, ITP_STATEMENT_BEGIN)) return itp_journal_fault(journal, "written", err);
    journal->batch = 1;
    return ITP_OK;
}

itp_status itp_journal_add(itp_journal *journal, const itp_journal_entry *entry, itp_error *err)
{
    json_t *payload = NULL;
    char *text = NULL;
    itp_status st = begin(journal, err);
    if (st != ITP_OK) return st;
    if (entry->event->seq != 0 && entry->event->seq != journal->added + 1) {
        st =
            itp_fail(err, ITP_EINVAL, "journal %s: event %llu where %llu is next", journal->path,
                     (unsigned long long)entry->event->seq, (unsigned long long)journal->added + 1);
        goto done;
    }
    if (entry->event->kind == ITP_EVENT_TOLD && entry->event->trial && entry->event->n_point) {
        st = itp_fail(err, ITP_EINVAL, "journal %s: told has a trial or a point", journal->path);
        goto done;
    }
    if ((st = itp_event_encode(entry->event, &payload, err)) != ITP_OK) goto done;
    if ((st = put_notes(journal, payload, entry)) == ITP_OK && !(text = itp_json_dump(payload)))
        st = ITP_ENOMEM;
    if (st != ITP_OK)
        itp_fail(err, st, "journal %s: %s", journal->path, itp_status_text(st));
    else
        st = write_entry(journal, entry, text, err);
done:
    free(text);
    json_decref(payload);
    if (st != ITP_OK) itp_journal_abandon(journal);
    return st;
}

itp_status itp_journal_commit(itp_journal *journal, itp_error *err)
{
    if (!journal->batch) return ITP_OK;
    itp_crash_at(ITP_CRASH_JOURNAL_BEFORE_COMMIT);
    if (!run(journal, ITP_STATEMENT_COMMIT)) {
        itp_status st = itp_journal_fault(journal, "written", err);
        itp_journal_abandon(journal);
        return st;
    }
    itp_crash_at(ITP_CRASH_JOURNAL_AFTER_COMMIT);
    journal->batch = 0;
    journal->committed = journal->added;
    memcpy(journal->head, journal->tip, ITP_HASH_SIZE);
    return ITP_OK;
}

void itp_journal_abandon(itp_journal *journal)
{
    if (!journal->batch) return;
    /* SQLite may have rolled back by itself after a failed write; then there is nothing to do. */
    if (!sqlite3_get_autocommit(journal->db)) run(journal, ITP_STATEMENT_ROLLBACK);
    journal->batch = 0;
    journal->added = journal->committed;
    memcpy(journal->tip, journal->head, ITP_HASH_SIZE);
}
