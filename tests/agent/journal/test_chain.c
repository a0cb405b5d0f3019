/* test_chain.c - one changed byte anywhere is found, and named; digests tell answers apart.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "hash_chain.h"
#include "place.h"
#include "same.h"
#include "sample.h"
#include "suite.h"

#define EVENTS 40

static const char UNLOCK[] =
    "DROP TRIGGER IF EXISTS event_update; DROP TRIGGER IF EXISTS event_delete;";

static unsigned char last_head[ITP_HASH_SIZE];

static void write_journal(const char *name)
{
    itp_action offer = {.kind = ITP_ACTION_OFFER, .request = 1, .worker = "w"};
    itp_actions actions = {1, 1, &offer};
    itp_journal *journal = place_journal(name, ITP_JOURNAL_CREATE);
    uint64_t seq;
    for (int i = 0; i < EVENTS; i++) {
        itp_event event = sample_event((itp_event_kind)(i % ITP_EVENT_KINDS));
        itp_journal_entry entry = {.event = &event,
                                   .actions = i % 2 ? &actions : NULL,
                                   .n_trials = 1,
                                   .trials = (itp_id[]){5},
                                   .task = "task",
                                   .source = "source"};
        CU_ASSERT_EQUAL(itp_journal_add(journal, &entry, NULL), ITP_OK);
    }
    CU_ASSERT_EQUAL(itp_journal_commit(journal, NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_journal_head(journal, &seq, last_head, NULL), ITP_OK);
    itp_journal_close(journal);
}

static itp_status verify(const char *name, const unsigned char *head, itp_journal_verdict *verdict,
                         itp_error *err)
{
    itp_journal *journal = NULL;
    itp_status st = itp_journal_open(&journal, place(name), ITP_JOURNAL_READ, err);
    if (st == ITP_OK) st = itp_journal_verify(journal, head, verdict, err);
    itp_journal_close(journal);
    return st;
}

static void an_untouched_journal_verifies(void)
{
    itp_journal_verdict verdict;
    write_journal("whole");
    CU_ASSERT_EQUAL(verify("whole", NULL, &verdict, NULL), ITP_OK);
    CU_ASSERT_EQUAL(verdict.events, EVENTS);
    CU_ASSERT_EQUAL(verdict.bad, 0);
    CU_ASSERT_EQUAL(memcmp(verdict.head, last_head, ITP_HASH_SIZE), 0);
    CU_ASSERT_EQUAL(verify("whole", last_head, &verdict, NULL), ITP_OK);
    CU_ASSERT_EQUAL(verdict.known, EVENTS);
}

/* Spoils event `seq` of a fresh copy with SQL and expects to hear of it. */
static void expect_found(const char *sql, uint64_t seq, const char *words)
{
    char deed[1024], copy[64];
    static int number;
    itp_journal_verdict verdict = {0};
    itp_error err = {.text = ""};
    snprintf(copy, sizeof copy, "spoilt-%d", number++);
    itp_journal *whole = place_journal("whole", ITP_JOURNAL_READ);
    CU_ASSERT_EQUAL(itp_journal_copy(whole, place(copy), NULL), ITP_OK);
    itp_journal_close(whole);
    snprintf(deed, sizeof deed, "%s %s", UNLOCK, sql);
    CU_ASSERT_EQUAL(place_sql(copy, deed, NULL, 0), SQLITE_OK);
    itp_status st = verify(copy, NULL, &verdict, &err);
    if (st != ITP_ECORRUPT || verdict.bad != seq) printf("\n  %s\n  %s\n", sql, err.text);
    CU_ASSERT_EQUAL(st, ITP_ECORRUPT);
    CU_ASSERT_EQUAL(verdict.bad, seq);
    CU_ASSERT_EQUAL(verdict.events, seq - 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, words));
    unlink(place(copy));
}

static void a_changed_byte_is_found_in_every_column(void)
{ /* The last byte of each column of each event, one at a time; a column that is NULL gets one. */
    static const char *const COLUMNS[] = {"at",       "kind",    "trial",   "request",
                                          "epoch",    "worker",  "task",    "source",
                                          "decision", "payload", "actions", "hash"};
    char sql[512], words[64];
    for (int seq = 1; seq <= EVENTS; seq += 3)
        for (size_t i = 0; i < COUNT(COLUMNS); i++) {
            const char *c = COLUMNS[i];
            snprintf(sql, sizeof sql,
                     "UPDATE event SET %s = CASE typeof(%s) WHEN 'null' THEN 'x'"
                     " WHEN 'integer' THEN %s + 1"
                     " WHEN 'blob' THEN CAST(substr(%s, 1, length(%s) - 1) || x'5a' AS BLOB)"
                     " ELSE substr(%s, 1, length(%s) - 1) || '~' END WHERE seq = %d",
                     c, c, c, c, c, c, c, seq);
            snprintf(words, sizeof words, "event %d was changed", seq);
            expect_found(sql, (uint64_t)seq, words);
        }
}

static void other_types_and_orders_are_found(void)
{
    expect_found("UPDATE event SET payload = CAST(payload AS BLOB) WHERE seq = 17", 17,
                 "event 17 was changed");
    expect_found("UPDATE event SET request = request + 0.5 WHERE seq = 14", 14,
                 "event 14 was changed");
    expect_found("UPDATE event SET worker = NULL WHERE seq = 5", 5, "event 5 was changed");
    expect_found("UPDATE event SET hash = 'text' WHERE seq = 9", 9, "event 9 was changed");
    expect_found("UPDATE event SET seq = 0 WHERE seq = 1", 1, "event 1 is missing");
    expect_found("UPDATE event SET seq = -3 WHERE seq = 1", 1, "event 1 is missing");
    expect_found("UPDATE event SET seq = 100 WHERE seq = 20; UPDATE event SET seq = 20 WHERE "
                 "seq = 21; UPDATE event SET seq = 21 WHERE seq = 100",
                 20, "event 20 was changed");
}

static void cuts_are_found(void)
{
    itp_journal_verdict verdict;
    itp_error err = {.text = ""};
    expect_found("DELETE FROM event WHERE seq = 18", 18, "event 18 is missing");
    expect_found("DELETE FROM event WHERE seq < 6", 1, "event 1 is missing");
    /* Numbered anew after a cut, the chain still breaks where the cut was. */
    expect_found("DELETE FROM event WHERE seq BETWEEN 10 AND 12; UPDATE event SET seq = seq - 3 "
                 "WHERE seq > 12",
                 10, "event 10 was changed");
    /* A cut tail leaves a sound chain: only the head that was printed reveals it. */
    char deed[8192];
    snprintf(deed, sizeof deed, "%s DELETE FROM event WHERE seq > 30; %s;", UNLOCK,
             place_ask("whole", "SELECT group_concat(sql, ';') FROM sqlite_master "
                                "WHERE name IN ('event_update', 'event_delete')"));
    CU_ASSERT_EQUAL(place_sql("whole", deed, NULL, 0), SQLITE_OK);
    CU_ASSERT_EQUAL(verify("whole", NULL, &verdict, NULL), ITP_OK);
    CU_ASSERT_EQUAL(verify("whole", last_head, &verdict, &err), ITP_ECORRUPT);
    CU_ASSERT_EQUAL(verdict.events, 30);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "its end was cut off"));
    unlink(place("whole"));
}

static void changed_views_are_found(void)
{ /* But what people add beside them is theirs. */
    itp_journal_verdict verdict;
    itp_error err = {.text = ""};
    write_journal("views");
    CU_ASSERT_EQUAL(place_sql("views", "CREATE VIEW mine AS SELECT 1", NULL, 0), SQLITE_OK);
    CU_ASSERT_EQUAL(verify("views", NULL, &verdict, &err), ITP_OK);
    CU_ASSERT_EQUAL(place_sql("views", "DROP VIEW decisions", NULL, 0), SQLITE_OK);
    CU_ASSERT_EQUAL(verify("views", NULL, &verdict, &err), ITP_ECORRUPT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "view 'decisions' was changed"));
    CU_ASSERT_EQUAL(verdict.events, EVENTS);
    CU_ASSERT_EQUAL(verdict.bad, 0);
}

static void a_damaged_event_is_not_read(void)
{ /* Recovery, too, stops at the first event that was changed. */
    itp_error err = {.text = ""};
    itp_journal_cursor *cursor = NULL;
    const itp_journal_row *row;
    char deed[256];
    write_journal("read");
    snprintf(deed, sizeof deed, "%s UPDATE event SET payload = '{}' WHERE seq = 10", UNLOCK);
    CU_ASSERT_EQUAL(place_sql("read", deed, NULL, 0), SQLITE_OK);
    itp_journal *journal = place_journal("read", ITP_JOURNAL_READ);
    CU_ASSERT_EQUAL_FATAL(itp_journal_cursor_open(&cursor, journal, 1, NULL), ITP_OK);
    for (int i = 1; i < 10; i++)
        CU_ASSERT_EQUAL(itp_journal_cursor_next(cursor, &row, &err), ITP_OK);
    CU_ASSERT_EQUAL(itp_journal_cursor_next(cursor, &row, &err), ITP_ECORRUPT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "event 10 was changed"));
    CU_ASSERT_PTR_NULL(row);
    itp_journal_cursor_close(cursor);
    itp_journal_close(journal);
}

static void a_byte_of_the_file_is_found(void)
{ /* Any byte of the file: verify fails, or every event is still what it was and was found whole.
     (Half of so small a file is free space, where a byte changes nothing that anybody reads.) */
    write_journal("file");
    FILE *file = fopen(place("file"), "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    static char bytes[1 << 20];
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    CU_ASSERT_TRUE(size > 4096 && size < sizeof bytes);
    unsigned found = 0, tries = 0;
    for (size_t at = 13; at < size; at += 397, tries++) {
        itp_journal_verdict verdict = {0};
        file = fopen(place("byte"), "wb");
        CU_ASSERT_PTR_NOT_NULL_FATAL(file);
        bytes[at] ^= 0x20;
        fwrite(bytes, 1, size, file);
        bytes[at] ^= 0x20;
        fclose(file);
        itp_status st = verify("byte", last_head, &verdict, NULL);
        if (st != ITP_OK)
            found++;
        else
            CU_ASSERT_TRUE(verdict.known == EVENTS && verdict.events == EVENTS);
    }
    printf("(%u of %u found) ", found, tries);
    CU_ASSERT_TRUE(found > tries / 3);
}

static itp_action sample_action(void)
{
    static const itp_value VALUES[] = {{"c1", 4.5, NAN, "1/h", NULL},
                                       {"salt", NAN, NAN, NULL, "LiFSI"}};
    return (itp_action){ITP_ACTION_OFFER, 1, 2, 3,   4,   5, 6,      7, 8,    9.5,
                        INFINITY,         0, 1, "w", "t", 2, VALUES, 0, NULL, NULL};
}

static void digest_of(itp_action action, unsigned char *out)
{
    itp_actions actions = {1, 1, &action};
    itp_actions_digest(&actions, out);
}

static void digests_tell_actions_apart(void)
{ /* Each field changed in turn gives a digest of its own. */
    static const itp_value OTHER[] = {{"c1", -0.0, NAN, "1/h", NULL},
                                      {"salt", NAN, 0.1, NULL, "LiFSI"}};
    static const itp_value LABEL[] = {{"c1", 4.5, NAN, "1/h", NULL},
                                      {"salt", NAN, NAN, NULL, "LiPF6"}};
    itp_action base = sample_action();
    itp_action all[20];
    size_t n = 0;
    for (; n < COUNT(all); n++) all[n] = base;
    all[1].kind = ITP_ACTION_START;
    all[2].trial++;
    all[3].request++;
    all[4].decision++;
    all[5].seed++;
    all[6].epoch++;
    all[7].index++;
    all[8].number++;
    all[9].at_ms++;
    all[10].lease_s = nextafter(9.5, 10);
    all[11].time_limit_s = NAN;
    all[12].task = -1;
    all[13].source = -1;
    all[14].worker = NULL;
    all[15].text = NULL;
    all[16].n_values = 1;
    all[17].values = OTHER;
    all[18].values = LABEL;
    all[19].worker = "";
    unsigned char digests[COUNT(all)][ITP_HASH_SIZE];
    for (size_t i = 0; i < n; i++) digest_of(all[i], digests[i]);
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++)
            CU_ASSERT_NOT_EQUAL(memcmp(digests[i], digests[k], ITP_HASH_SIZE), 0);
}

static void digests_know_order_and_ignore_wording(void)
{
    itp_action two[] = {sample_action(), {.kind = ITP_ACTION_RESUME}};
    itp_action turned[] = {two[1], two[0]};
    itp_actions a = {2, 2, two}, b = {2, 2, turned}, none = {0};
    unsigned char x[ITP_HASH_SIZE], y[ITP_HASH_SIZE];
    static const unsigned char ZEROS[ITP_HASH_SIZE];
    itp_actions_digest(&a, x);
    itp_actions_digest(&b, y);
    CU_ASSERT_NOT_EQUAL(memcmp(x, y, sizeof x), 0);
    two[0].text = "in better words";
    itp_actions_digest(&a, y);
    CU_ASSERT_EQUAL(memcmp(x, y, sizeof x), 0);
    itp_actions_digest(&none, x);
    CU_ASSERT_EQUAL(memcmp(x, ZEROS, sizeof x), 0);
    itp_actions_digest(NULL, x);
    CU_ASSERT_EQUAL(memcmp(x, ZEROS, sizeof x), 0);
}

static void byte_forms_are_as_written(void)
{ /* The digest of one resume action and of one short row, computed by hand from hash_chain.h with
     Python's hashlib. */
    itp_action resume = {.kind = ITP_ACTION_RESUME};
    unsigned char digest[ITP_HASH_SIZE], hash[ITP_HASH_SIZE] = {0}, back[ITP_HASH_SIZE];
    char text[ITP_HASH_TEXT];
    digest_of(resume, digest);
    itp_hash_text(digest, text);
    CU_ASSERT_STRING_EQUAL(text,
                           "bdf0c125cdfc1d7b138fcd07da822a872d8621dd7c16c6500ac45338e77044e5");
    itp_cell cells[ITP_CELLS] = {
        [ITP_CELL_SEQ] = {.type = ITP_CELL_INTEGER, .integer = 1},
        [ITP_CELL_AT] = {.type = ITP_CELL_TEXT, .bytes = "2026-11-22T00:00:00.000Z", .size = 24},
        [ITP_CELL_KIND] = {.type = ITP_CELL_TEXT, .bytes = "resumed", .size = 7},
        [ITP_CELL_PAYLOAD] = {.type = ITP_CELL_TEXT, .bytes = "{}", .size = 2},
        [ITP_CELL_ACTIONS] = {.type = ITP_CELL_BLOB, .bytes = digest, .size = sizeof digest},
    };
    itp_chain_hash(hash, cells, hash);
    itp_hash_text(hash, text);
    CU_ASSERT_STRING_EQUAL(text,
                           "6f5d98b98cb689b00f20775b40c17e30ea9da8cc278ec1ca5e0c46cdddb56583");
    CU_ASSERT_EQUAL(itp_hash_parse(text, back), ITP_OK);
    CU_ASSERT_EQUAL(memcmp(back, hash, sizeof hash), 0);
    text[10] = 'g';
    CU_ASSERT_EQUAL(itp_hash_parse(text, back), ITP_EPARSE);
    text[63] = '\0';
    CU_ASSERT_EQUAL(itp_hash_parse(text, back), ITP_EPARSE);
}

int main(void)
{
    place_open();
    CU_TestInfo tests[] = {
        {"an untouched journal verifies", an_untouched_journal_verifies},
        {"a changed byte is found in every column", a_changed_byte_is_found_in_every_column},
        {"other types and orders are found", other_types_and_orders_are_found},
        {"cuts are found", cuts_are_found},
        {"changed views are found", changed_views_are_found},
        {"a damaged event is not read", a_damaged_event_is_not_read},
        {"a byte of the file is found", a_byte_of_the_file_is_found},
        {"digests tell actions apart", digests_tell_actions_apart},
        {"digests know order and ignore wording", digests_know_order_and_ignore_wording},
        {"byte forms are as written", byte_forms_are_as_written},
        CU_TEST_INFO_NULL,
    };
    int failed = suite_run("journal/chain", tests);
    place_close();
    return failed;
}
