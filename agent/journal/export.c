/* export.c - tables for people: any statement as CSV (RFC 4180, UTF-8, header row), and the wide
 * one of trials, whose statement is made from the campaign's own names; events as JSON lines;
 * copies. SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event_json.h"
#include "journal_rows.h"

/* --- CSV ---------------------------------------------------------------------------------------
 */

/* The shortest of 15, 16 and 17 digits that reads back to the same number. */
static void write_real(FILE *file, double value)
{
    char text[32];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    fputs(text, file);
}

static void write_field(FILE *file, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (const char *c = text; *c; c++) {
        if (*c == '"') fputc('"', file);
        fputc(*c, file);
    }
    fputc('"', file);
}

static void write_cell(FILE *file, sqlite3_stmt *row, int column)
{
    switch (sqlite3_column_type(row, column)) {
    case SQLITE_NULL: break;
    case SQLITE_FLOAT: write_real(file, sqlite3_column_double(row, column)); break;
    default: {
        const char *text = (const char *)sqlite3_column_text(row, column);
        write_field(file, text ? text : "");
    }
    }
}

static itp_status check_stream(itp_journal *journal, FILE *file, itp_error *err)
{
    if (fflush(file) == 0 && !ferror(file)) return ITP_OK;
    return itp_fail(err, errno == ENOSPC ? ITP_ERESOURCE : ITP_EIO,
                    "journal %s: the export cannot be written: %s", journal->path, strerror(errno));
}

static itp_status write_csv(itp_journal *journal, const char *sql, FILE *file, itp_error *err)
{
    sqlite3_stmt *select;
    int step;
    itp_status st = itp_journal_prepare(journal, sql, &select, err);
    if (st != ITP_OK) return st;
    int n = sqlite3_column_count(select);
    for (int i = 0; i < n; i++) {
        if (i > 0) fputc(',', file);
        write_field(file, sqlite3_column_name(select, i));
    }
    fputc('\n', file);
    while ((step = sqlite3_step(select)) == SQLITE_ROW) {
        for (int i = 0; i < n; i++) {
            if (i > 0) fputc(',', file);
            write_cell(file, select, i);
        }
        fputc('\n', file);
    }
    if (step != SQLITE_DONE) st = itp_journal_fault(journal, "read", err);
    sqlite3_finalize(select);
    return st == ITP_OK ? check_stream(journal, file, err) : st;
}

itp_status itp_journal_export_measurements(itp_journal *journal, FILE *file, itp_error *err)
{
    return write_csv(journal, "SELECT * FROM measurements ORDER BY seq", file, err);
}

/* --- The wide table ----------------------------------------------------------------------------
 */

static const char PARAMETERS[] = "SELECT name, unit, labels FROM parameters ORDER BY number";

/* Outcomes as the campaign declares them, then any others in the order in which they came. */
static const char OUTCOMES[] =
    "SELECT name, max(unit), NULL FROM ("
    "  SELECT json_extract(o.value, '$.name') AS name, json_extract(o.value, '$.unit') AS unit,"
    "         o.key - 1000000 AS place"
    "  FROM json_each((SELECT payload FROM event WHERE kind IN ('defined', 'redefined')"
    "                  AND json_type(payload, '$.terms') = 'object' ORDER BY seq DESC LIMIT 1),"
    "                 '$.terms.outcomes') AS o"
    "  UNION ALL SELECT output, unit, seq FROM measurements WHERE indexed IS NULL)"
    "GROUP BY name ORDER BY min(place)";

static const char FROM[] =
    " FROM trials AS t LEFT JOIN (SELECT *, row_number() OVER (PARTITION BY trial, output"
    " ORDER BY seq) - 1 AS replicate FROM measurements WHERE indexed IS NULL) AS m"
    " ON m.trial = t.trial GROUP BY t.trial, m.replicate ORDER BY t.trial, m.replicate";

static int has_unit(const char *unit)
{
    return unit && *unit && strcmp(unit, "1") != 0;
}

typedef struct column {
    int index, label; /* place in the list; 1: it has labels instead of numbers */
    const char *name, *unit;
} column;

/* Numbers from the list, which has all digits; labels from the object, which has their names. */
static void put_parameter(sqlite3_str *sql, const column *c)
{
    if (c->label)
        sqlite3_str_appendf(sql, ", json_extract(t.point, '$.' || json_quote(%Q)) AS \"%w\"",
                            c->name, c->name);
    else
        sqlite3_str_appendf(sql, ", json_extract(t.numbers, '$[%d]') AS \"%w\"", c->index, c->name);
    if (has_unit(c->unit)) sqlite3_str_appendf(sql, ", %Q AS \"%w_unit\"", c->unit, c->name);
}

static void put_outcome(sqlite3_str *sql, const column *c)
{
    sqlite3_str_appendf(sql,
                        ", max(CASE m.output WHEN %Q THEN coalesce(m.value, m.label) END) AS \"%w\""
                        ", max(CASE m.output WHEN %Q THEN m.sd END) AS \"%w_sd\"",
                        c->name, c->name, c->name, c->name);
    if (has_unit(c->unit))
        sqlite3_str_appendf(sql, ", max(CASE m.output WHEN %Q THEN m.unit END) AS \"%w_unit\"",
                            c->name, c->name);
}

static itp_status put_columns(itp_journal *journal, const char *list, sqlite3_str *sql,
                              void (*put)(sqlite3_str *, const column *), itp_error *err)
{
    sqlite3_stmt *names;
    int step;
    itp_status st = itp_journal_prepare(journal, list, &names, err);
    if (st != ITP_OK) return st;
    for (int i = 0; (step = sqlite3_step(names)) == SQLITE_ROW; i++) {
        column c = {.index = i,
                    .name = (const char *)sqlite3_column_text(names, 0),
                    .unit = (const char *)sqlite3_column_text(names, 1),
                    .label = sqlite3_column_type(names, 2) != SQLITE_NULL};
        if (c.name) put(sql, &c);
    }
    if (step != SQLITE_DONE) st = itp_journal_fault(journal, "read", err);
    sqlite3_finalize(names);
    return st;
}

itp_status itp_journal_export_csv(itp_journal *journal, FILE *file, itp_error *err)
{
    sqlite3_str *sql = sqlite3_str_new(journal->db);
    sqlite3_str_appendall(sql, "SELECT t.trial, coalesce(m.replicate, 0) AS replicate, t.state,"
                               " t.decision, t.method, t.decided, max(m.at) AS measured");
    itp_status st = put_columns(journal, PARAMETERS, sql, put_parameter, err);
    if (st == ITP_OK) st = put_columns(journal, OUTCOMES, sql, put_outcome, err);
    sqlite3_str_appendall(sql, FROM);
    char *text = sqlite3_str_finish(sql);
    if (st == ITP_OK)
        st = text ? write_csv(journal, text, file, err)
                  : itp_fail(err, ITP_ENOMEM, "journal %s: out of memory", journal->path);
    sqlite3_free(text);
    return st;
}

/* --- JSON lines --------------------------------------------------------------------------------
 */

static const char *const COLUMNS[ITP_CELLS] = {"seq",     "at",       "kind",    "trial",
                                               "request", "epoch",    "worker",  "task",
                                               "source",  "decision", "payload", "actions"};

static itp_status write_line(const itp_stored_row *row, FILE *file)
{
    char hash[ITP_HASH_TEXT];
    for (int i = 0; i < ITP_CELLS; i++) {
        const itp_cell *cell = &row->cells[i];
        fprintf(file, "%s\"%s\":", i > 0 ? "," : "{", COLUMNS[i]);
        if (cell->type == ITP_CELL_INTEGER)
            fprintf(file, "%lld", (long long)cell->integer);
        else if (cell->type == ITP_CELL_BLOB && cell->size == ITP_HASH_SIZE) {
            itp_hash_text(cell->bytes, hash);
            fprintf(file, "\"%s\"", hash);
        } else if (i == ITP_CELL_PAYLOAD)
            fputs(cell->bytes, file);
        else if (cell->type == ITP_CELL_TEXT) {
            json_t *text = json_stringn_nocheck(cell->bytes, cell->size);
            int failed = !text || json_dumpf(text, file, JSON_ENCODE_ANY) != 0;
            json_decref(text);
            if (failed) return ITP_ENOMEM;
        } else
            fputs("null", file);
    }
    itp_hash_text(row->hash, hash);
    fprintf(file, ",\"hash\":\"%s\"}\n", hash);
    return ITP_OK;
}

itp_status itp_journal_export_json(itp_journal *journal, uint64_t from, FILE *file, itp_error *err)
{
    itp_rows rows;
    const itp_stored_row *row = NULL;
    itp_status st = itp_journal_rows_init(&rows, journal, from, err);
    if (st != ITP_OK) return st;
    while ((st = itp_rows_next(&rows, &row, err)) == ITP_OK && row)
        if ((st = write_line(row, file)) != ITP_OK) break;
    itp_journal_rows_deinit(&rows);
    return st == ITP_OK ? check_stream(journal, file, err) : st;
}

/* --- Copies ------------------------------------------------------------------------------------
 */

static itp_status vacuum_into(itp_journal *journal, const char *path, itp_error *err)
{
    char *sql = sqlite3_mprintf("PRAGMA query_only = 0; VACUUM INTO %Q", path);
    if (!sql) return itp_fail(err, ITP_ENOMEM, "journal %s: out of memory", journal->path);
    itp_status st = itp_journal_exec(journal, sql, err);
    sqlite3_free(sql);
    if (journal->mode == ITP_JOURNAL_READ)
        sqlite3_exec(journal->db, "PRAGMA query_only = 1", NULL, NULL, NULL);
    return st;
}

/* Onto the disk, then under its name, which must be free. */
static itp_status publish(itp_journal *journal, const char *part, const char *path, itp_error *err)
{
    int fd = open(part, O_RDONLY | O_CLOEXEC);
    int failed = fd < 0 || fsync(fd) != 0;
    if (fd >= 0) close(fd);
    if (!failed && link(part, path) == 0) {
        unlink(part);
        return ITP_OK;
    }
    if (!failed && errno != EEXIST)
        failed = rename(part, path) != 0; /* No links on this disk. */
    else if (!failed)
        return itp_fail(err, ITP_EEXISTS, "journal %s: %s exists already", journal->path, path);
    if (!failed) return ITP_OK;
    return itp_fail(err, ITP_EIO, "journal %s: copy %s: %s", journal->path, path, strerror(errno));
}

itp_status itp_journal_copy(itp_journal *journal, const char *path, itp_error *err)
{
    if (journal->batch)
        return itp_fail(err, ITP_ESTATE, "journal %s: an open batch", journal->path);
    if (access(path, F_OK) == 0)
        return itp_fail(err, ITP_EEXISTS, "journal %s: %s exists already", journal->path, path);
    size_t size = strlen(path) + sizeof ".part";
    char *part = malloc(size);
    if (!part) return itp_fail(err, ITP_ENOMEM, "journal %s: out of memory", journal->path);
    snprintf(part, size, "%s.part", path);
    unlink(part);
    itp_status st = vacuum_into(journal, part, err);
    if (st == ITP_OK) st = publish(journal, part, path, err);
    if (st != ITP_OK) unlink(part);
    free(part);
    return st;
}

/* --- Another campaign's ------------------------------------------------------------------------
 */

itp_status itp_journal_read_trials(const char *path, char **table, size_t *size, itp_error *err)
{
    itp_journal *journal;
    char *text = NULL;
    size_t length = 0;
    itp_status st = itp_journal_open(&journal, path, ITP_JOURNAL_READ, err);
    if (st != ITP_OK) return st;
    FILE *memory = open_memstream(&text, &length);
    st = memory ? itp_journal_export_csv(journal, memory, err)
                : itp_fail(err, ITP_ENOMEM, "journal %s", path);
    if (memory && fclose(memory) != 0 && st == ITP_OK)
        st = itp_fail(err, ITP_ENOMEM, "journal %s", path);
    itp_journal_close(journal);
    if (st != ITP_OK) {
        free(text);
        return st;
    }
    *table = text;
    *size = length;
    return ITP_OK;
}
