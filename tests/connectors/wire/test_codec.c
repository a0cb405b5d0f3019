/* test_codec.c - round trips, truncation at every byte, and each limit of wire.h.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "codec.h"
#include "suite.h"

static const itp_value VALUES[] = {{"c1", 4.5, 0.25, "1/h", NULL},
                                   {"salt", NAN, NAN, NULL, "LiFSI \xc3\xa9"},
                                   {"u", -INFINITY, NAN, "1", NULL}};
static const char *const LABELS[] = {"LiPF6", "LiFSI", NULL};
static const itp_port PORTS[] = {{"life", "1", "https://example.org/x", 0, INFINITY, NULL, 1},
                                 {"salt", NULL, NULL, NAN, NAN, LABELS, 0}};
static const itp_progress PROGRESS[] = {{{7, 2}, 0.5, "cycle 3"}, {{8, 1}, NAN, NULL}};
static const char *const TASKS[] = {"cell.charge", "cell.age"};
static const itp_attempt HOLDING[] = {{7, 2}, {UINT64_MAX, UINT32_MAX}};
static const itp_margin BOUNDS[] = {{"cell.charge", "c1", "1/h", 0.5, 2},
                                    {NULL, "temperature", NULL, -INFINITY, 60}};
static const itp_roster ROSTER = {.n_tasks = 2,
                                  .n_holding = 2,
                                  .tasks = TASKS,
                                  .connector = "org.interphase.cell",
                                  .holding = HOLDING,
                                  .slots = 4,
                                  .cls = ITP_PHYSICAL,
                                  .ledger = "8f3a",
                                  .schema = "{\"inputs\":[]}",
                                  .sample = "pouch-17",
                                  .n_bounds = 2,
                                  .bounds = BOUNDS};

/* A message of each verb with every field set: more than any verb needs. */
static itp_message full_message(itp_verb verb)
{
    return (itp_message){.verb = verb,
                         .campaign = "fast-charging/1f",
                         .worker = "local-1",
                         .text = "some\nwords",
                         .request = 7,
                         .trial = UINT64_MAX,
                         .epoch = 2,
                         .replicate = 3,
                         .index = 12,
                         .number = INT64_MIN,
                         .interval_ms = 1000,
                         .task = "cell.charge",
                         .source = "default",
                         .options = "{\"model\":\"spme\"}",
                         .sample = "S-12",
                         .cls = ITP_PHYSICAL,
                         .time_limit_s = INFINITY,
                         .lease_s = 60,
                         .cost = 0,
                         .seed = 0x123456789abcdef0,
                         .cause = ITP_CAUSE_SCIENTIFIC,
                         .n_values = 3,
                         .n_wanted = 2,
                         .n_progress = 2,
                         .values = VALUES,
                         .wanted = PORTS,
                         .progress = PROGRESS,
                         .roster = &ROSTER,
                         .provenance = "{}"};
}

static int same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static int same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void check_same_arrays(const itp_message *a, const itp_message *b)
{
    CU_ASSERT_FATAL(a->n_values == b->n_values && a->n_wanted == b->n_wanted &&
                    a->n_progress == b->n_progress);
    for (size_t i = 0; i < a->n_values; i++) {
        CU_ASSERT(same_text(a->values[i].name, b->values[i].name));
        CU_ASSERT(same_text(a->values[i].unit, b->values[i].unit));
        CU_ASSERT(same_text(a->values[i].label, b->values[i].label));
        CU_ASSERT(same_number(a->values[i].number, b->values[i].number));
        CU_ASSERT(same_number(a->values[i].sd, b->values[i].sd));
    }
    for (size_t i = 0; i < a->n_wanted; i++) {
        CU_ASSERT(same_text(a->wanted[i].name, b->wanted[i].name));
        CU_ASSERT(same_text(a->wanted[i].unit, b->wanted[i].unit));
        CU_ASSERT(same_text(a->wanted[i].iri, b->wanted[i].iri));
        CU_ASSERT(same_number(a->wanted[i].low, b->wanted[i].low));
        CU_ASSERT(same_number(a->wanted[i].high, b->wanted[i].high));
        CU_ASSERT_EQUAL(a->wanted[i].optional, b->wanted[i].optional);
        CU_ASSERT_EQUAL(!a->wanted[i].labels, !b->wanted[i].labels);
        for (size_t k = 0; a->wanted[i].labels && a->wanted[i].labels[k]; k++)
            CU_ASSERT(same_text(a->wanted[i].labels[k], b->wanted[i].labels[k]));
    }
    for (size_t i = 0; i < a->n_progress; i++) {
        CU_ASSERT_EQUAL(a->progress[i].attempt.request, b->progress[i].attempt.request);
        CU_ASSERT_EQUAL(a->progress[i].attempt.epoch, b->progress[i].attempt.epoch);
        CU_ASSERT(same_number(a->progress[i].fraction, b->progress[i].fraction));
        CU_ASSERT(same_text(a->progress[i].text, b->progress[i].text));
    }
}

static void check_same_roster(const itp_roster *a, const itp_roster *b)
{
    CU_ASSERT_EQUAL_FATAL(!a, !b);
    if (!a) return;
    CU_ASSERT_FATAL(a->n_tasks == b->n_tasks && a->n_holding == b->n_holding);
    for (size_t i = 0; i < a->n_tasks; i++) CU_ASSERT(same_text(a->tasks[i], b->tasks[i]));
    for (size_t i = 0; i < a->n_holding; i++)
        CU_ASSERT(a->holding[i].request == b->holding[i].request &&
                  a->holding[i].epoch == b->holding[i].epoch);
    CU_ASSERT(same_text(a->connector, b->connector));
    CU_ASSERT(a->slots == b->slots && a->cls == b->cls);
    CU_ASSERT(same_text(a->ledger, b->ledger));
    CU_ASSERT(same_text(a->schema, b->schema));
    CU_ASSERT(same_text(a->sample, b->sample));
    CU_ASSERT_EQUAL_FATAL(a->n_bounds, b->n_bounds);
    for (size_t i = 0; i < a->n_bounds; i++)
        CU_ASSERT(same_text(a->bounds[i].task, b->bounds[i].task) &&
                  same_text(a->bounds[i].input, b->bounds[i].input) &&
                  same_text(a->bounds[i].unit, b->bounds[i].unit) &&
                  a->bounds[i].low == b->bounds[i].low && a->bounds[i].high == b->bounds[i].high);
}

static void check_same(const itp_message *a, const itp_message *b)
{
    CU_ASSERT_EQUAL(a->verb, b->verb);
    CU_ASSERT(same_text(a->campaign, b->campaign) && same_text(a->worker, b->worker));
    CU_ASSERT(same_text(a->text, b->text) && same_text(a->task, b->task));
    CU_ASSERT(same_text(a->source, b->source) && same_text(a->options, b->options));
    CU_ASSERT(same_text(a->sample, b->sample) && same_text(a->provenance, b->provenance));
    CU_ASSERT(a->request == b->request && a->trial == b->trial && a->epoch == b->epoch);
    CU_ASSERT(a->replicate == b->replicate && a->index == b->index && a->number == b->number);
    CU_ASSERT(a->interval_ms == b->interval_ms && a->cls == b->cls && a->seed == b->seed);
    CU_ASSERT(same_number(a->time_limit_s, b->time_limit_s));
    CU_ASSERT(same_number(a->lease_s, b->lease_s) && same_number(a->cost, b->cost));
    CU_ASSERT_EQUAL(a->cause, b->cause);
    check_same_arrays(a, b);
    check_same_roster(a->roster, b->roster);
}

static void round_trip(const itp_message *message)
{
    itp_buffer bytes = {0};
    itp_wire_arena arena = {0};
    itp_message back;
    itp_error err = {0};
    CU_ASSERT_EQUAL_FATAL(itp_wire_encode(message, &bytes), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_wire_decode(bytes.data, bytes.size, &arena, &back, &err), ITP_OK);
    memset(bytes.data, 0, bytes.size); /* the message must not borrow from the frame */
    check_same(message, &back);
    itp_wire_arena_deinit(&arena);
    itp_buffer_deinit(&bytes);
}

static void every_verb_makes_the_round_trip(void)
{
    for (int verb = 0; verb < ITP_VERB_COUNT; verb++) {
        itp_message message = full_message((itp_verb)verb);
        round_trip(&message);
    }
}

static void unused_fields_come_back_unused(void)
{
    itp_message message;
    itp_message_init(&message, ITP_VERB_PAUSE);
    round_trip(&message);
    itp_message_init(&message, ITP_VERB_RESULT_ACK);
    message.campaign = "c";
    message.request = 1;
    message.epoch = 1;
    round_trip(&message);
}

static void cut_anywhere_is_refused(void)
{
    itp_buffer bytes = {0};
    itp_wire_arena arena = {0};
    itp_message message = full_message(ITP_VERB_OFFER), out = {.verb = ITP_VERB_BYE};
    CU_ASSERT_EQUAL_FATAL(itp_wire_encode(&message, &bytes), ITP_OK);
    for (size_t size = 0; size < bytes.size; size++) {
        char *exact = malloc(size + 1); /* so that ASan sees a byte read too far */
        memcpy(exact, bytes.data, size);
        itp_wire_arena_reset(&arena);
        CU_ASSERT_EQUAL(itp_wire_decode(exact, size, &arena, &out, NULL), ITP_EPROTO);
        free(exact);
    }
    CU_ASSERT_EQUAL(out.verb, ITP_VERB_BYE);
    CU_ASSERT_EQUAL(itp_buffer_append(&bytes, "\xc0", 1), ITP_OK);
    CU_ASSERT_EQUAL(itp_wire_decode(bytes.data, bytes.size, &arena, &out, NULL), ITP_EPROTO);
    itp_wire_arena_deinit(&arena);
    itp_buffer_deinit(&bytes);
}

/* Decodes and compares the status, and the message when a text is given. */
static void expect(const char *frame, size_t size, itp_status status, const char *text)
{
    itp_wire_arena arena = {0};
    itp_message out;
    itp_error err = {0};
    itp_status st = itp_wire_decode(frame, size, &arena, &out, &err);
    CU_ASSERT_EQUAL(st, status);
    if (text && !strstr(err.text, text)) CU_FAIL(text);
    if (text && !strstr(err.text, text)) printf("\n  found: %s\n", err.text);
    itp_wire_arena_deinit(&arena);
}

#define EXPECT(frame, status, text) expect(frame, sizeof frame - 1, status, text)

static void hostile_frames_are_refused_with_a_reason(void)
{
    EXPECT("\x82\x00\x01\x01\x11", ITP_OK, NULL);                         /* PAUSE */
    EXPECT("\x83\x00\x01\x01\x11\xcc\xc8\x93\x01\x02\x03", ITP_OK, NULL); /* unknown key */
    EXPECT("\x83\x00\x01\x01\x11\x04\xd9\x00", ITP_OK, NULL);             /* empty text */
    EXPECT("\x83\x00\x01\x01\x11\xa1z\xc0", ITP_OK, NULL);                /* text key */
    EXPECT("\x82\x00\x02\x01\x11", ITP_EVERSION, "wire version 2");
    EXPECT("\x81\x01\x11", ITP_EPROTO, "VERSION");
    EXPECT("\x82\x00\x01\x01\x7f", ITP_EPROTO, "verb");
    EXPECT("\x82\x00\x01\x01\x00", ITP_EPROTO, "HELLO lacks WORKER");
    EXPECT("\x93\x00\x01\x01", ITP_EPROTO, "not a map");
    EXPECT("\xc1", ITP_EPROTO, "not msgpack");
    EXPECT("\xdf\xff\xff\xff\xff", ITP_EPROTO, "items");     /* 4 G pairs */
    EXPECT("\xdd\x00\x01\x00\x00", ITP_EPROTO, "too early"); /* 65536 items */
    EXPECT("\xdb\x00\x10\x00\x00z", ITP_EPROTO, "too early");
    EXPECT("\x91\x91\x91\x91\x91\x91\x91\x91\x91\x01", ITP_EPROTO, "deeper");
    EXPECT("\x83\x00\x01\x01\x11\x04\x05", ITP_EPROTO, "TEXT: expected text");
    EXPECT("\x83\x00\x01\x01\x11\x04\xa1\x00", ITP_EPROTO, "without NUL");
    EXPECT("\x83\x00\x01\x01\x11\x04\xa2\xc0\x80", ITP_EPROTO, "UTF-8");     /* overlong */
    EXPECT("\x83\x00\x01\x01\x11\x04\xa3\xed\xa0\x80", ITP_EPROTO, "UTF-8"); /* surrogate */
    EXPECT("\x83\x00\x01\x01\x11\x04\xa1\xc3", ITP_EPROTO, "UTF-8");
    EXPECT("\x83\x00\x01\x01\x11\x03\xa1\n", ITP_EPROTO, "control");
    EXPECT("\x83\x00\x01\x01\x11\x07\xff", ITP_EPROTO, "EPOCH"); /* -1 */
    EXPECT("\x83\x00\x01\x01\x11\x07\xcf\0\0\0\1\0\0\0\0", ITP_EPROTO, "EPOCH");
    EXPECT("\x83\x00\x01\x01\x11\x10\x02", ITP_EPROTO, "CLASS");
    EXPECT("\x83\x00\x01\x01\x11\x15\x0b", ITP_EPROTO, "CAUSE");
    EXPECT("\x84\x00\x01\x01\x11\x07\x01\x07\x01", ITP_EPROTO, "once");
    EXPECT("\x83\x00\x01\x01\x11\x16\x91\x92\xa1x\x01", ITP_EPROTO, "VALUES");
    EXPECT("\x83\x00\x01\x01\x11\x16\x91\x95\xc0\x01\xc0\xc0\xc0", ITP_EPROTO, "nil");
    EXPECT("\x83\x00\x01\x01\x11\x16\xa1x", ITP_EPROTO, "array");
    EXPECT("\x83\x00\x01\x01\x11\x19\x91\x01", ITP_EPROTO, "ROSTER");
}

static void newer_peers_may_say_more_in_an_array(void)
{
    EXPECT("\x83\x00\x01\x01\x11\x16\x91\x96\xa1x\x01\xc0\xa1\x31\xc0\xa3new", ITP_OK, NULL);
}

static void attempts_need_a_campaign_and_count_from_one(void)
{
    EXPECT("\x84\x00\x01\x01\x06\x05\x01\x07\x01", ITP_EPROTO, "ACCEPT lacks CAMPAIGN");
    EXPECT("\x85\x00\x01\x01\x06\x02\xa1z\x05\x00\x07\x01", ITP_EPROTO, "REQUEST");
    EXPECT("\x85\x00\x01\x01\x06\x02\xa1z\x05\x01\x07\x01", ITP_OK, NULL);
}

static void what_cannot_be_read_is_not_written(void)
{
    itp_buffer bytes = {0};
    itp_message message;
    itp_message_init(&message, ITP_VERB_OFFER);
    CU_ASSERT_EQUAL(itp_wire_encode(&message, &bytes), ITP_EINVAL);
    message = full_message(ITP_VERB_OFFER);
    message.campaign = "two\nlines";
    CU_ASSERT_EQUAL(itp_wire_encode(&message, &bytes), ITP_EINVAL);
    message = full_message(ITP_VERB_OFFER);
    message.text = "\xff";
    CU_ASSERT_EQUAL(itp_wire_encode(&message, &bytes), ITP_EINVAL);
    message = full_message(ITP_VERB_OFFER);
    char *large = malloc(ITP_WIRE_TEXT + 2);
    memset(large, 'x', ITP_WIRE_TEXT + 1);
    large[ITP_WIRE_TEXT + 1] = '\0';
    message.options = large;
    CU_ASSERT_EQUAL(itp_wire_encode(&message, &bytes), ITP_EINVAL);
    large[ITP_WIRE_TEXT] = '\0';
    round_trip(&message);
    message.text = message.provenance = large; /* three of them: near the frame's limit */
    round_trip(&message);
    itp_value values[] = {{"a", NAN, NAN, NULL, large}};
    message.values = values;
    message.n_values = 1;
    CU_ASSERT_EQUAL(itp_wire_encode(&message, &bytes), ITP_EINVAL); /* four exceed it */
    CU_ASSERT_EQUAL(bytes.size, 0);
    free(large);
    itp_buffer_deinit(&bytes);
}

static void names_of_verbs_and_causes(void)
{
    CU_ASSERT_STRING_EQUAL(itp_verb_name(ITP_VERB_RESULT_ACK), "RESULT_ACK");
    CU_ASSERT_STRING_EQUAL(itp_verb_name((itp_verb)-1), "?");
    CU_ASSERT_STRING_EQUAL(itp_cause_name(ITP_CAUSE_INVALID), "invalid_result");
    CU_ASSERT_EQUAL(itp_cause_from("worker_lost"), ITP_CAUSE_WORKER_LOST);
    CU_ASSERT_EQUAL(itp_cause_from("bad luck"), ITP_CAUSE_NONE);
}

/* With a folder as argument: writes one frame a verb there, the fuzzer's first corpus. */
static int write_corpus(const char *folder)
{
    itp_buffer bytes = {0};
    for (int verb = 0; verb < ITP_VERB_COUNT; verb++) {
        itp_message message = full_message((itp_verb)verb);
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, itp_verb_name((itp_verb)verb));
        FILE *file = fopen(path, "wb");
        if (!file || itp_wire_encode(&message, &bytes) != ITP_OK) return 1;
        fwrite(bytes.data, 1, bytes.size, file);
        if (fclose(file) != 0) return 1;
    }
    itp_buffer_deinit(&bytes);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2) return write_corpus(argv[1]);
    CU_TestInfo tests[] = {
        {"every verb makes the round trip", every_verb_makes_the_round_trip},
        {"unused fields come back unused", unused_fields_come_back_unused},
        {"cut anywhere is refused", cut_anywhere_is_refused},
        {"hostile frames are refused with a reason", hostile_frames_are_refused_with_a_reason},
        {"newer peers may say more in an array", newer_peers_may_say_more_in_an_array},
        {"attempts need a campaign, count from one", attempts_need_a_campaign_and_count_from_one},
        {"what cannot be read is not written", what_cannot_be_read_is_not_written},
        {"names of verbs and causes", names_of_verbs_and_causes},
        CU_TEST_INFO_NULL,
    };
    return suite_run("connectors/wire", tests);
}
