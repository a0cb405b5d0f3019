/* replay.c - the record against the loop: the same events must get the same answers.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "event_json.h"
#include "journal_db.h"

static const char *const ACTION_NAMES[] = {
#define X(name, text) text,
    ITP_ACTIONS(X)
#undef X
};

/* "offer, offer, ack" - as much as fits. */
static void list_actions(const itp_actions *actions, size_t size, char *out)
{
    size_t used = 0;
    snprintf(out, size, "nothing");
    for (size_t i = 0; i < actions->n && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? ", " : "",
                                 ACTION_NAMES[actions->items[i].kind]);
}

static itp_status diverged(const itp_journal *journal, const itp_journal_row *row,
                           const itp_actions *actions, const itp_replay_report *report,
                           itp_error *err)
{
    char expected[ITP_HASH_TEXT], actual[ITP_HASH_TEXT], names[256];
    itp_hash_text(report->expected, expected);
    itp_hash_text(report->actual, actual);
    list_actions(actions, sizeof names, names);
    return itp_fail(err, ITP_EDIVERGED,
                    "journal %s: replay differs at event %llu (%s): the agent now answers %s "
                    "(digest %.12s), the record has digest %.12s",
                    journal->path, (unsigned long long)row->event.seq,
                    itp_event_name(row->event.kind), names, actual, expected);
}

static itp_status check_decision(const itp_journal *journal, const itp_replay *how,
                                 const itp_event *event, itp_replay_report *report, itp_error *err)
{
    itp_error why = {.text = ""};
    if (event->kind != ITP_EVENT_DECISION || !how->verify) return ITP_OK;
    itp_status st = how->verify(how->ctx, event, &why);
    if (st == ITP_OK) {
        report->decisions++;
        return ITP_OK;
    }
    if (st != ITP_EDIVERGED) return itp_fail(err, st, "%s", why.text);
    report->seq = event->seq;
    report->kind = event->kind;
    return itp_fail(err, st, "journal %s: decision %llu (event %llu) is decided otherwise now: %s",
                    journal->path, (unsigned long long)event->decision,
                    (unsigned long long)event->seq, why.text);
}

static itp_status feed(itp_journal *journal, const itp_replay *how, const itp_journal_row *row,
                       itp_actions *actions, itp_replay_report *report, itp_error *err)
{
    itp_status st = check_decision(journal, how, &row->event, report, err);
    if (st != ITP_OK) return st;
    actions->n = 0;
    if ((st = how->step(how->ctx, &row->event, actions)) != ITP_OK)
        return itp_fail(err, st, "journal %s: event %llu (%s): %s", journal->path,
                        (unsigned long long)row->event.seq, itp_event_name(row->event.kind),
                        itp_status_text(st));
    itp_actions_digest(actions, report->actual);
    memcpy(report->expected, row->actions, ITP_HASH_SIZE);
    if (memcmp(report->actual, report->expected, ITP_HASH_SIZE) != 0) {
        report->seq = row->event.seq;
        report->kind = row->event.kind;
        return diverged(journal, row, actions, report, err);
    }
    report->events++;
    if (!how->visit || (st = how->visit(how->ctx, row, actions)) == ITP_OK) return ITP_OK;
    return itp_fail(err, st, "journal %s: event %llu: %s", journal->path,
                    (unsigned long long)row->event.seq, itp_status_text(st));
}

itp_status itp_journal_replay(itp_journal *journal, const itp_replay *how,
                              itp_replay_report *report, itp_error *err)
{
    itp_replay_report mine, *said = report ? report : &mine;
    itp_actions actions = {0};
    itp_journal_cursor *cursor = NULL;
    const itp_journal_row *row = NULL;
    *said = (itp_replay_report){0};
    itp_status st = itp_journal_cursor_open(&cursor, journal, 1, err);
    while (st == ITP_OK) {
        st = itp_journal_cursor_next(cursor, &row, err);
        if (st != ITP_OK || !row) break;
        st = feed(journal, how, row, &actions, said, err);
        if (how->until > 0 && row->event.seq >= how->until) break;
    }
    itp_journal_cursor_close(cursor);
    free(actions.items);
    return st;
}
