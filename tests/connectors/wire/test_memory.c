/* test_memory.c - the codec with the n-th allocation failing, for every n.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "codec.h"
#include "suite.h"

/* The linker sends the rooms' malloc and realloc here (--wrap). */
void *__real_malloc(size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *old, size_t size);

static long left = -1; /* allocations that still succeed; -1: all */

static int refuse(void)
{
    if (left == 0) return 1;
    if (left > 0) left--;
    return 0;
}

void *__wrap_malloc(size_t size)
{
    return refuse() ? NULL : __real_malloc(size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return refuse() ? NULL : __real_realloc(old, size);
}

/* Large enough that buffer and arena both have to grow several times. */
static itp_message make_message(itp_value *values, size_t n, const char *label)
{
    itp_message message;
    itp_message_init(&message, ITP_VERB_RESULT);
    for (size_t i = 0; i < n; i++) values[i] = (itp_value){"name", NAN, NAN, NULL, label};
    message.campaign = "c";
    message.request = message.epoch = 1;
    message.values = values;
    message.n_values = n;
    return message;
}

static void every_failed_allocation_is_reported(void)
{
    enum { N = 200, LABEL = 300 };
    static itp_value values[N];
    static char label[LABEL + 1];
    memset(label, 'x', LABEL);
    itp_message message = make_message(values, N, label), back;
    long n = 0;
    int whole = 0;
    for (; !whole && n < 1000; n++) {
        itp_buffer frame = {0};
        itp_wire_arena arena = {0};
        itp_error err = {.status = ITP_OK};
        back = (itp_message){.verb = ITP_VERB_BYE};
        left = n;
        itp_status st = itp_wire_encode(&message, &frame);
        if (st == ITP_OK) {
            st = itp_wire_decode(frame.data, frame.size, &arena, &back, &err);
            if (st != ITP_OK) CU_ASSERT_EQUAL(back.verb, ITP_VERB_BYE); /* untouched */
        } else {
            CU_ASSERT_EQUAL(frame.size, 0);
        }
        whole = st == ITP_OK && left > 0;
        left = -1;
        CU_ASSERT(st == ITP_OK || st == ITP_ENOMEM);
        itp_wire_arena_deinit(&arena);
        itp_buffer_deinit(&frame);
    }
    CU_ASSERT(whole);
    CU_ASSERT(n > 10); /* it did have to allocate */
    CU_ASSERT_EQUAL(back.n_values, N);
}

static void an_arena_that_could_not_grow_still_works(void)
{
    itp_wire_arena arena = {0};
    CU_ASSERT_PTR_NOT_NULL(itp_wire_arena_take(&arena, 100));
    left = 0;
    CU_ASSERT_PTR_NULL(itp_wire_arena_take(&arena, 1 << 20));
    CU_ASSERT_PTR_NOT_NULL(itp_wire_arena_take(&arena, 100)); /* fits into what is there */
    left = -1;
    CU_ASSERT_PTR_NULL(itp_wire_arena_take(&arena, (size_t)-1));
    itp_wire_arena_reset(&arena);
    CU_ASSERT_PTR_NOT_NULL(itp_wire_arena_take(&arena, 100));
    itp_wire_arena_deinit(&arena);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"every failed allocation is reported", every_failed_allocation_is_reported},
        {"an arena that could not grow works", an_arena_that_could_not_grow_still_works},
        CU_TEST_INFO_NULL,
    };
    return suite_run("connectors/wire/memory", tests);
}
