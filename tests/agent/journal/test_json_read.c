/* test_json_read.c - the reader of payloads against jansson: what one takes the other takes, with
 * equal values; what must not stand in a record is refused.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_read.h"
#include "suite.h"

static int same(const itp_json_node *node, const json_t *tree)
{
    switch (json_typeof(tree)) {
    case JSON_NULL: return node->type == ITP_JSON_NULL;
    case JSON_TRUE: return node->type == ITP_JSON_TRUE;
    case JSON_FALSE: return node->type == ITP_JSON_FALSE;
    case JSON_INTEGER:
        return node->type == ITP_JSON_INTEGER && node->integer == json_integer_value(tree) &&
               node->real == (double)node->integer;
    case JSON_REAL: {
        double real = json_real_value(tree);
        return node->type == ITP_JSON_REAL && memcmp(&node->real, &real, sizeof real) == 0;
    }
    case JSON_STRING:
        return node->type == ITP_JSON_STRING && node->n == json_string_length(tree) &&
               memcmp(node->text, json_string_value(tree), node->n + 1) == 0;
    default: break;
    }
    int is_list = json_is_array(tree);
    size_t n = is_list ? json_array_size(tree) : json_object_size(tree);
    if (node->type != (is_list ? ITP_JSON_LIST : ITP_JSON_OBJECT) || node->n != n) return 0;
    const itp_json_node *member = n ? itp_json_first(node) : NULL;
    for (size_t i = 0; i < n; i++, member = itp_json_next(member)) {
        const json_t *other =
            is_list ? json_array_get(tree, i) : json_object_get(tree, member->key);
        if (!other || !same(member, other)) return 0;
        if (!is_list && itp_json_get(node, member->key) != member) return 0;
    }
    return 1;
}

/* 1: both refuse it, or both take it and read the same. */
static int agrees(itp_json_reader *reader, const char *text, size_t size)
{
    json_error_t why;
    itp_error err = {.text = ""};
    const itp_json_node *root = NULL;
    json_t *tree = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    itp_status st = itp_json_parse(reader, text, size, &root, &err);
    int ok = tree ? st == ITP_OK && same(root, tree) : st == ITP_EPARSE && err.text[0];
    if (!ok)
        printf("\n  %.*s\n  jansson: %s; here: %s\n", (int)size, text, tree ? "yes" : why.text,
               st == ITP_OK ? "yes" : err.text);
    json_decref(tree);
    return ok;
}

static const char *const TEXTS[] = {
    "{}",
    "[]",
    "null",
    "true",
    "false",
    "nul",
    "-0",
    "0",
    "-1",
    "01",
    "-",
    "1.",
    ".5",
    "1e",
    "1e+",
    "0.1",
    "1E-5",
    "1e5",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "2.2250738585072014e-308",
    "1.7976931348623157e308",
    "1e309",
    "0.30000000000000004",
    "\"\"",
    "\"a",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
    "\"\\x\"",
    "\"\\u00e9\"",
    "\"\\u0000\"",
    "\"\\ud83d\\udd0b\"",
    "\"\\ud83d\"",
    "\"\\udd0b\"",
    "\"\\ud83d\\u0041\"",
    "\"\\u20AC\"",
    "\"\\u12g4\"",
    "\"\xc3\xa9\"",
    "\"\xff\"",
    "\"\xed\xa0\x80\"",
    "\"a\tb\"",
    "{\"a\":1,\"b\":[1,2,{\"c\":null}],\"d\":\"e\"}",
    "{\"a\":1,\"a\":2}",
    "{\"a\" : 1 , \"b\":\n2}",
    "{\"a\":1,}",
    "[1,]",
    "[,1]",
    "[1 2]",
    "{\"a\"}",
    "{a:1}",
    "{\"a\":1",
    "[1",
    "[[[[[]]]]]",
    "1 2",
    " [ ] ",
    "",
    " ",
    "[1]x",
    "{\"\":0}",
    "{\"x\":{\"x\":{\"x\":1}}}",
    "[1.5,-2.25e-3,3E+4]",
};

static void it_reads_what_jansson_reads(void)
{
    itp_json_reader reader = {0};
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++)
        CU_ASSERT_TRUE(agrees(&reader, TEXTS[i], strlen(TEXTS[i])));
    CU_ASSERT_TRUE(agrees(&reader, "[\"a\0b\"]", 7));
    CU_ASSERT_TRUE(agrees(&reader, "[1]\0", 4));
    itp_json_reader_deinit(&reader);
}

static void it_agrees_on_changed_bytes(void)
{ /* Each byte of each text in turn becomes each of a few others, and each text is cut everywhere.
   */
    static const char OTHERS[] = "0\"[]{},:\\u-e.\xff ";
    itp_json_reader reader = {0};
    char text[128];
    int all = 1;
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        size_t size = strlen(TEXTS[i]);
        memcpy(text, TEXTS[i], size);
        for (size_t at = 0; at < size; at++) {
            all &= agrees(&reader, text, at);
            for (size_t k = 0; k + 1 < sizeof OTHERS; k++) {
                text[at] = OTHERS[k];
                all &= agrees(&reader, text, size);
            }
            text[at] = TEXTS[i][at];
        }
    }
    CU_ASSERT_TRUE(all);
    itp_json_reader_deinit(&reader);
}

static void depth_is_bounded(void)
{
    enum { DEPTH = 100000 };
    itp_json_reader reader = {0};
    itp_error err;
    const itp_json_node *root;
    char *text = malloc(2 * DEPTH);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    memset(text, '[', DEPTH);
    memset(text + DEPTH, ']', DEPTH);
    CU_ASSERT_EQUAL(itp_json_parse(&reader, text, 2 * DEPTH, &root, &err), ITP_EPARSE);
    CU_ASSERT_EQUAL(itp_json_parse(&reader, text + DEPTH - ITP_JSON_DEPTH_MAX,
                                   2 * ITP_JSON_DEPTH_MAX, &root, &err),
                    ITP_OK);
    free(text);
    itp_json_reader_deinit(&reader);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"it reads what jansson reads", it_reads_what_jansson_reads},
        {"it agrees on changed bytes", it_agrees_on_changed_bytes},
        {"depth is bounded", depth_is_bounded},
        CU_TEST_INFO_NULL,
    };
    return suite_run("journal/json_read", tests);
}
