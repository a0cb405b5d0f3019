/* test_event_json.c - what goes into a payload comes out of it, to the bit; damage is refused.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "same.h"
#include "sample.h"
#include "suite.h"

static char *payload_of(const itp_event *event)
{
    json_t *json = NULL;
    itp_error err = {.text = ""};
    CU_ASSERT_EQUAL_FATAL(itp_event_encode(event, &json, &err), ITP_OK);
    char *text = json_dumps(json, ITP_JSON_FLAGS);
    json_decref(json);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    return text;
}

/* Decodes with the columns of `like`. */
static itp_status decode(const char *text, size_t size, const itp_event *like, itp_event_box *box,
                         itp_error *err)
{
    box->event = (itp_event){.kind = like->kind,
                             .at_ms = like->at_ms,
                             .trial = like->trial,
                             .request = like->request,
                             .decision = like->decision,
                             .epoch = like->epoch,
                             .worker = like->worker,
                             .task = like->task,
                             .source = like->source};
    return itp_event_decode(text, size, box, err);
}

static void every_kind_round_trips(void)
{
    itp_event_box box = {0};
    for (int kind = 0; kind < ITP_EVENT_KINDS; kind++) {
        itp_event event = sample_event((itp_event_kind)kind);
        char *text = payload_of(&event);
        itp_error err = {.text = ""};
        CU_ASSERT_EQUAL(decode(text, strlen(text), &event, &box, &err), ITP_OK);
        if (!same_event(&event, &box.event)) printf("\n  %s: %s\n", itp_event_name(kind), text);
        CU_ASSERT_TRUE(same_event(&event, &box.event));
        free(text);
    }
    itp_event_box_clear(&box);
}

static void the_sample_holds_every_field(void)
{ /* A field added to the contract must be encoded, decoded and compared: then mend the sizes. */
    CU_ASSERT_EQUAL(sizeof(itp_event), 192);
    CU_ASSERT_EQUAL(sizeof(itp_decision), 208);
    CU_ASSERT_EQUAL(sizeof(itp_pick), 80);
    CU_ASSERT_EQUAL(sizeof(itp_model_record), 216);
    CU_ASSERT_EQUAL(sizeof(itp_roster), 88);
    CU_ASSERT_EQUAL(sizeof(itp_value), 40);
}

static void kinds_have_names(void)
{
    itp_event_kind kind;
    for (int i = 0; i < ITP_EVENT_KINDS; i++) {
        CU_ASSERT_EQUAL(itp_event_from(itp_event_name((itp_event_kind)i), &kind), ITP_OK);
        CU_ASSERT_EQUAL((int)kind, i);
    }
    CU_ASSERT_EQUAL(itp_event_from("eaten", &kind), ITP_EPARSE);
    CU_ASSERT_PTR_NULL(itp_event_name(ITP_EVENT_KINDS));
}

static void numbers_keep_their_bits(void)
{ /* Ten thousand random bit patterns, and the hard ones, as the point of a told event. */
    itp_event_box box = {0};
    uint64_t state = 42;
    for (int turn = 0; turn < 100; turn++) {
        double point[100];
        for (size_t i = 0; i < COUNT(point); i++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            uint64_t bits = state ^ state >> 29;
            memcpy(&point[i], &bits, sizeof bits);
        }
        itp_event event = {.kind = ITP_EVENT_TOLD, .point = point, .n_point = COUNT(point)};
        char *text = payload_of(&event);
        CU_ASSERT_EQUAL(decode(text, strlen(text), &event, &box, NULL), ITP_OK);
        CU_ASSERT_TRUE(same_event(&event, &box.event));
        free(text);
    }
    itp_event_box_clear(&box);
}

static void documents_stay_as_they_are(void)
{ /* As an object for json_extract, and to the byte, whatever their white space and digits. */
    static const char *const DOCUMENTS[] = {
        "{}",
        "{\"a\":1}",
        "{ \"a\" : 1.50 }",
        "{\"a\":1,\"a\":2}",
        "{broken",
        "[1,2]",
        "{\"base64\":\"AAAA\"}",
        "{\"t\":\"\\u00e9\xc3\xa9\"}",
        "",
        "{\"x\":\"\xff\"}",
    };
    itp_event_box box = {0};
    for (size_t i = 0; i < COUNT(DOCUMENTS); i++) {
        itp_event event = {.kind = ITP_EVENT_RESULT, .cost = NAN, .provenance = DOCUMENTS[i]};
        char *text = payload_of(&event);
        CU_ASSERT_EQUAL(decode(text, strlen(text), &event, &box, NULL), ITP_OK);
        CU_ASSERT_STRING_EQUAL(box.event.provenance, DOCUMENTS[i]);
        free(text);
    }
    itp_event_box_clear(&box);
}

static void utf8_is_told_from_other_bytes(void)
{
    static const char *const GOOD[] = {"", "abc", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x94\x8b"};
    static const char *const BAD[] = {"\x80",         "\xc3",         "\xc0\xaf",
                                      "\xe0\x80\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80",
                                      "\xff",         "a\xe2\x82"};
    for (size_t i = 0; i < COUNT(GOOD); i++) CU_ASSERT_TRUE(itp_is_utf8(GOOD[i], strlen(GOOD[i])));
    for (size_t i = 0; i < COUNT(BAD); i++) CU_ASSERT_FALSE(itp_is_utf8(BAD[i], strlen(BAD[i])));
    CU_ASSERT_FALSE(itp_is_utf8("a\0b", 3));
}

static void too_large_is_refused(void)
{
    itp_error err = {.text = ""};
    json_t *json = NULL;
    itp_decision decision = SAMPLE_DECISION;
    itp_event event = {.kind = ITP_EVENT_DECISION, .made = &decision};
    decision.saw = UINT64_MAX;
    CU_ASSERT_EQUAL(itp_event_encode(&event, &json, &err), ITP_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "2^63"));
    event.kind = ITP_EVENT_KINDS;
    CU_ASSERT_EQUAL(itp_event_encode(&event, &json, &err), ITP_EINVAL);
    CU_ASSERT_PTR_NULL(json);
}

static void truncated_payloads_are_refused(void)
{ /* Every prefix of every payload: never a crash, never an event. */
    itp_event_box box = {0};
    for (int kind = 0; kind < ITP_EVENT_KINDS; kind++) {
        itp_event event = sample_event((itp_event_kind)kind);
        char *text = payload_of(&event);
        for (size_t size = 0; size < strlen(text); size++)
            CU_ASSERT_EQUAL(decode(text, size, &event, &box, NULL), ITP_ECORRUPT);
        free(text);
    }
    itp_event_box_clear(&box);
}

static void wrong_types_are_named(void)
{
    static const struct {
        itp_event_kind kind;
        const char *payload, *member;
    } WRONG[] = {
        {ITP_EVENT_RESULT, "[]", "object"},
        {ITP_EVENT_RESULT, "{\"values\":{}}", "values"},
        {ITP_EVENT_RESULT, "{\"values\":[1]}", "values"},
        {ITP_EVENT_RESULT, "{\"values\":[{\"name\":5}]}", "name"},
        {ITP_EVENT_RESULT, "{\"values\":[{\"number\":\"1\"}]}", "number"},
        {ITP_EVENT_RESULT, "{\"index\":1.5}", "index"},
        {ITP_EVENT_FAILURE, "{\"cause\":\"magic\"}", "cause"},
        {ITP_EVENT_FAILURE, "{\"text\":[\"base64\",\"?\"]}", "text"},
        {ITP_EVENT_FAILURE, "{\"text\":[\"hex\",\"00\"]}", "text"},
        {ITP_EVENT_TOLD, "{\"point\":[true]}", "point"},
        {ITP_EVENT_DEFINED, "{\"files\":[{\"path\":\"x\",\"base64\":\"*\"}]}", "base64"},
        {ITP_EVENT_DEFINED, "{\"text\":\"a\",\"text\":\"b\"}", "duplicate"},
        {ITP_EVENT_WORKER_REGISTERED, "{\"roster\":{\"slots\":-1}}", "slots"},
        {ITP_EVENT_WORKER_REGISTERED, "{\"roster\":{\"class\":\"odd\"}}", "class"},
        {ITP_EVENT_WORKER_REGISTERED, "{\"roster\":{\"holding\":[[1]]}}", "holding"},
        {ITP_EVENT_WORKER_REGISTERED, "{\"roster\":{\"tasks\":[{}]}}", "tasks"},
        {ITP_EVENT_DECISION, "{\"made\":{\"saw\":-1}}", "saw"},
        {ITP_EVENT_DECISION, "{\"made\":{\"params\":2,\"picks\":[{\"point\":[1]}]}}", "point"},
        {ITP_EVENT_DECISION, "{\"made\":{\"models\":[{\"report\":{\"step\":\"NO\"}}]}}", "step"},
        {ITP_EVENT_DECISION,
         "{\"made\":{\"models\":[{\"report\":{\"model\":\"a-name-of-more-than-24-bytes\"}}]}}",
         "model"},
    };
    itp_event_box box = {0};
    for (size_t i = 0; i < COUNT(WRONG); i++) {
        itp_event like = {.kind = WRONG[i].kind};
        itp_error err = {.text = ""};
        itp_status st = decode(WRONG[i].payload, strlen(WRONG[i].payload), &like, &box, &err);
        CU_ASSERT_EQUAL(st, ITP_ECORRUPT);
        if (!strstr(err.text, WRONG[i].member)) printf("\n  %s: %s\n", WRONG[i].payload, err.text);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, WRONG[i].member));
    }
    itp_event_box_clear(&box);
}

static void changed_bytes_never_crash(void)
{ /* Each byte of each payload in turn becomes another one; what still decodes, decodes. */
    itp_event_box box = {0};
    for (int kind = 0; kind < ITP_EVENT_KINDS; kind++) {
        itp_event event = sample_event((itp_event_kind)kind);
        char *text = payload_of(&event);
        size_t size = strlen(text);
        for (size_t i = 0; i < size; i++) {
            static const char OTHERS[] = "0\"[{,:-e\xff";
            char kept = text[i];
            text[i] = OTHERS[i % (sizeof OTHERS - 1)];
            itp_status st = decode(text, size, &event, &box, NULL);
            CU_ASSERT_TRUE(st == ITP_OK || st == ITP_ECORRUPT);
            text[i] = kept;
        }
        free(text);
    }
    itp_event_box_clear(&box);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"every kind round-trips", every_kind_round_trips},
        {"the sample holds every field", the_sample_holds_every_field},
        {"kinds have names", kinds_have_names},
        {"numbers keep their bits", numbers_keep_their_bits},
        {"documents stay as they are", documents_stay_as_they_are},
        {"UTF-8 is told from other bytes", utf8_is_told_from_other_bytes},
        {"too large is refused", too_large_is_refused},
        {"truncated payloads are refused", truncated_payloads_are_refused},
        {"wrong types are named", wrong_types_are_named},
        {"changed bytes never crash", changed_bytes_never_crash},
        CU_TEST_INFO_NULL,
    };
    return suite_run("journal/event_json", tests);
}
