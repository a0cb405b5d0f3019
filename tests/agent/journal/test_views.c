/* test_views.c - what people see of a small campaign, written out event by event: the views, the
 * exports and a copy.
 *   Two parameters (one a label), two outcomes; a worker, two decisions, a failure, a duplicate, a
 * replicate, an indexed measurement, a trial told by a person and one retracted.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "journal_db.h"
#include "place.h"
#include "same.h"
#include "sample.h"
#include "suite.h"

#define START_MS INT64_C(1795305600000) /* 2026-11-22T00:00:00Z; events follow by seconds */

static itp_journal *journal;

static void put(itp_event event, size_t n_actions, itp_action *actions, itp_id trial)
{
    itp_actions answer = {n_actions, n_actions, actions};
    itp_error err = {.text = ""};
    event.at_ms = START_MS + 1000 * (int64_t)itp_journal_next(journal);
    itp_journal_entry entry = {.event = &event,
                               .actions = &answer,
                               .n_trials = trial > 0,
                               .trials = &trial,
                               .task = trial && !event.task ? "cell.charge" : NULL,
                               .source = trial ? "spme" : NULL};
    CU_ASSERT_EQUAL(itp_journal_add(journal, &entry, &err), ITP_OK);
    if (*err.text) printf("\n  %s\n", err.text);
}

static itp_action offer(itp_id request, uint32_t epoch, itp_id trial)
{
    return (itp_action){.kind = ITP_ACTION_OFFER,
                        .request = request,
                        .epoch = epoch,
                        .trial = trial,
                        .worker = "w1",
                        .source = 1};
}

static void decide(uint64_t number, size_t n, const itp_pick *picks, const itp_id *trials,
                   size_t n_offers, itp_action *offers)
{
    static const char *const METHODS[] = {"", "sobol", "logei"};
    itp_decision made = {.number = number,
                         .wanted = n,
                         .method = METHODS[number],
                         .n_params = 2,
                         .n_outcomes = 2,
                         .n_picks = n,
                         .picks = picks,
                         .incumbent = number - 1,
                         .incumbent_mean = 20.5,
                         .incumbent_sd = NAN,
                         .incumbent_feasible = NAN,
                         .regret = {NAN, NAN, NAN, 0},
                         .elapsed_ms = 3};
    itp_event event = {.kind = ITP_EVENT_DECISION,
                       .decision = number,
                       .made = &made,
                       .at_ms = START_MS + 1000 * (int64_t)itp_journal_next(journal)};
    itp_actions answer = {n_offers, n_offers, offers};
    itp_journal_entry entry = {
        .event = &event, .actions = &answer, .n_trials = n, .trials = trials};
    CU_ASSERT_EQUAL(itp_journal_add(journal, &entry, NULL), ITP_OK);
}

static void describe(void)
{
    static const char *const SALTS[] = {"LiPF6", "LiFSI, \"pure\""}, *const SOURCES[] = {"p2d",
                                                                                         "spme"};
    itp_param params[] = {
        {.name = "c1", .unit = "1/h"},
        {.name = "salt", .unit = "1", .kind = ITP_CATEGORICAL, .n_levels = 2, .labels = SALTS}};
    itp_port outcomes[] = {{.name = "time", .unit = "min"}, {.name = "plated", .unit = "1"}};
    itp_journal_task tasks[] = {{"cell.charge", 2, SOURCES}};
    itp_journal_terms terms = {2, 2, 1, params, outcomes, tasks};
    CU_ASSERT_EQUAL(itp_journal_describe(journal, &terms, NULL), ITP_OK);
}

static itp_event result(itp_id request, uint32_t epoch, int64_t index, size_t n,
                        const itp_value *values)
{
    return (itp_event){.kind = ITP_EVENT_RESULT,
                       .request = request,
                       .epoch = epoch,
                       .worker = "w1",
                       .index = index,
                       .cost = 1.5,
                       .n_values = n,
                       .values = values};
}

static void a_campaign_is_written_out(void)
{
    static const double A[] = {4.5, 1}, B[] = {1.0 / 3, 0}, C[] = {6, 1}, D[] = {7.25, NAN};
    static const itp_parts NONE = {NAN, NAN, NAN, NAN, NAN};
    journal = place_journal("small", ITP_JOURNAL_CREATE);
    describe();
    const itp_pick first[] = {{.task = -1, .source = -1, .point = A, .parts = NONE},
                              {.task = -1, .source = -1, .point = B, .parts = NONE}};
    const itp_pick second[] = {{.trial = 1, .task = 0, .source = 1, .point = A, .parts = NONE},
                               {.task = -1, .source = -1, .point = C, .parts = {.total = -2.5}},
                               {.task = -1, .source = -1, .point = C, .parts = NONE}};
    const itp_value x[] = {{"time", 20.5, 0.1, "min", NULL}, {"plated", 0, NAN, "1", NULL}};
    const itp_value y[] = {{"time", 21.5, NAN, "min", NULL}, {"plated", 1e-7, NAN, "1", NULL}};
    const itp_value note[] = {{"time", 30, NAN, "min", NULL}, {"look", NAN, NAN, NULL, "grey"}};
    itp_action offers[] = {offer(1, 1, 1), offer(2, 1, 2)}, again[] = {offer(2, 2, 2)};
    itp_action more[] = {offer(3, 1, 1), offer(4, 1, 3)};
    itp_action good[] = {{.kind = ITP_ACTION_ACK, .request = 1}};
    itp_action twice[] = {{.kind = ITP_ACTION_ACK, .request = 1, .text = "duplicate"}};
    itp_action no[] = {{.kind = ITP_ACTION_REFUSE, .text = "no such trial"}};
    put((itp_event){.kind = ITP_EVENT_DEFINED, .text = "campaign: small"}, 0, NULL, 0); /* 1 */
    put((itp_event){.kind = ITP_EVENT_WORKER_REGISTERED, .worker = "w1", .roster = &SAMPLE_ROSTER},
        0, NULL, 0);                                  /* 2 */
    decide(1, 2, first, (itp_id[]){1, 2}, 2, offers); /* 3 */
    put(result(1, 1, -1, 2, x), 1, good, 1);          /* 4 */
    put((itp_event){.kind = ITP_EVENT_FAILURE,
                    .request = 2,
                    .epoch = 1,
                    .worker = "w1",
                    .cause = ITP_CAUSE_SCIENTIFIC,
                    .text = "no",
                    .cost = NAN},
        0, NULL, 2);                                                                  /* 5 */
    put((itp_event){.kind = ITP_EVENT_TIMER, .request = 2, .epoch = 2}, 1, again, 2); /* 6 */
    put(result(1, 1, -1, 2, y), 1, twice, 1);                                         /* 7 */
    decide(2, 3, second, (itp_id[]){1, 3, 0}, 2, more);                               /* 8 */
    put(result(3, 1, 0, 1, y), 1, good, 1);                                           /* 9 */
    put(result(3, 1, -1, 2, y), 1, good, 1);                                          /* 10 */
    put((itp_event){.kind = ITP_EVENT_TOLD,
                    .point = D,
                    .n_point = 2,
                    .values = note,
                    .n_values = 2,
                    .text = "by hand"},
        0, NULL, 4); /* 11 */
    put((itp_event){.kind = ITP_EVENT_TOLD, .trial = 99, .values = x, .n_values = 1}, 1, no, 0);
    put((itp_event){.kind = ITP_EVENT_FAILURE,
                    .request = 2,
                    .epoch = 2,
                    .worker = "w1",
                    .cause = ITP_CAUSE_SCIENTIFIC,
                    .text = "no",
                    .cost = 2},
        0, NULL, 2); /* 13 */
    put((itp_event){.kind = ITP_EVENT_TOLD, .point = B, .n_point = 2, .values = x, .n_values = 1},
        0, NULL, 5); /* 14 */
    put((itp_event){.kind = ITP_EVENT_RETRACTED, .trial = 5, .text = "typo"}, 0, NULL, 0);
    put((itp_event){.kind = ITP_EVENT_WORKER_LOST, .worker = "w1"}, 0, NULL, 0); /* 16 */
    CU_ASSERT_EQUAL(itp_journal_commit(journal, NULL), ITP_OK);
}

/* All rows of a query, columns by '|', rows by a newline. */
static void expect(const char *query, const char *rows)
{
    char sql[1024];
    snprintf(sql, sizeof sql, "SELECT group_concat(line, char(10)) FROM (%s)", query);
    const char *said = place_ask("small", sql);
    if (strcmp(said, rows) != 0) printf("\n  %s\n%s\n", query, said);
    CU_ASSERT_STRING_EQUAL(said, rows);
}

static void trials_are_as_they_happened(void)
{
    expect(
        "SELECT trial || '|' || state || '|' || point || '|' || coalesce(decision, '') || '|' || "
        "method || '|' || coalesce(score, '') || '|' || requests || '|' || measurements AS line "
        "FROM trials ORDER BY trial",
        "1|measured|{\"c1\":4.5,\"salt\":\"LiFSI, \\\"pure\\\"\"}|1|sobol||2|2\n"
        "2|failed|{\"c1\":0.333333333333333,\"salt\":\"LiPF6\"}|1|sobol||1|0\n"
        "3|running|{\"c1\":6.0,\"salt\":\"LiFSI, \\\"pure\\\"\"}|2|logei|-2.5|1|0\n"
        "4|measured|{\"c1\":7.25,\"salt\":null}||told||0|1\n"
        "5|retracted|{\"c1\":0.333333333333333,\"salt\":\"LiPF6\"}||told||0|0");
}

static void measurements_are_those_that_count(void)
{ /* Not the duplicate, the refused one, the retracted one. */
    expect(
        "SELECT trial || '|' || coalesce(request, '') || '|' || coalesce(task, '') || '|' || "
        "coalesce(source, '') || '|' || output || '|' || coalesce(value, label) || '|' || "
        "coalesce(sd, '') || '|' || coalesce(unit, '') || '|' || coalesce(indexed, '') || '|' || "
        "at AS line FROM measurements ORDER BY seq, output",
        "1|1|cell.charge|spme|plated|0.0||1||2026-11-22T00:00:04.000Z\n"
        "1|1|cell.charge|spme|time|20.5|0.1|min||2026-11-22T00:00:04.000Z\n"
        "1|3|cell.charge|spme|time|21.5||min|0|2026-11-22T00:00:09.000Z\n"
        "1|3|cell.charge|spme|plated|1.0e-07||1||2026-11-22T00:00:10.000Z\n"
        "1|3|cell.charge|spme|time|21.5||min||2026-11-22T00:00:10.000Z\n"
        "4|||spme|look|grey||||2026-11-22T00:00:11.000Z\n"
        "4|||spme|time|30.0||min||2026-11-22T00:00:11.000Z");
    expect("SELECT seq || '|' || output || '|' || coalesce(ack, '') || '|' || retracted AS line "
           "FROM all_measurements WHERE ack IS NOT NULL OR retracted ORDER BY seq, output",
           "7|plated|duplicate|0\n7|time|duplicate|0\n12|time|no such trial|0\n14|time||1");
}

static void requests_say_what_was_heard_last(void)
{
    expect("SELECT request || '|' || trial || '|' || task || '|' || source || '|' || state || '|' "
           "|| epoch || '|' || worker || '|' || coalesce(cause, '') || '|' || cost || '|' || "
           "first_at AS line FROM requests ORDER BY request",
           "1|1|cell.charge|spme|measured|1|w1||1.5|2026-11-22T00:00:03.000Z\n"
           "2|2|cell.charge|spme|failed|2|w1|scientific|2.0|2026-11-22T00:00:03.000Z\n"
           "3|1|cell.charge|spme|measured|1|w1||3.0|2026-11-22T00:00:08.000Z\n"
           "4|3|cell.charge|spme|offered|1|w1||0.0|2026-11-22T00:00:08.000Z");
}

static void decisions_and_workers_are_listed(void)
{
    expect("SELECT decision || '|' || method || '|' || picks || '|' || trials || '|' || "
           "coalesce(incumbent, '') || '|' || incumbent_mean AS line FROM decisions",
           "1|sobol|2|[1,2]||20.5\n2|logei|3|[1,3,0]|1|20.5");
    expect("SELECT worker || '|' || state || '|' || connector || '|' || class || '|' || slots || "
           "'|' || measured || '|' || failed AS line FROM workers",
           "w1|lost|org.example.cell|physical|4|2|2");
    expect("SELECT number || '|' || name || '|' || unit || '|' || coalesce(labels, '') AS line "
           "FROM parameters ORDER BY number",
           "0|c1|1/h|\n1|salt|1|[\"LiPF6\",\"LiFSI, \\\"pure\\\"\"]");
}

/* What an export wrote. */
static const char *written(FILE *file)
{
    static char text[65536];
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void expect_text(const char *said, const char *expected)
{
    if (strcmp(said, expected) != 0) printf("\n%s\n", said);
    CU_ASSERT_STRING_EQUAL(said, expected);
}

static void the_wide_table_has_a_row_a_trial_and_replicate(void)
{
    FILE *file = tmpfile();
    CU_ASSERT_EQUAL(itp_journal_export_csv(journal, file, NULL), ITP_OK);
    expect_text(
        written(file),
        "trial,replicate,state,decision,method,decided,measured,c1,c1_unit,salt,time,time_sd,"
        "time_unit,plated,plated_sd,look,look_sd\n"
        "1,0,measured,1,sobol,2026-11-22T00:00:03.000Z,2026-11-22T00:00:04.000Z,4.5,1/h,"
        "\"LiFSI, \"\"pure\"\"\",20.5,0.1,min,0,,,\n"
        "1,1,measured,1,sobol,2026-11-22T00:00:03.000Z,2026-11-22T00:00:10.000Z,4.5,1/h,"
        "\"LiFSI, \"\"pure\"\"\",21.5,,min,1e-07,,,\n"
        "2,0,failed,1,sobol,2026-11-22T00:00:03.000Z,,0.3333333333333333,1/h,LiPF6,,,,,,,\n"
        "3,0,running,2,logei,2026-11-22T00:00:08.000Z,,6,1/h,\"LiFSI, \"\"pure\"\"\",,,,,,,\n"
        "4,0,measured,,told,2026-11-22T00:00:11.000Z,2026-11-22T00:00:11.000Z,7.25,1/h,,30,,min,"
        ",,grey,\n"
        "5,0,retracted,,told,2026-11-22T00:00:14.000Z,,0.3333333333333333,1/h,LiPF6,,,,,,,\n");
}

static void the_long_table_has_a_row_a_value(void)
{
    FILE *file = tmpfile();
    CU_ASSERT_EQUAL(itp_journal_export_measurements(journal, file, NULL), ITP_OK);
    const char *text = written(file);
    CU_ASSERT_EQUAL(strncmp(text, "trial,request,task,source,output,value,sd,unit,at,", 50), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(
        text, "\n1,1,cell.charge,spme,time,20.5,0.1,min,2026-11-22T00:00:04.000Z,,,w1,1,4\n"));
}

static void json_lines_hold_every_event(void)
{
    FILE *file = tmpfile();
    uint64_t seq, lines = 0;
    unsigned char head[ITP_HASH_SIZE];
    char hash[ITP_HASH_TEXT];
    CU_ASSERT_EQUAL(itp_journal_export_json(journal, 1, file, NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_journal_head(journal, &seq, head, NULL), ITP_OK);
    itp_hash_text(head, hash);
    json_t *line = NULL;
    rewind(file);
    for (json_t *next; (next = json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL)); lines++) {
        json_decref(line);
        line = next;
        CU_ASSERT_EQUAL(json_integer_value(json_object_get(line, "seq")), (json_int_t)lines + 1);
        CU_ASSERT_TRUE(json_is_object(json_object_get(line, "payload")));
        CU_ASSERT_EQUAL(json_object_size(line), 13);
    }
    CU_ASSERT_EQUAL(lines, seq);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(line, "hash")), hash);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(line, "worker")), "w1");
    json_decref(line);
    fclose(file);
    file = tmpfile();
    CU_ASSERT_EQUAL(itp_journal_export_json(journal, 16, file, NULL), ITP_OK);
    CU_ASSERT_EQUAL(strncmp(written(file), "{\"seq\":16,", 10), 0);
}

static void exports_notice_a_full_disk(void)
{
    FILE *full = fopen("/dev/full", "w");
    itp_error err = {.text = ""};
    CU_ASSERT_PTR_NOT_NULL_FATAL(full);
    CU_ASSERT_EQUAL(itp_journal_export_csv(journal, full, &err), ITP_ERESOURCE);
    fclose(full);
    full = fopen("/dev/full", "w");
    CU_ASSERT_EQUAL(itp_journal_export_json(journal, 1, full, &err), ITP_ERESOURCE);
    fclose(full);
}

static void a_live_journal_can_be_copied(void)
{ /* By a reader, while the writer has uncommitted events. */
    itp_journal_verdict verdict;
    itp_event event = {.kind = ITP_EVENT_STOPPED, .at_ms = START_MS};
    itp_journal_entry entry = {.event = &event};
    itp_journal *reader = place_journal("small", ITP_JOURNAL_READ);
    CU_ASSERT_EQUAL(itp_journal_add(journal, &entry, NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_journal_copy(reader, place("copy"), NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_journal_copy(reader, place("copy"), NULL), ITP_EEXISTS);
    CU_ASSERT_EQUAL(itp_journal_copy(journal, place("other"), NULL), ITP_ESTATE);
    itp_journal_abandon(journal);
    itp_journal *copy = place_journal("copy", ITP_JOURNAL_WRITE);
    CU_ASSERT_EQUAL(itp_journal_verify(copy, NULL, &verdict, NULL), ITP_OK);
    CU_ASSERT_EQUAL(verdict.events, 16);
    CU_ASSERT_EQUAL(itp_journal_add(copy, &entry, NULL), ITP_OK); /* It can go on. */
    CU_ASSERT_EQUAL(itp_journal_commit(copy, NULL), ITP_OK);
    itp_journal_close(copy);
    CU_ASSERT_EQUAL(itp_journal_exec(reader, "CREATE TABLE mine (x)", NULL), ITP_EIO);
    itp_journal_close(reader);
    CU_ASSERT_FALSE(place_has("copy.part") || place_has("copy-wal"));
    CU_ASSERT_EQUAL(itp_journal_copy(journal, place("no/such/folder"), NULL), ITP_EIO);
}

static void an_undescribed_journal_still_has_views(void)
{
    itp_journal *bare = place_journal("bare", ITP_JOURNAL_CREATE);
    for (int kind = 0; kind < ITP_EVENT_KINDS; kind++) {
        itp_event event = sample_event((itp_event_kind)kind);
        itp_journal_entry entry = {.event = &event};
        CU_ASSERT_EQUAL(itp_journal_add(bare, &entry, NULL), ITP_OK);
    }
    CU_ASSERT_EQUAL(itp_journal_commit(bare, NULL), ITP_OK);
    static const char *const VIEWS[] = {"trials", "measurements", "decisions", "requests",
                                        "workers"};
    for (size_t i = 0; i < COUNT(VIEWS); i++) {
        char sql[64];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", VIEWS[i]);
        CU_ASSERT_EQUAL(strncmp(place_ask("bare", sql), "error", 5) == 0, 0);
    }
    FILE *file = tmpfile();
    CU_ASSERT_EQUAL(itp_journal_export_csv(bare, file, NULL), ITP_OK);
    fclose(file);
    itp_journal_close(bare);
}

int main(void)
{
    place_open();
    CU_TestInfo tests[] = {
        {"a campaign is written out", a_campaign_is_written_out},
        {"trials are as they happened", trials_are_as_they_happened},
        {"measurements are those that count", measurements_are_those_that_count},
        {"requests say what was heard last", requests_say_what_was_heard_last},
        {"decisions and workers are listed", decisions_and_workers_are_listed},
        {"the wide table has a row a trial and replicate",
         the_wide_table_has_a_row_a_trial_and_replicate},
        {"the long table has a row a value", the_long_table_has_a_row_a_value},
        {"JSON lines hold every event", json_lines_hold_every_event},
        {"exports notice a full disk", exports_notice_a_full_disk},
        {"a live journal can be copied", a_live_journal_can_be_copied},
        {"an undescribed journal still has views", an_undescribed_journal_still_has_views},
        CU_TEST_INFO_NULL,
    };
    int failed = suite_run("journal/views", tests);
    itp_journal_close(journal);
    place_close();
    return failed;
}
