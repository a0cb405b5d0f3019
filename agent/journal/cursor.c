/* cursor.c - rows back to events. SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "event_json.h"
#include "journal_rows.h"
#include "stamp.h"

struct itp_journal_cursor {
    itp_rows rows;
    itp_event_box box;
    itp_journal_row row;
};

itp_status itp_journal_cursor_open(itp_journal_cursor **out, itp_journal *journal, uint64_t from,
                                   itp_error *err)
{
    itp_journal_cursor *cursor = calloc(1, sizeof *cursor);
    if (!cursor) return itp_fail(err, ITP_ENOMEM, "journal %s", journal->path);
    itp_status st = itp_journal_rows_init(&cursor->rows, journal, from, err);
    if (st == ITP_OK)
        *out = cursor;
    else
        free(cursor);
    return st;
}

void itp_journal_cursor_close(itp_journal_cursor *cursor)
{
    if (!cursor) return;
    itp_event_box_clear(&cursor->box);
    itp_journal_rows_deinit(&cursor->rows);
    free(cursor);
}

static const char *text_in(const itp_cell *cell)
{
    return cell->type == ITP_CELL_TEXT ? cell->bytes : NULL;
}

/* A column of an id: NULL or an integer. Its own type mask says whether the event has it. */
static uint64_t id_in(const itp_cell *cell)
{
    return cell->type == ITP_CELL_INTEGER ? (uint64_t)cell->integer : 0;
}

static void fill_columns(itp_event *event, const itp_cell *cells)
{
    unsigned uses = itp_event_uses(event->kind);
    if (uses & ITP_USES_TRIAL) event->trial = id_in(&cells[ITP_CELL_TRIAL]);
    if (uses & ITP_USES_REQUEST) event->request = id_in(&cells[ITP_CELL_REQUEST]);
    if (uses & ITP_USES_EPOCH) event->epoch = (uint32_t)id_in(&cells[ITP_CELL_EPOCH]);
    if (uses & ITP_USES_WORKER) event->worker = text_in(&cells[ITP_CELL_WORKER]);
    if (uses & ITP_USES_TASK) event->task = text_in(&cells[ITP_CELL_TASK]);
    if (uses & ITP_USES_SOURCE) event->source = text_in(&cells[ITP_CELL_SOURCE]);
    if (uses & ITP_USES_DECISION) event->decision = id_in(&cells[ITP_CELL_DECISION]);
}

static itp_status fill_row(itp_journal_cursor *cursor, const itp_stored_row *stored, itp_error *err)
{
    itp_journal_row *row = &cursor->row;
    itp_event *event = &cursor->box.event;
    const itp_cell *cells = stored->cells, *digest = &cells[ITP_CELL_ACTIONS];
    const char *at = text_in(&cells[ITP_CELL_AT]), *kind = text_in(&cells[ITP_CELL_KIND]);
    *row = (itp_journal_row){.trial = id_in(&cells[ITP_CELL_TRIAL]),
                             .task = text_in(&cells[ITP_CELL_TASK]),
                             .source = text_in(&cells[ITP_CELL_SOURCE]),
                             .payload = text_in(&cells[ITP_CELL_PAYLOAD])};
    *event = (itp_event){.seq = (uint64_t)cells[ITP_CELL_SEQ].integer};
    if (!at || itp_stamp_parse(at, &event->at_ms) != ITP_OK)
        return itp_fail(err, ITP_ECORRUPT, "no UTC time");
    if (!kind || itp_event_from(kind, &event->kind) != ITP_OK)
        return itp_fail(err, ITP_ECORRUPT, "kind '%s' is not known", kind ? kind : "");
    if (!row->payload) return itp_fail(err, ITP_ECORRUPT, "no payload");
    fill_columns(event, cells);
    itp_status st = itp_event_decode(row->payload, cells[ITP_CELL_PAYLOAD].size, &cursor->box, err);
    if (st != ITP_OK) return st;
    if (event->kind == ITP_EVENT_TOLD && event->n_point > 0) event->trial = 0;
    if (digest->type == ITP_CELL_BLOB && digest->size == ITP_HASH_SIZE)
        memcpy(row->actions, digest->bytes, ITP_HASH_SIZE);
    memcpy(row->hash, stored->hash, ITP_HASH_SIZE);
    row->event = *event;
    return ITP_OK;
}

itp_status itp_journal_cursor_next(itp_journal_cursor *cursor, const itp_journal_row **row,
                                   itp_error *err)
{
    const itp_stored_row *stored;
    itp_error why;
    *row = NULL;
    itp_status st = itp_rows_next(&cursor->rows, &stored, err);
    if (st != ITP_OK || !stored) return st;
    if ((st = fill_row(cursor, stored, &why)) != ITP_OK)
        return itp_fail(err, st, "journal %s: event %llu: %s", cursor->rows.journal->path,
                        (unsigned long long)stored->cells[ITP_CELL_SEQ].integer, why.text);
    *row = &cursor->row;
    return ITP_OK;
}
