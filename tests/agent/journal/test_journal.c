/* test_journal.c - a journal as its writer and its readers see it: batches, modes, locks, versions.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>
#include <sys/wait.h>

#include "disk.h"
#include "journal_lock.h"
#include "migrate.h"
#include "place.h"
#include "same.h"
#include "sample.h"
#include "suite.h"

static itp_status add(itp_journal *journal, itp_event_kind kind)
{
    itp_event event = sample_event(kind);
    itp_journal_entry entry = {.event = &event};
    itp_error err = {.text = ""};
    itp_status st = itp_journal_add(journal, &entry, &err);
    if (st != ITP_OK) printf("\n  %s\n", err.text);
    return st;
}

static uint64_t count(itp_journal *journal)
{
    uint64_t seq = 99;
    unsigned char hash[ITP_HASH_SIZE];
    CU_ASSERT_EQUAL(itp_journal_head(journal, &seq, hash, NULL), ITP_OK);
    return seq;
}

static void expect_every_kind(itp_journal *journal)
{
    itp_journal_cursor *cursor = NULL;
    const itp_journal_row *row;
    CU_ASSERT_EQUAL_FATAL(itp_journal_cursor_open(&cursor, journal, 0, NULL), ITP_OK);
    for (int kind = 0; kind < ITP_EVENT_KINDS; kind++) {
        itp_event event = sample_event((itp_event_kind)kind);
        CU_ASSERT_EQUAL(itp_journal_cursor_next(cursor, &row, NULL), ITP_OK);
        CU_ASSERT_PTR_NOT_NULL_FATAL(row);
        CU_ASSERT_EQUAL(row->event.seq, (uint64_t)kind + 1);
        CU_ASSERT_TRUE(same_event(&event, &row->event));
    }
    CU_ASSERT_EQUAL(itp_journal_cursor_next(cursor, &row, NULL), ITP_OK);
    CU_ASSERT_PTR_NULL(row);
    itp_journal_cursor_close(cursor);
}

static void every_kind_is_read_back(void)
{ /* Written in one batch; by the writer, by a reader beside it, and after it has closed. */
    itp_journal *writer = place_journal("kinds", ITP_JOURNAL_CREATE);
    itp_journal *reader = place_journal("kinds", ITP_JOURNAL_READ);
    for (int kind = 0; kind < ITP_EVENT_KINDS; kind++) {
        CU_ASSERT_EQUAL(itp_journal_next(writer), (uint64_t)kind + 1);
        CU_ASSERT_EQUAL(add(writer, (itp_event_kind)kind), ITP_OK);
    }
    CU_ASSERT_EQUAL(itp_journal_commit(writer, NULL), ITP_OK);
    expect_every_kind(writer);
    expect_every_kind(reader);
    itp_journal_close(writer);
    expect_every_kind(reader);
    itp_journal_close(reader);
}

static void what_people_see_is_not_fed_back(void)
{ /* Trial, task and source of a result stand in its columns, and not in the event. */
    itp_journal *journal = place_journal("notes", ITP_JOURNAL_CREATE);
    itp_event result = sample_event(ITP_EVENT_RESULT), told = sample_event(ITP_EVENT_TOLD);
    itp_journal_entry a = {.event = &result,
                           .n_trials = 1,
                           .trials = (itp_id[]){12},
                           .task = "cell.charge",
                           .source = "spme"};
    itp_journal_entry b = {.event = &told, .n_trials = 1, .trials = (itp_id[]){13}};
    itp_journal_cursor *cursor = NULL;
    const itp_journal_row *row;
    CU_ASSERT_EQUAL(itp_journal_add(journal, &a, NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_journal_add(journal, &b, NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_journal_commit(journal, NULL), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_journal_cursor_open(&cursor, journal, 1, NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_journal_cursor_next(cursor, &row, NULL), ITP_OK);
    CU_ASSERT_EQUAL(row->trial, 12);
    CU_ASSERT_STRING_EQUAL(row->task, "cell.charge");
    CU_ASSERT_STRING_EQUAL(row->source, "spme");
    CU_ASSERT_TRUE(same_event(&result, &row->event));
    CU_ASSERT_EQUAL(itp_journal_cursor_next(cursor, &row, NULL), ITP_OK);
    CU_ASSERT_EQUAL(row->trial, 13);
    CU_ASSERT_TRUE(same_event(&told, &row->event));
    itp_journal_cursor_close(cursor);
    itp_journal_close(journal);
}

static void a_batch_is_all_or_nothing(void)
{
    unsigned char before[ITP_HASH_SIZE], after[ITP_HASH_SIZE];
    uint64_t seq;
    itp_journal *journal = place_journal("batch", ITP_JOURNAL_CREATE);
    itp_journal *reader = place_journal("batch", ITP_JOURNAL_READ);
    CU_ASSERT_EQUAL(add(journal, ITP_EVENT_DEFINED), ITP_OK);
    CU_ASSERT_EQUAL(count(reader), 0);
    CU_ASSERT_EQUAL(itp_journal_commit(journal, NULL), ITP_OK);
    CU_ASSERT_EQUAL(count(reader), 1);
    CU_ASSERT_EQUAL(itp_journal_head(journal, &seq, before, NULL), ITP_OK);
    for (int i = 0; i < 5; i++) CU_ASSERT_EQUAL(add(journal, ITP_EVENT_ASKED), ITP_OK);
    CU_ASSERT_EQUAL(itp_journal_next(journal), 7);
    itp_journal_abandon(journal);
    CU_ASSERT_EQUAL(itp_journal_next(journal), 2);
    CU_ASSERT_EQUAL(count(reader), 1);
    CU_ASSERT_EQUAL(itp_journal_head(reader, &seq, after, NULL), ITP_OK);
    CU_ASSERT_EQUAL(memcmp(before, after, sizeof before), 0);
    CU_ASSERT_EQUAL(add(journal, ITP_EVENT_STOPPED), ITP_OK);
    CU_ASSERT_EQUAL(itp_journal_commit(journal, NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_journal_commit(journal, NULL), ITP_OK); /* An empty one. */
    CU_ASSERT_EQUAL(count(reader), 2);
    itp_journal_close(reader);
    itp_journal_close(journal);
}

static void a_bad_event_abandons_the_batch(void)
{
    itp_error err = {.text = ""};
    itp_journal *journal = place_journal("bad", ITP_JOURNAL_CREATE);
    itp_event named = {.kind = ITP_EVENT_WORKER_LEFT, .worker = "w\xff"};
    itp_event late = {.kind = ITP_EVENT_RECOVERED, .seq = 7};
    itp_event old = {.kind = ITP_EVENT_RECOVERED, .at_ms = INT64_MIN};
    itp_event huge = {.kind = ITP_EVENT_APPROVED, .request = UINT64_MAX};
    itp_event both = sample_event(ITP_EVENT_TOLD);
    both.trial = 4;
    const itp_event *bad[] = {&named, &late, &old, &huge, &both};
    for (size_t i = 0; i < COUNT(bad); i++) {
        CU_ASSERT_EQUAL(add(journal, ITP_EVENT_ASKED), ITP_OK);
        itp_journal_entry entry = {.event = bad[i]};
        CU_ASSERT_EQUAL(itp_journal_add(journal, &entry, &err), ITP_EINVAL);
        CU_ASSERT_EQUAL(itp_journal_next(journal), 1);
    }
    CU_ASSERT_EQUAL(itp_journal_commit(journal, NULL), ITP_OK);
    CU_ASSERT_EQUAL(count(journal), 0);
    itp_journal_close(journal);
}

static void a_closed_journal_is_one_file(void)
{
    itp_journal *journal = place_journal("one", ITP_JOURNAL_CREATE);
    CU_ASSERT_EQUAL(add(journal, ITP_EVENT_DEFINED), ITP_OK);
    CU_ASSERT_EQUAL(itp_journal_commit(journal, NULL), ITP_OK);
    CU_ASSERT_TRUE(place_has("one-wal") && place_has("one.lock"));
    itp_journal *reader = place_journal("one", ITP_JOURNAL_READ);
    itp_journal_close(journal);
    CU_ASSERT_FALSE(place_has("one.lock"));
    CU_ASSERT_EQUAL(count(reader), 1);
    itp_journal_close(reader); /* The last to leave tidies up, also when it only read. */
    CU_ASSERT_TRUE(place_has("one"));
    CU_ASSERT_FALSE(place_has("one-wal") || place_has("one-shm") || place_has("one-journal"));
    itp_journal_close(place_journal("one", ITP_JOURNAL_READ));
    CU_ASSERT_FALSE(place_has("one-wal") || place_has("one-shm"));
}

static void readers_do_not_write(void)
{
    itp_journal_close(place_journal("reader", ITP_JOURNAL_CREATE));
    itp_journal *reader = place_journal("reader", ITP_JOURNAL_READ);
    itp_event event = {.kind = ITP_EVENT_RECOVERED};
    itp_journal_entry entry = {.event = &event};
    CU_ASSERT_EQUAL(itp_journal_add(reader, &entry, NULL), ITP_ESTATE);
    CU_ASSERT_EQUAL(itp_journal_commit(reader, NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_journal_exec(reader, "CREATE TABLE mine (x)", NULL), ITP_EIO);
    itp_journal_close(reader);
}

static void frozen_journals_can_be_read(void)
{ /* A folder that cannot be written, as on an archive; root may write everywhere, so only others
     take the way around. */
    itp_journal *journal = place_journal("frozen", ITP_JOURNAL_CREATE);
    CU_ASSERT_EQUAL(add(journal, ITP_EVENT_DEFINED), ITP_OK);
    CU_ASSERT_EQUAL(itp_journal_commit(journal, NULL), ITP_OK);
    itp_journal_close(journal);
    CU_ASSERT_EQUAL(mkdir(place("archive#1"), 0755), 0);
    CU_ASSERT_EQUAL(rename(place("frozen"), place("archive#1/f?%")), 0);
    pid_t child = fork();
    if (child == 0) {
        itp_error err = {.text = ""};
        itp_journal *reader = NULL;
        uint64_t seq = 0;
        unsigned char hash[ITP_HASH_SIZE];
        if (chmod(place("archive#1/f?%"), 0444) != 0 || chmod(place("archive#1"), 0555) != 0 ||
            chmod(place_folder, 0755) != 0 || (geteuid() == 0 && setuid(65534) != 0))
            _exit(2);
        /* The build's folder may itself be closed to others: then there is nothing to see. */
        if (access(place("archive#1/f?%"), R_OK) != 0) _exit(0);
        itp_status st = itp_journal_open(&reader, place("archive#1/f?%"), ITP_JOURNAL_READ, &err);
        if (st == ITP_OK) st = itp_journal_head(reader, &seq, hash, &err);
        if (st != ITP_OK) fprintf(stderr, "\n  %s\n", err.text);
        itp_journal_close(reader);
        _exit(st == ITP_OK && seq == 1 ? 0 : 1);
    }
    int how = -1;
    waitpid(child, &how, 0);
    CU_ASSERT_EQUAL(how, 0);
    CU_ASSERT_EQUAL(chmod(place("archive#1"), 0755), 0);
}

static void protected_journals_are_refused_at_once(void)
{ /* Not at the first event. */
    itp_journal_close(place_journal("protected", ITP_JOURNAL_CREATE));
    pid_t child = fork();
    if (child == 0) {
        itp_error err = {.text = ""};
        itp_journal *journal = NULL;
        if (chmod(place("protected"), 0444) != 0 || chmod(place_folder, 0777) != 0 ||
            (geteuid() == 0 && setuid(65534) != 0))
            _exit(2);
        if (access(place("protected"), R_OK) != 0) _exit(0); /* As above. */
        itp_status st = itp_journal_open(&journal, place("protected"), ITP_JOURNAL_WRITE, &err);
        _exit(st == ITP_EIO && strstr(err.text, "may not be written") ? 0 : 1);
    }
    int how = -1;
    waitpid(child, &how, 0);
    CU_ASSERT_EQUAL(how, 0);
}

static void missing_and_foreign_files_are_told_apart(void)
{
    itp_journal *journal = NULL;
    itp_error err = {.text = ""};
    CU_ASSERT_EQUAL(itp_journal_open(&journal, place("none"), ITP_JOURNAL_WRITE, &err),
                    ITP_ENOTFOUND);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "none"));
    CU_ASSERT_EQUAL(itp_journal_open(&journal, place("none"), ITP_JOURNAL_READ, &err),
                    ITP_ENOTFOUND);
    CU_ASSERT_FALSE(place_has("none") || place_has("none.lock"));
    CU_ASSERT_EQUAL(itp_journal_open(&journal, place("no/such/place"), ITP_JOURNAL_CREATE, &err),
                    ITP_ENOTFOUND);
    FILE *file = fopen(place("text"), "w");
    for (int i = 0; i < 1000; i++) fputs("campaign: this is YAML\n", file);
    fclose(file);
    CU_ASSERT_EQUAL(itp_journal_open(&journal, place("text"), ITP_JOURNAL_CREATE, &err),
                    ITP_ECORRUPT);
    CU_ASSERT_EQUAL(itp_journal_open(&journal, place("text"), ITP_JOURNAL_READ, &err),
                    ITP_ECORRUPT);
    fclose(fopen(place("other"), "w"));
    CU_ASSERT_EQUAL(place_sql("other", "CREATE TABLE t (x)", NULL, 0), SQLITE_OK);
    CU_ASSERT_EQUAL(itp_journal_open(&journal, place("other"), ITP_JOURNAL_CREATE, &err),
                    ITP_ECORRUPT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "not a journal"));
    fclose(fopen(place("empty"), "w"));
    CU_ASSERT_EQUAL(itp_journal_open(&journal, place("empty"), ITP_JOURNAL_WRITE, &err),
                    ITP_ENOTFOUND);
    itp_journal_close(place_journal("empty", ITP_JOURNAL_CREATE));
    CU_ASSERT_PTR_NULL(journal);
}

static void events_are_never_changed(void)
{ /* By nobody who uses SQL, in any of the ways that SQL has. */
    char said[256];
    itp_journal *journal = place_journal("triggers", ITP_JOURNAL_CREATE);
    for (int i = 0; i < 3; i++) CU_ASSERT_EQUAL(add(journal, ITP_EVENT_ASKED), ITP_OK);
    CU_ASSERT_EQUAL(itp_journal_commit(journal, NULL), ITP_OK);
    itp_journal_close(journal);
    static const char *const DEEDS[] = {
        "UPDATE event SET at = '' WHERE seq = 2",
        "DELETE FROM event WHERE seq = 3",
        "DELETE FROM event",
        "INSERT OR REPLACE INTO event SELECT * FROM event WHERE seq = 2",
        "INSERT INTO event SELECT * FROM event WHERE seq = 2",
        "INSERT INTO event (seq, at, kind, payload, hash) VALUES (9, '', '', '', '')",
        "INSERT INTO event (at, kind, payload, hash) VALUES ('', '', '', '') ON CONFLICT DO "
        "NOTHING",
        "UPDATE OR IGNORE event SET seq = 7 WHERE seq = 1",
    };
    for (size_t i = 0; i < COUNT(DEEDS); i++) {
        CU_ASSERT_NOT_EQUAL(place_sql("triggers", DEEDS[i], said, sizeof said), SQLITE_OK);
        CU_ASSERT_PTR_NOT_NULL(strstr(said, "the journal only grows"));
    }
    journal = place_journal("triggers", ITP_JOURNAL_WRITE);
    itp_journal_verdict verdict;
    CU_ASSERT_EQUAL(itp_journal_verify(journal, NULL, &verdict, NULL), ITP_OK);
    CU_ASSERT_EQUAL(verdict.events, 3);
    itp_journal_close(journal);
}

static void two_agents_cannot_have_one_journal(void)
{ /* In one process or two, by any name; a killed one leaves nothing locked. */
    int ready[2], how;
    char byte, pid[32];
    itp_error err = {.text = ""};
    itp_journal *journal = place_journal("lock", ITP_JOURNAL_CREATE), *second = NULL;
    CU_ASSERT_EQUAL(itp_journal_open(&second, place("lock"), ITP_JOURNAL_WRITE, &err), ITP_ELOCKED);
    CU_ASSERT_EQUAL(symlink("lock", place("alias")), 0);
    CU_ASSERT_EQUAL(itp_journal_open(&second, place("alias"), ITP_JOURNAL_CREATE, &err),
                    ITP_ELOCKED);
    snprintf(pid, sizeof pid, "process %ld;", (long)getpid());
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, pid));
    itp_journal_close(journal);
    CU_ASSERT_EQUAL(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        itp_journal *mine = NULL;
        if (itp_journal_open(&mine, place("lock"), ITP_JOURNAL_WRITE, NULL) != ITP_OK) _exit(1);
        if (write(ready[1], "x", 1) != 1) _exit(2);
        for (;;) pause();
    }
    CU_ASSERT_EQUAL(read(ready[0], &byte, 1), 1);
    CU_ASSERT_EQUAL(itp_journal_open(&second, place("lock"), ITP_JOURNAL_WRITE, &err), ITP_ELOCKED);
    snprintf(pid, sizeof pid, "process %ld;", (long)child);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, pid));
    itp_journal_close(place_journal("lock", ITP_JOURNAL_READ)); /* Readers are welcome. */
    kill(child, SIGKILL);
    waitpid(child, &how, 0);
    close(ready[0]);
    close(ready[1]);
    CU_ASSERT_TRUE(place_has("lock.lock"));
    itp_journal_close(place_journal("lock", ITP_JOURNAL_WRITE));
    CU_ASSERT_FALSE(place_has("lock.lock"));
}

static void network_disks_are_named(void)
{
    CU_ASSERT_STRING_EQUAL(itp_disk_network(0x6969), "NFS");
    CU_ASSERT_STRING_EQUAL(itp_disk_network(0xff534d42), "CIFS");
    CU_ASSERT_STRING_EQUAL(itp_disk_network(0xffffffffff534d42), "CIFS"); /* Sign-extended. */
    CU_ASSERT_STRING_EQUAL(itp_disk_network(0x0bd00bd0), "Lustre");
    CU_ASSERT_PTR_NULL(itp_disk_network(0xef53));     /* ext4 */
    CU_ASSERT_PTR_NULL(itp_disk_network(0x01021994)); /* tmpfs */
    CU_ASSERT_EQUAL(itp_disk_check(place("any"), NULL), ITP_OK);
}

static int fuse_is_remote(unsigned minor, char kind[ITP_FUSE_KIND])
{
    static const char MOUNTS[] =
        "36 35 0:41 / /home/ada/lab rw,nosuid shared:7 - fuse.sshfs ada@bench:/data rw,user_id=0\n"
        "37 35 0:42 / /merged rw - fuse.fuse-overlayfs fuse-overlayfs rw\n"
        "38 35 8:17 / /media/disk rw,relatime - fuseblk /dev/sdb1 rw,user_id=0\n"
        "39 35 0:43 / /cloud rw - fuse bucket rw\n";
    FILE *mounts = fmemopen((void *)MOUNTS, sizeof MOUNTS - 1, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mounts);
    int remote = itp_disk_fuse(mounts, minor == 17 ? 8 : 0, minor, kind);
    fclose(mounts);
    return remote;
}

static void fuse_counts_as_remote_unless_it_is_known_to_be_local(void)
{
    char kind[ITP_FUSE_KIND];
    CU_ASSERT_TRUE(fuse_is_remote(41, kind));
    CU_ASSERT_STRING_EQUAL(kind, "fuse.sshfs");
    CU_ASSERT_FALSE(fuse_is_remote(42, kind));
    CU_ASSERT_FALSE(fuse_is_remote(17, kind));
    CU_ASSERT_TRUE(fuse_is_remote(43, kind)); /* it does not say what it is */
    CU_ASSERT_STRING_EQUAL(kind, "fuse");
    CU_ASSERT_TRUE(fuse_is_remote(44, kind)); /* not listed */
    CU_ASSERT_STRING_EQUAL(kind, "FUSE");
}

static void newer_versions_are_refused(void)
{
    itp_journal *journal = NULL;
    itp_error err = {.text = ""};
    itp_journal_close(place_journal("newer", ITP_JOURNAL_CREATE));
    CU_ASSERT_EQUAL(place_sql("newer", "PRAGMA user_version = 99", NULL, 0), SQLITE_OK);
    CU_ASSERT_EQUAL(itp_journal_open(&journal, place("newer"), ITP_JOURNAL_WRITE, &err),
                    ITP_EVERSION);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "newer"));
    CU_ASSERT_EQUAL(itp_journal_open(&journal, place("newer"), ITP_JOURNAL_READ, &err),
                    ITP_EVERSION);
}

static void older_versions_move_forward(void)
{ /* By steps of this test's own: two that work, one that fails half-way. */
    static const itp_migration STEPS[] = {
        {2, "CREATE VIEW third AS SELECT 3"},
        {1, "CREATE VIEW second AS SELECT 2"},
        {3, "CREATE VIEW fourth AS SELECT 4; CREATE VIEW fourth AS SELECT 5"},
    };
    itp_journal *journal = place_journal("older", ITP_JOURNAL_CREATE);
    CU_ASSERT_EQUAL(itp_journal_migrate(journal, 1, 3, 3, STEPS, NULL), ITP_OK);
    CU_ASSERT_STRING_EQUAL(place_ask("older", "PRAGMA user_version"), "3");
    CU_ASSERT_STRING_EQUAL(place_ask("older", "SELECT * FROM third"), "3");
    CU_ASSERT_NOT_EQUAL(itp_journal_migrate(journal, 3, 4, 3, STEPS, NULL), ITP_OK);
    CU_ASSERT_STRING_EQUAL(place_ask("older", "PRAGMA user_version"), "3");
    CU_ASSERT_STRING_EQUAL(
        place_ask("older", "SELECT count(*) FROM sqlite_master WHERE name = 'fourth'"), "0");
    CU_ASSERT_EQUAL(itp_journal_migrate(journal, 3, 5, 2, STEPS, NULL), ITP_EVERSION);
    itp_journal_close(journal);
}

static void the_wal_stays_short(void)
{ /* While a reader walks: its transactions end with each batch. */
    itp_journal *journal = place_journal("wal", ITP_JOURNAL_CREATE);
    itp_journal *reader = place_journal("wal", ITP_JOURNAL_READ);
    itp_journal_cursor *cursor = NULL;
    const itp_journal_row *row;
    CU_ASSERT_EQUAL_FATAL(itp_journal_cursor_open(&cursor, reader, 1, NULL), ITP_OK);
    for (int i = 0; i < 100; i++) {
        for (int k = 0; k < 100; k++) CU_ASSERT_EQUAL(add(journal, ITP_EVENT_DECISION), ITP_OK);
        CU_ASSERT_EQUAL(itp_journal_commit(journal, NULL), ITP_OK);
        for (int k = 0; k < 50; k++)
            CU_ASSERT_EQUAL(itp_journal_cursor_next(cursor, &row, NULL), ITP_OK);
    }
    struct stat wal;
    CU_ASSERT_EQUAL(stat(place("wal-wal"), &wal), 0);
    CU_ASSERT_TRUE(wal.st_size < 2 * 4096 * ITP_JOURNAL_WAL_PAGES);
    CU_ASSERT_EQUAL(row->event.seq, 5000);
    itp_journal_cursor_close(cursor);
    itp_journal_close(reader);
    itp_journal_close(journal);
}

static void reading_begins_anywhere(void)
{
    itp_journal *journal = place_journal("kinds", ITP_JOURNAL_READ);
    itp_journal_cursor *cursor = NULL;
    const itp_journal_row *row;
    CU_ASSERT_EQUAL_FATAL(itp_journal_cursor_open(&cursor, journal, 9, NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_journal_cursor_next(cursor, &row, NULL), ITP_OK);
    CU_ASSERT_EQUAL(row->event.seq, 9);
    itp_journal_cursor_close(cursor);
    CU_ASSERT_EQUAL(itp_journal_cursor_open(&cursor, journal, ITP_EVENT_KINDS + 1, NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_journal_cursor_next(cursor, &row, NULL), ITP_OK);
    CU_ASSERT_PTR_NULL(row);
    itp_journal_cursor_close(cursor);
    CU_ASSERT_EQUAL(itp_journal_cursor_open(&cursor, journal, ITP_EVENT_KINDS + 2, NULL),
                    ITP_ERANGE);
    itp_journal_close(journal);
}

static void a_strangers_row_is_noticed(void)
{
    itp_error err = {.text = ""};
    itp_journal *journal = place_journal("stranger", ITP_JOURNAL_CREATE);
    CU_ASSERT_EQUAL(add(journal, ITP_EVENT_DEFINED), ITP_OK);
    CU_ASSERT_EQUAL(itp_journal_commit(journal, NULL), ITP_OK);
    CU_ASSERT_EQUAL(place_sql("stranger",
                              "INSERT INTO event (seq, at, kind, payload, hash) "
                              "VALUES (2, '2026-11-22T00:00:00.000Z', 'told', '{}', x'00')",
                              NULL, 0),
                    SQLITE_OK);
    itp_event event = sample_event(ITP_EVENT_ASKED);
    itp_journal_entry entry = {.event = &event};
    CU_ASSERT_EQUAL(itp_journal_add(journal, &entry, &err), ITP_ECORRUPT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "another program wrote to it"));
    itp_journal_close(journal);
}

int main(void)
{
    place_open();
    CU_TestInfo tests[] = {
        {"every kind is read back", every_kind_is_read_back},
        {"what people see is not fed back", what_people_see_is_not_fed_back},
        {"a batch is all or nothing", a_batch_is_all_or_nothing},
        {"a bad event abandons the batch", a_bad_event_abandons_the_batch},
        {"a closed journal is one file", a_closed_journal_is_one_file},
        {"readers do not write", readers_do_not_write},
        {"frozen journals can be read", frozen_journals_can_be_read},
        {"protected journals are refused at once", protected_journals_are_refused_at_once},
        {"missing and foreign files are told apart", missing_and_foreign_files_are_told_apart},
        {"events are never changed", events_are_never_changed},
        {"two agents cannot have one journal", two_agents_cannot_have_one_journal},
        {"network disks are named", network_disks_are_named},
        {"FUSE counts as remote unless it is known to be local",
         fuse_counts_as_remote_unless_it_is_known_to_be_local},
        {"newer versions are refused", newer_versions_are_refused},
        {"older versions move forward", older_versions_move_forward},
        {"the WAL stays short", the_wal_stays_short},
        {"reading begins anywhere", reading_begins_anywhere},
        {"a stranger's row is noticed", a_strangers_row_is_noticed},
        CU_TEST_INFO_NULL,
    };
    int failed = suite_run("journal/journal", tests);
    place_close();
    return failed;
}
